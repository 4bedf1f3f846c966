import type { Bytes } from "./source.ts";

const BUFFER_SIZE = 256 * 1024;

type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel">;

/** Read bytes piece by piece, in little memory. A piece holds only until the next one is asked for. */
export async function* readPieces(bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  const reader = readInto(bytes.stream());
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      yield next.value;
    }
  } finally {
    await reader.cancel();
  }
}

/** Use one buffer for all pieces, where the stream can: it halves the price of reading. */
function readInto(stream: ReadableStream<Uint8Array>): Reader {
  let buffer = new ArrayBuffer(BUFFER_SIZE);
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: "byob" });
  } catch {
    return stream.getReader(); // Safari's streams cannot, nor those of files on disk
  }
  return {
    cancel: () => reader.cancel(),
    async read() {
      const next = await reader.read(new Uint8Array(buffer));
      buffer = next.value?.buffer ?? buffer;
      return next as ReadableStreamReadResult<Uint8Array>;
    },
  };
}
