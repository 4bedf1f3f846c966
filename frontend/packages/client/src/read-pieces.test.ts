import { expect, test, vi } from "vitest";
import { readPieces } from "./read-pieces.ts";
import { streamOf } from "./stream-of.ts";

async function* give(pieces: readonly string[]): AsyncGenerator<Uint8Array, void> {
  for (const piece of pieces) {
    yield new TextEncoder().encode(piece);
  }
}

async function join(blob: Blob): Promise<string> {
  let text = "";
  for await (const piece of readPieces(blob)) {
    text += new TextDecoder().decode(piece); // at once: the next piece may take its place
  }
  return text;
}

test("a blob is read to its end, in pieces no larger than the buffer", async () => {
  const content = "0123456789".repeat(100_000);

  expect(await join(new Blob([content]))).toBe(content);
  expect(await join(new Blob([]))).toBe("");
});

test("a stream that fills no buffer of others is read as well", async () => {
  const blob = new Blob([]);
  vi.spyOn(blob, "stream").mockReturnValue(streamOf(give(["ab", "cd"])) as ReturnType<Blob["stream"]>);

  expect(await join(blob)).toBe("abcd");
});
