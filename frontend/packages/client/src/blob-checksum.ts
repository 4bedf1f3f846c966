import { crc32c, formatCrc32c } from "./crc32c.ts";
import { SourceUnreadable } from "./failures.ts";
import { readPieces } from "./read-pieces.ts";
import type { Bytes } from "./source.ts";

/**
 * Compute the checksum of a blob, piece by piece.
 *
 * @param onProgress told the bytes hashed so far, after each piece.
 * @throws SourceUnreadable
 */
export async function checksumBlob(
  blob: Bytes,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (bytes: number) => void },
): Promise<string> {
  let crc = 0;
  let hashed = 0;
  try {
    for await (const piece of readPieces(blob)) {
      signal.throwIfAborted();
      crc = crc32c(piece, crc);
      hashed += piece.byteLength;
      onProgress(hashed);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new SourceUnreadable("The file cannot be read", { cause: error });
  }
  return formatCrc32c(crc);
}
