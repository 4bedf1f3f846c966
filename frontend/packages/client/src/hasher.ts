import { crc32c, formatCrc32c } from "./crc32c.ts";
import type { ChecksumAlgorithm } from "./wire.ts";

/** Computes a checksum piece by piece; `end` writes it as the broker does, such as `crc32c:4waSgw==`. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  end(): string;
}

/** Few policies ask for SHA-256: a page loads it when one does. */
export async function createHasher(algorithm: ChecksumAlgorithm): Promise<Hasher> {
  if (algorithm === "crc32c") {
    return new Crc32cHasher();
  }
  const { Sha256Hasher } = await import("./sha256-hasher.ts");
  return new Sha256Hasher();
}

class Crc32cHasher implements Hasher {
  #crc = 0;

  update(bytes: Uint8Array): void {
    this.#crc = crc32c(bytes, this.#crc);
  }

  end(): string {
    return formatCrc32c(this.#crc);
  }
}
