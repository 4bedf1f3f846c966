import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Sha256 } from "./sha256.ts";

const BYTES = Uint8Array.from({ length: 1000 }, (_, index) => (index * 31) & 0xff);

function digestOf(...pieces: readonly Uint8Array[]): string {
  const hash = new Sha256();
  for (const piece of pieces) {
    hash.update(piece);
  }
  return Buffer.from(hash.digest()).toString("hex");
}

test("the examples of FIPS 180", () => {
  expect(digestOf()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(digestOf(new TextEncoder().encode("abc"))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test("every length up to some blocks, in one piece and in pieces of every size", () => {
  for (let length = 0; length <= 200; length += 1) {
    const bytes = BYTES.subarray(3, 3 + length);
    const expected = createHash("sha256").update(bytes).digest("hex");
    const size = (length % 70) + 1;
    const pieces = Array.from({ length: Math.ceil(length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );

    expect(digestOf(bytes)).toBe(expected);
    expect(digestOf(...pieces)).toBe(expected);
  }
});
