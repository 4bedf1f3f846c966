import type { Hasher } from "./hasher.ts";
import { Sha256 } from "./sha256.ts";
import { formatSha256 } from "./sha256-hasher.ts";

/** Computes S3's composite: the hash of the hashes of parts of this size, and how many they are. */
export class CompositeHasher implements Hasher {
  readonly #partSize: number;
  readonly #whole = new Sha256();
  #part = new Sha256();
  #size = 0;
  #count = 0;

  constructor(partSize: number) {
    this.#partSize = partSize;
  }

  update(bytes: Uint8Array): void {
    for (let rest = bytes; rest.byteLength > 0; ) {
      const piece = rest.subarray(0, this.#partSize - this.#size);
      this.#part.update(piece);
      this.#size += piece.byteLength;
      if (this.#size === this.#partSize) {
        this.#endPart();
      }
      rest = rest.subarray(piece.byteLength);
    }
  }

  end(): string {
    if (this.#size > 0) {
      this.#endPart();
    }
    return `${formatSha256(this.#whole.digest())}-${this.#count}`;
  }

  #endPart(): void {
    this.#whole.update(this.#part.digest());
    this.#part = new Sha256();
    this.#size = 0;
    this.#count += 1;
  }
}
