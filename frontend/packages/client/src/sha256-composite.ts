import type { Hasher } from "./hasher.ts";
import { Sha256 } from "./sha256.ts";
import { type Digest, formatSha256 } from "./sha256-hasher.ts";

/** Computes S3's composite: the hash of the hashes of parts of this size, and how many they are. */
export class CompositeHasher implements Hasher {
  readonly #partSize: number;
  readonly #create: () => Digest;
  readonly #whole: Digest;
  #part: Digest;
  #size = 0;
  #count = 0;

  constructor(partSize: number, create: () => Digest = () => new Sha256()) {
    this.#partSize = partSize;
    this.#create = create;
    this.#whole = create();
    this.#part = create();
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
    this.#part = this.#create();
    this.#size = 0;
    this.#count += 1;
  }
}
