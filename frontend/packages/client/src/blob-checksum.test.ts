import { expect, test } from "vitest";
import { checksumBlob } from "./blob-checksum.ts";
import { crc32c, formatCrc32c } from "./crc32c.ts";
import { SourceUnreadable } from "./failures.ts";
import { SMALL } from "./source.ts";
import { streamOf } from "./stream-of.ts";

/** A blob that is read in such pieces, as only larger ones are; after the last one it may break. */
function inPieces(pieces: readonly Uint8Array<ArrayBuffer>[], error?: DOMException): Blob {
  const blob = new Blob([...pieces]);
  Object.defineProperty(blob, "size", { value: SMALL + 1 });
  blob.stream = () => streamOf(give()) as ReturnType<Blob["stream"]>;
  return blob;

  async function* give(): AsyncGenerator<Uint8Array, void> {
    yield* pieces;
    if (error !== undefined) {
      throw error;
    }
  }
}

test("a blob of several pieces has the checksum of all its bytes, and tells how far it is", async () => {
  const bytes = Uint8Array.from({ length: 25 }, (_, index) => (index * 31) % 251);
  const progress: number[] = [];

  const checksum = await checksumBlob(inPieces([bytes.slice(0, 10), bytes.slice(10, 20), bytes.slice(20)]), {
    algorithm: "crc32c",
    signal: new AbortController().signal,
    onProgress: (sofar) => progress.push(sofar),
  });

  expect(checksum).toBe(formatCrc32c(crc32c(bytes)));
  expect(progress).toEqual([10, 20, 25]);
});

test("an empty blob has a checksum too", async () => {
  const { signal } = new AbortController();

  expect(await checksumBlob(new Blob([]), { algorithm: "crc32c", signal, onProgress: () => {} })).toBe(
    "crc32c:AAAAAA==",
  );
});

test("an abort ends the work after the piece at hand", async () => {
  const controller = new AbortController();
  const progress: number[] = [];

  const work = checksumBlob(inPieces([new Uint8Array(10), new Uint8Array(10)]), {
    algorithm: "crc32c",
    signal: controller.signal,
    onProgress: (bytes) => {
      progress.push(bytes);
      controller.abort();
    },
  });

  await expect(work).rejects.toMatchObject({ name: "AbortError" });
  expect(progress).toEqual([10]);
});

test("a file that cannot be read is told apart from other failures", async () => {
  const blob = inPieces([new Uint8Array(10)], new DOMException("changed", "NotReadableError"));
  const { signal } = new AbortController();

  await expect(
    checksumBlob(blob, { algorithm: "crc32c", signal, onProgress: () => {} }),
  ).rejects.toBeInstanceOf(SourceUnreadable);
});

test("a blob has a SHA-256 too", async () => {
  const { signal } = new AbortController();
  const abc = new Blob(["a", "bc"]);

  expect(await checksumBlob(abc, { algorithm: "sha256", signal, onProgress: () => {} })).toBe(
    "sha256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
  );
});
