import type { Bytes } from "./source.ts";

/**
 * Read bytes piece by piece, in little memory.
 *
 * Not `for await` over the stream: Safari cannot. Nor into one buffer ("byob"), which would take half the time:
 * of some thousand such reads Chromium 156 leaves one pending for ever.
 */
export async function* readPieces(bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  const reader = bytes.stream().getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      yield next.value;
    }
  } finally {
    await reader.cancel();
  }
}
