import { crc32c, formatCrc32c } from "./crc32c.ts";
import { SourceUnreadable } from "./failures.ts";
import type { Bytes } from "./source.ts";

/** Read so much at a time: the memory a file of any size takes. */
const CHUNK_SIZE = 4 * 1024 * 1024;

/**
 * Compute the checksum of a blob, chunk by chunk.
 *
 * @param onProgress told the bytes hashed so far, after each chunk.
 * @throws SourceUnreadable
 */
export async function checksumBlob(
  blob: Bytes,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (bytes: number) => void },
): Promise<string> {
  let crc = 0;
  for (let offset = 0; offset < blob.size; offset += CHUNK_SIZE) {
    const bytes = await read(blob.slice(offset, offset + CHUNK_SIZE));
    signal.throwIfAborted();
    crc = crc32c(bytes, crc);
    onProgress(Math.min(offset + CHUNK_SIZE, blob.size));
  }
  return formatCrc32c(crc);
}

async function read(chunk: Bytes): Promise<Uint8Array> {
  try {
    return new Uint8Array(await chunk.arrayBuffer());
  } catch (error) {
    throw new SourceUnreadable("The file cannot be read", { cause: error });
  }
}
