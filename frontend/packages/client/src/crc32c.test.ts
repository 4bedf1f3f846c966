import { describe, expect, test } from "vitest";
import { crc32c, formatCrc32c } from "./crc32c.ts";

/** Bit by bit, as RFC 3720 has it. */
function divide(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
  }
  return ~crc >>> 0;
}

const ascii = (text: string) => new TextEncoder().encode(text);

describe("crc32c", () => {
  // RFC 3720 §B.4, and the check value of the CRC catalogue
  test.each([
    ["nothing", ascii(""), 0x00000000],
    ["the check value", ascii("123456789"), 0xe3069283],
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 rising bytes", Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    ["32 falling bytes", Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
  ])("agrees with the published vector for %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test("carries on over any cut, whatever the alignment", () => {
    const bytes = Uint8Array.from({ length: 61 }, (_, index) => (index * 137) % 256);
    const whole = crc32c(bytes);

    const parts = Array.from({ length: bytes.length + 1 }, (_, cut) =>
      crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))),
    );

    expect(new Set(parts)).toEqual(new Set([whole]));
  });

  // a block is 2,048 bytes: none, one, some, and what is left over
  test.each([2047, 2048, 2049, 4096, 6143, 10_000])("is the remainder of a division, of %i bytes", (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, index) => Math.imul(index, 2_654_435_761) >>> 21);

    expect(crc32c(bytes)).toBe(divide(bytes));
    expect(crc32c(bytes.subarray(3), crc32c(bytes.subarray(0, 3)))).toBe(divide(bytes));
  });
});

describe("formatCrc32c", () => {
  test.each([
    [0x00000000, "crc32c:AAAAAA=="],
    [0xe3069283, "crc32c:4waSgw=="],
    [0x00000001, "crc32c:AAAAAQ=="],
  ])("writes four big-endian bytes in base64", (crc, expected) => {
    expect(formatCrc32c(crc)).toBe(expected);
  });
});
