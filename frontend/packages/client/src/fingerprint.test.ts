import { describe, expect, test } from "vitest";
import vectors from "../../../../tests/vectors/fingerprint.json";
import { SourceUnreadable } from "./failures.ts";
import { fingerprint } from "./fingerprint.ts";

describe("a fingerprint", () => {
  test.each(vectors.fingerprints)("of a file of $size bytes is the same in every client", async (vector) => {
    const bytes = Uint8Array.from({ length: vector.size }, (_, at) => at * 31 + (at >> 8) * 7);

    expect(await fingerprint(new Blob([bytes]))).toBe(vector.fingerprint);
  });

  test("of a file that cannot be read any more is a failure that says so", async () => {
    const file = new Blob(["x"]);
    file.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) as unknown as Blob;

    await expect(fingerprint(file)).rejects.toBeInstanceOf(SourceUnreadable);
  });
});
