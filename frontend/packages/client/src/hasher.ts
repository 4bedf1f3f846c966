import { crc32c, formatCrc32c } from "./crc32c.ts";
import type { ChecksumAlgorithm } from "./wire.ts";

/** Computes a checksum piece by piece; `end` writes it as the broker does, such as `crc32c:4waSgw==`. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  end(): string;
}

/** How checksums are computed where this runs. */
export interface Hashers {
  create(algorithm: ChecksumAlgorithm): Promise<Hasher>;
  /** S3's composite: the SHA-256 of those of all parts of this size. */
  createComposite(partSize: number): Promise<Hasher>;
}

/** Few policies ask for SHA-256: a page loads it when one does. */
export const pageHashers: Hashers = {
  create: async (algorithm) =>
    algorithm === "crc32c" ? createCrc32cHasher() : new (await import("./sha256-hasher.ts")).Sha256Hasher(),
  createComposite: async (partSize) => new (await import("./sha256-composite.ts")).CompositeHasher(partSize),
};

export function createCrc32cHasher(carryOn = crc32c): Hasher {
  let crc = 0;
  return {
    update: (bytes) => {
      crc = carryOn(bytes, crc);
    },
    end: () => formatCrc32c(crc),
  };
}
