import type { Broker } from "./broker.ts";
import type { Lanes } from "./lanes.ts";
import type { Timer } from "./retry.ts";
import type { StoreAnswer } from "./send-blob.ts";
import type { Bytes } from "./source.ts";
import type { UploadClaims } from "./upload-claims.ts";
import type { ChecksumAlgorithm, PresignedRequest } from "./wire.ts";

export interface Work {
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}

/** `onProgress` is told the bytes hashed so far, after each piece. */
export interface Hashing extends Work {
  readonly algorithm: ChecksumAlgorithm;
}

/**
 * What a transfer needs from the outside. Its `checksum` and `send` are given pieces of the sources that it was
 * made for, and nothing else: of Blobs in the browser, of files on disk in Node.js.
 */
export interface Transport {
  readonly broker: Pick<
    Broker,
    | "readPolicies"
    | "createUpload"
    | "createUploads"
    | "completeUploads"
    | "listPending"
    | "readUpload"
    | "signParts"
    | "completeUpload"
    | "abortUpload"
    | "diagnoseUpload"
  >;
  /** Compute the checksum that is declared, such as `crc32c:4waSgw==`. */
  checksum(bytes: Bytes, hashing: Hashing): Promise<string>;
  /** Resolve with any answer of the store; reject only when there is none. */
  send(request: PresignedRequest, bytes: Bytes, work: Work): Promise<StoreAnswer>;
  readonly timer: Timer;
  readonly claims: Pick<UploadClaims, "take" | "release">;
  readonly lanes: Pick<Lanes, "use">;
}

/** What a transfer is doing. `bytes` counts what is hashed or sent so far. */
export type TransferState =
  | { readonly status: "checking"; readonly bytes: number }
  | { readonly status: "sending"; readonly bytes: number }
  /** The last try failed; the next begins by itself. */
  | { readonly status: "waiting" }
  /** The store took every byte; the broker verifies them. */
  | { readonly status: "confirming" };

export interface Run {
  readonly signal: AbortSignal;
  readonly onState: (state: TransferState) => void;
}
