import { crc32c } from "../crc32c.ts";
import { assembleFold, BLOCK } from "./assemble-fold.ts";

/**
 * A CRC is the remainder of bytes, taken as a polynomial, after a division by another one. The multiple of
 * Castagnoli's of the lowest degree with but six terms is x²⁰⁹ + x¹⁴⁴ + x⁵⁴ + x³⁹ + x¹⁴ + 1 (all were tried).
 * Squaring doubles its exponents and no more, so it holds for the powers of x¹²⁸ as well: the remainder stays what
 * it is when a block of 16 bytes is added (XOR) to those that come so many blocks after it, and left out. In this
 * way bytes of any number are folded into the last 209 blocks, without a table.
 */
const DISTANCES = [65, 155, 170, 195, 209] as const; // from x²⁰⁹ to the other terms
const REACH = 209 * BLOCK;

/** The table is as fast for fewer bytes. */
const WORTHWHILE = 16_384;

/** To carry on from it is to begin with a remainder of 0: a CRC is written inverted. */
const NOTHING = 0xffff_ffff;

/** Makes `REACH` bytes, valid until the next call, of whole blocks that are more. */
type Fold = (bytes: Uint8Array, before: number) => Uint8Array;

let fold: Fold | null | undefined;

/** Does what `crc32c` does; of a MiB in a sixth of the time, where WebAssembly can be had. */
export function wideCrc32c(bytes: Uint8Array, before = 0): number {
  if (bytes.byteLength < WORTHWHILE) {
    return crc32c(bytes, before);
  }
  fold = fold === undefined ? createFoldIfPossible() : fold;
  if (fold === null) {
    return crc32c(bytes, before);
  }
  const whole = bytes.byteLength - (bytes.byteLength % BLOCK);
  const left = fold(bytes.subarray(0, whole), before);
  return crc32c(bytes.subarray(whole), crc32c(left, NOTHING));
}

function createFoldIfPossible(): Fold | null {
  try {
    return createFold();
  } catch {
    return null; // an engine without WebAssembly (`node --jitless`), or whose WebAssembly does not know so wide blocks
  }
}

function createFold(): Fold {
  // `REACH` bytes that were folded already, then those to be folded
  const memory = new WebAssembly.Memory({ initial: 1 });
  const all = new Uint8Array(memory.buffer);
  const room = all.subarray(REACH);
  const view = new DataView(memory.buffer);
  const program = new WebAssembly.Module(assembleFold(REACH, DISTANCES));
  const { exports } = new WebAssembly.Instance(program, { page: { memory } });
  const foldRoom = exports.fold as (size: number) => void;
  const addWord = (at: number, word: number) => view.setInt32(at, view.getInt32(at, true) ^ word, true);

  return (bytes, before) => {
    const folded = bytes.byteLength - REACH;
    all.fill(0, 0, REACH);
    for (let at = 0; at < folded; at += room.byteLength) {
      const piece = bytes.subarray(at, Math.min(at + room.byteLength, folded));
      room.set(piece);
      if (at === 0) {
        addWord(REACH, ~before);
      }
      foldRoom(piece.byteLength);
      all.copyWithin(0, piece.byteLength, piece.byteLength + REACH);
    }
    room.set(bytes.subarray(folded));
    for (const distance of DISTANCES) {
      for (let at = REACH - distance * BLOCK; at < REACH; at += 4) {
        addWord(at + distance * BLOCK, view.getInt32(at, true));
      }
    }
    return room.subarray(0, REACH);
  };
}
