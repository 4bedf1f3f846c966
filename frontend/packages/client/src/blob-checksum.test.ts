import { expect, test } from "vitest";
import { checksumBlob } from "./blob-checksum.ts";
import { crc32c, formatCrc32c } from "./crc32c.ts";
import { SourceUnreadable } from "./failures.ts";

const MIB = 1024 * 1024;

test("a blob of several chunks has the checksum of all its bytes, and tells how far it is", async () => {
  const bytes = Uint8Array.from({ length: 9 * MIB + 5 }, (_, index) => (index * 31) % 251);
  const progress: number[] = [];

  const checksum = await checksumBlob(new Blob([bytes]), {
    signal: new AbortController().signal,
    onProgress: (sofar) => progress.push(sofar),
  });

  expect(checksum).toBe(formatCrc32c(crc32c(bytes)));
  expect(progress).toEqual([4 * MIB, 8 * MIB, 9 * MIB + 5]);
});

test("an empty blob has a checksum too", async () => {
  const { signal } = new AbortController();

  expect(await checksumBlob(new Blob([]), { signal, onProgress: () => {} })).toBe("crc32c:AAAAAA==");
});

test("an abort ends the work after the chunk at hand", async () => {
  const controller = new AbortController();
  const progress: number[] = [];

  const work = checksumBlob(new Blob([new Uint8Array(12 * MIB)]), {
    signal: controller.signal,
    onProgress: (bytes) => {
      progress.push(bytes);
      controller.abort();
    },
  });

  await expect(work).rejects.toMatchObject({ name: "AbortError" });
  expect(progress).toEqual([4 * MIB]);
});

test("a file that cannot be read is told apart from other failures", async () => {
  const blob = new Blob(["gone"]);
  blob.slice = () => {
    const slice = new Blob([]);
    slice.arrayBuffer = () => Promise.reject(new DOMException("changed", "NotReadableError"));
    return slice;
  };
  const { signal } = new AbortController();

  await expect(checksumBlob(blob, { signal, onProgress: () => {} })).rejects.toBeInstanceOf(SourceUnreadable);
});
