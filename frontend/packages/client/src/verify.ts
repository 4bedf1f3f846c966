import { crc32c, formatCrc32c } from "./crc32c.ts";

/** Checks bytes, as they come, against the checksum that the broker has verified (docs/protocol.md). */
export interface Verifier {
  update(chunk: Uint8Array): void;
  /** Say whether all that came is what it should be; null where this checksum cannot be computed here. */
  end(): Promise<boolean | null>;
}

/** @param checksum as the broker tells it; null where the file has none. */
export function createVerifier(checksum: string | null, partSize: number | null): Verifier {
  if (checksum?.startsWith("crc32c:")) {
    return new Crc32cVerifier(checksum);
  }
  if (checksum?.startsWith("sha256:") && globalThis.crypto.subtle !== undefined) {
    return new Sha256Verifier(checksum, partSize);
  }
  return { update: () => {}, end: async () => null };
}

class Crc32cVerifier implements Verifier {
  readonly #expected: string;
  #crc = 0;

  constructor(expected: string) {
    this.#expected = expected;
  }

  update(chunk: Uint8Array): void {
    this.#crc = crc32c(chunk, this.#crc);
  }

  async end(): Promise<boolean> {
    return formatCrc32c(this.#crc) === this.#expected;
  }
}

/** Keeps one part in memory, for `crypto.subtle` hashes no stream: parts have at most 64 MiB as a rule. */
class Sha256Verifier implements Verifier {
  readonly #expected: string;
  readonly #partSize: number;
  readonly #digests: Promise<ArrayBuffer>[] = [];
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(expected: string, partSize: number | null) {
    this.#expected = expected;
    this.#partSize = expected.includes("-") && partSize !== null ? partSize : Number.POSITIVE_INFINITY;
  }

  update(chunk: Uint8Array): void {
    const left = this.#partSize - this.#size;
    if (chunk.byteLength < left) {
      this.#chunks.push(chunk);
      this.#size += chunk.byteLength;
      return;
    }
    this.#chunks.push(chunk.subarray(0, left));
    this.#endPart();
    if (chunk.byteLength > left) {
      this.update(chunk.subarray(left));
    }
  }

  async end(): Promise<boolean> {
    if (this.#size > 0 || this.#digests.length === 0) {
      this.#endPart();
    }
    const digests = await Promise.all(this.#digests);
    if (!this.#expected.includes("-")) {
      return format(digests[0] ?? new ArrayBuffer(0)) === this.#expected;
    }
    const composite = await sha256(digests.map((digest) => new Uint8Array(digest)));
    return `${format(composite)}-${digests.length}` === this.#expected;
  }

  #endPart(): void {
    this.#digests.push(sha256(this.#chunks));
    this.#chunks = [];
    this.#size = 0;
  }
}

async function sha256(chunks: readonly Uint8Array[]): Promise<ArrayBuffer> {
  const bytes = await new Blob([...chunks] as BlobPart[]).arrayBuffer();
  return await crypto.subtle.digest("SHA-256", bytes);
}

function format(digest: ArrayBuffer): string {
  return `sha256:${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
