import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { pageHashers } from "./hasher.ts";
import { nativeHashers } from "./node/native-hashers.ts";
import { createVerifier } from "./verify.ts";

const BYTES = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);
const PART_SIZE = 300;

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function composite(): string {
  const digests = [0, 300, 600, 900].map((at) => sha256(BYTES.subarray(at, at + PART_SIZE)));
  return `sha256:${sha256(Buffer.concat(digests)).toString("base64")}-4`;
}

async function verdict(
  checksum: string | null,
  partSize: number | null,
  bytes: Uint8Array,
  step: number,
  hashers = pageHashers,
) {
  const verifier = await createVerifier(checksum, partSize, hashers);
  for (let at = 0; at < bytes.length; at += step) {
    verifier.update(bytes.subarray(at, at + step));
  }
  return verifier.end();
}

describe.each([
  ["a page", pageHashers],
  ["Node.js", nativeHashers],
])("in %s", (_, hashers) => {
  describe.each([1, 7, 300, 301, 1000])("bytes that come in pieces of %i", (step) => {
    test.each<[string, string, number | null]>([
      ["CRC32C", "crc32c:EfZiIA==", null],
      ["SHA-256", `sha256:${sha256(BYTES).toString("base64")}`, null],
      ["a composite of parts", composite(), PART_SIZE],
    ])("are verified by %s", async (_, checksum, partSize) => {
      const damaged = BYTES.with(500, 0);

      expect(await verdict(checksum, partSize, BYTES, step, hashers)).toBe(true);
      expect(await verdict(checksum, partSize, damaged, step, hashers)).toBe(false);
      expect(await verdict(checksum, partSize, BYTES.subarray(0, 999), step, hashers)).toBe(false);
    });
  });
});

test("no bytes are verified too", async () => {
  const empty = new Uint8Array(0);

  expect(await verdict("crc32c:AAAAAA==", null, empty, 1)).toBe(true);
  expect(await verdict(`sha256:${sha256(empty).toString("base64")}`, null, empty, 1)).toBe(true);
});

test("nothing is said of a file without a checksum", async () => {
  expect(await verdict(null, null, BYTES, 100)).toBeNull();
});

test.each<[string, string, number | null]>([
  ["a composite of CRC32Cs", "crc32c:EfZiIA==-4", PART_SIZE],
  ["a composite of parts of nobody knows what size", composite(), null],
  ["an algorithm of another time", "sha512:AAAA", null],
])("nothing is said of a file with %s", async (_, checksum, partSize) => {
  expect(await verdict(checksum, partSize, BYTES, 100)).toBeNull();
});
