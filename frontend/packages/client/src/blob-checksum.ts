import { SourceUnreadable } from "./failures.ts";
import { createHasher } from "./hasher.ts";
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
  hashing = createHasher(algorithm),
): Promise<string> {
  const hasher = await hashing;
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
