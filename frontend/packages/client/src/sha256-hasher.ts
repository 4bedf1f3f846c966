import type { Hasher } from "./hasher.ts";
import { Sha256 } from "./sha256.ts";

export class Sha256Hasher implements Hasher {
  readonly #hash = new Sha256();

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
