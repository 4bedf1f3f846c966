import type { Hasher } from "./hasher.ts";
import { Sha256 } from "./sha256.ts";

/** As Node.js has it too. */
export interface Digest {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

export class Sha256Hasher implements Hasher {
  readonly #hash: Digest;

  constructor(hash: Digest = new Sha256()) {
    this.#hash = hash;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  end(): string {
    return formatSha256(this.#hash.digest());
  }
}

export function formatSha256(digest: Uint8Array): string {
  return `sha256:${btoa(String.fromCharCode(...digest))}`;
}
