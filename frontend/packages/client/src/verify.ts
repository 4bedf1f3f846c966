import { createHasher, type Hasher } from "./hasher.ts";

/** Checks bytes, as they come, against the checksum that the broker has verified (docs/protocol.md). */
export interface Verifier {
  update(chunk: Uint8Array): void;
  /** Say whether all that came is what it should be; null where this checksum cannot be computed here. */
  end(): boolean | null;
}

/** @param checksum as the broker tells it; null where the file has none. */
export async function createVerifier(checksum: string | null, partSize: number | null): Promise<Verifier> {
  const algorithm = checksum?.split(":", 1)[0];
  if (checksum === null || (algorithm !== "crc32c" && algorithm !== "sha256")) {
    return { update: () => {}, end: () => null };
  }
  const isComposite = algorithm === "sha256" && checksum.includes("-");
  const hasher =
    isComposite && partSize !== null ? await createComposite(partSize) : await createHasher(algorithm);
  return { update: (chunk) => hasher.update(chunk), end: () => hasher.end() === checksum };
}

async function createComposite(partSize: number): Promise<Hasher> {
  const { CompositeHasher } = await import("./sha256-composite.ts");
  return new CompositeHasher(partSize);
}
