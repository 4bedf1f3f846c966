import { createHash } from "node:crypto";
import { createHasher, type Hasher } from "../hasher.ts";
import type { ChecksumAlgorithm } from "../wire.ts";

/** Make what computes a checksum; Node.js has a SHA-256 that is much faster than ours. */
export async function createNodeHasher(algorithm: ChecksumAlgorithm): Promise<Hasher> {
  if (algorithm !== "sha256") {
    return await createHasher(algorithm);
  }
  const hash = createHash("sha256");
  return { update: (bytes) => hash.update(bytes), end: () => `sha256:${hash.digest("base64")}` };
}
