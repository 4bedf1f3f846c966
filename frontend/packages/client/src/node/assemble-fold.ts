// https://webassembly.github.io/spec/core/binary/
const I32 = 0x7f;
const BLOCK_LOOP = [0x03, 0x40];
const BRANCH_IF = [0x0d, 0];
const END = 0x0b;
const GET_SIZE = [0x20, 0];
const GET_AT = [0x20, 1];
const TEE_AT = [0x22, 1];
const I32_CONST = 0x41;
const I32_ADD = 0x6a;
const I32_LT_U = 0x49;
const V128_LOAD = [0xfd, 0];
const V128_STORE = [0xfd, 11];
const V128_XOR = [0xfd, 0x51];
const ALIGNED = 4; // to 2⁴ bytes

/** Bytes that a processor takes at once. */
export const BLOCK = 16;

/**
 * Assemble the WebAssembly module that exports `fold(size)`: of `page.memory` it goes through so many bytes, whole
 * blocks and one at least, after the first `reach`, and adds to each block those that are `distances` blocks before it.
 */
export function assembleFold(reach: number, distances: readonly number[]): Uint8Array<ArrayBuffer> {
  const block = (offset: number) => [ALIGNED, ...unsigned(offset)];
  const sources = [reach, ...distances.map((distance) => reach - distance * BLOCK)];
  const body = [
    ...BLOCK_LOOP,
    ...GET_AT,
    ...sources.flatMap((source) => [...GET_AT, ...V128_LOAD, ...block(source)]),
    ...distances.flatMap(() => V128_XOR),
    ...[...V128_STORE, ...block(reach)],
    ...[...GET_AT, I32_CONST, BLOCK, I32_ADD, ...TEE_AT],
    ...[...GET_SIZE, I32_LT_U, ...BRANCH_IF],
    ...[END, END],
  ];
  const code = [1, 1, I32, ...body]; // one kind of locals: one of them, an i32
  return Uint8Array.of(
    ...[0, ...Buffer.from("asm"), 1, 0, 0, 0],
    ...section(1, [0x60, 1, I32, 0]), // the type of a function of one i32
    ...section(2, [...named("page"), ...named("memory"), 2, 0, 1]), // at least one page
    ...section(3, [0]),
    ...section(7, [...named("fold"), 0, 0]),
    ...section(10, sized(code)),
  );
}

/** A section of one entry. */
function section(id: number, entry: readonly number[]): number[] {
  return [id, ...sized([1, ...entry])];
}

function named(name: string): number[] {
  return sized([...Buffer.from(name)]);
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128 */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
