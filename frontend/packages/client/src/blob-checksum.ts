import { SourceUnreadable } from "./failures.ts";
import { pageHashers } from "./hasher.ts";
import { readPieces } from "./read-pieces.ts";
import type { Bytes } from "./source.ts";
import type { Hashing } from "./transport.ts";

/**
 * Compute the checksum of a blob, piece by piece.
 *
 * @throws SourceUnreadable
 */
export async function checksumBlob(
  blob: Bytes,
  { algorithm, signal, onProgress }: Hashing,
  hashers = pageHashers,
): Promise<string> {
  const hasher = await hashers.create(algorithm);
  let hashed = 0;
  try {
    for await (const piece of readPieces(blob)) {
      signal.throwIfAborted();
      hasher.update(piece);
      hashed += piece.byteLength;
      onProgress(hashed);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new SourceUnreadable("The file cannot be read", { cause: error });
  }
  return hasher.end();
}
