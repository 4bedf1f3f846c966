// The broker's JSON, as broker/schemas.py declares it. Sizes are bytes, instants RFC 3339 UTC.

/** A request that the store takes exactly as it is, before `expires_at`. */
export interface PresignedRequest {
  readonly method: "GET" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expires_at: string;
}

export interface Session {
  readonly access_token: string;
  /** Seconds from now. */
  readonly expires_in: number;
  readonly token_type: "Bearer";
}

export interface Me {
  readonly subject: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly policies: readonly { readonly name: string; readonly max_size: number }[];
  readonly usage: Usage;
}

export interface Usage {
  readonly files: number;
  readonly bytes: number;
}

export interface NewUpload {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  /** `crc32c:<base64>`, S3's big-endian base64. */
  readonly checksum: string;
}

/** A completed, verified upload. The DOM took the name `File`. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly checksum: string | null;
  readonly created_at: string;
}

interface UploadFacts {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly checksum: string | null;
  readonly created_at: string;
  readonly expires_at: string;
  readonly method: "single";
}

export interface PendingUpload extends UploadFacts {
  readonly status: "pending";
  readonly request: PresignedRequest;
}

export interface CompletedUpload extends UploadFacts {
  readonly status: "completed";
  readonly file: StoredFile;
}

export interface ClosedUpload extends UploadFacts {
  readonly status: "aborted" | "expired" | "rejected";
}

/** One attempt to store one file. */
export type Upload = PendingUpload | CompletedUpload | ClosedUpload;

export interface NewDownload {
  readonly disposition: "attachment" | "inline";
  /** Seconds; left out, the broker's default applies. */
  readonly expires_in?: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}
