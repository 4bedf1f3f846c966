import { type Hasher, type Hashers, pageHashers } from "./hasher.ts";

/** Checks bytes, as they come, against the checksum that the broker has verified (docs/protocol.md). */
export interface Verifier {
  update(chunk: Uint8Array): void;
  /** Say whether all that came is what it should be; null where this checksum cannot be computed here. */
  end(): boolean | null;
}

/** @param checksum as the broker tells it; null where the file has none. */
export async function createVerifier(
  checksum: string | null,
  partSize: number | null,
  hashers = pageHashers,
): Promise<Verifier> {
  const hasher = await choose(checksum ?? "", partSize, hashers);
  return { update: (chunk) => hasher?.update(chunk), end: () => hasher && hasher.end() === checksum };
}

/** Not every composite: the CRC32C of parts' CRC32Cs comes from stores that know no other, and is seldom recorded. */
async function choose(checksum: string, partSize: number | null, hashers: Hashers): Promise<Hasher | null> {
  const [algorithm] = checksum.split(":", 1);
  if (checksum.includes("-")) {
    return algorithm === "sha256" && partSize !== null ? await hashers.createComposite(partSize) : null;
  }
  return algorithm === "crc32c" || algorithm === "sha256" ? await hashers.create(algorithm) : null;
}
