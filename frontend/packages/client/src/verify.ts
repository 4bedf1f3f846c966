import { createHasher, type Hasher } from "./hasher.ts";

/** Checks bytes, as they come, against the checksum that the broker has verified (docs/protocol.md). */
export interface Verifier {
  update(chunk: Uint8Array): void;
  /** Say whether all that came is what it should be; null where this checksum cannot be computed here. */
  end(): boolean | null;
}

/** @param checksum as the broker tells it; null where the file has none. */
export async function createVerifier(checksum: string | null, partSize: number | null): Promise<Verifier> {
  const hasher = await choose(checksum ?? "", partSize);
  return { update: (chunk) => hasher?.update(chunk), end: () => hasher && hasher.end() === checksum };
}

/** Not every composite: the CRC32C of parts' CRC32Cs comes from stores that know no other, and is seldom recorded. */
async function choose(checksum: string, partSize: number | null): Promise<Hasher | null> {
  const [algorithm] = checksum.split(":", 1);
  if (checksum.includes("-")) {
    return algorithm === "sha256" && partSize !== null ? await createComposite(partSize) : null;
  }
  return algorithm === "crc32c" || algorithm === "sha256" ? await createHasher(algorithm) : null;
}

async function createComposite(partSize: number): Promise<Hasher> {
  const { CompositeHasher } = await import("./sha256-composite.ts");
  return new CompositeHasher(partSize);
}
