import { type Bytes, SMALL } from "./source.ts";

/**
 * Read bytes piece by piece, in little memory; few of them in one.
 *
 * Not `for await` over a stream: Safari cannot. Nor into one buffer ("byob"), which would take half the time:
 * of some thousand such reads Chromium 156 leaves one pending for ever.
 */
export async function* readPieces(bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  if (bytes.size <= SMALL) {
    yield new Uint8Array(await bytes.arrayBuffer());
    return;
  }
  const stream = bytes.stream();
  if (!("getReader" in stream)) {
    yield* stream;
    return;
  }
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      yield next.value;
    }
  } finally {
    await reader.cancel();
  }
}
