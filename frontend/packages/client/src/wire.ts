// The broker's JSON, as broker/schemas.py declares it: the members that this package reads. Sizes are bytes,
// instants RFC 3339 UTC.

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

/** How one may sign in. */
export interface SignInOptions {
  /** With a user name and a password, at the broker itself. */
  readonly password: boolean;
  /** At an OpenID provider. */
  readonly oidc: OidcProvider | null;
}

export interface OidcProvider {
  readonly issuer: string;
  readonly client_id: string;
  readonly scope: string;
  /** What the access token is to be for. */
  readonly audience: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly end_session_endpoint: string | null;
}

export interface Me {
  readonly subject: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly policies: readonly Policy[];
  readonly usage: Usage;
}

/** What may be uploaded under a name, and how. */
export interface Policy {
  readonly name: string;
  readonly max_size: number;
  /** Such as `image/png` or `image/*`; none means any. */
  readonly types?: readonly string[];
  /** Such as `.png`; none means any. */
  readonly extensions?: readonly string[];
  /** Null is without a limit. */
  readonly quota?: { readonly bytes: number | null; readonly files: number | null };
  readonly usage?: Usage;
  /** A larger file is sent in parts. */
  readonly single_put_max: number;
  /** Whether every upload has to declare the checksum of the whole file. */
  readonly checksum_required: boolean;
  /** How many parts may be sent at once. */
  readonly part_concurrency: number;
  /** Seconds. */
  readonly url_expires_in: number;
}

export interface Usage {
  readonly files: number;
  readonly bytes: number;
}

export interface NewUpload {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  /** `crc32c:<base64>`, S3's big-endian base64. A file sent in parts need not declare one of the whole. */
  readonly folder?: string;
  readonly policy?: string;
  readonly checksum?: string;
  /** What `fingerprint` says of the file. */
  readonly fingerprint?: string;
}

/** A completed, verified upload. The DOM took the name `File`. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  /** A path such as `photos/2026`, empty for the top. */
  readonly folder: string;
  readonly size: number;
  readonly type: string;
  readonly checksum: string | null;
  readonly created_at: string;
  readonly modified_at: string;
  /** Counts its changes. */
  readonly revision: number;
  /** When it was put into the trash. */
  readonly trashed_at: string | null;
}

export type FileOrder = "created" | "-created" | "name" | "-name" | "size" | "-size";

/** Which files to list: of a folder or of all, those whose name holds `q`, or those in the trash. */
export interface FileQuery {
  readonly folder?: string;
  readonly q?: string;
  readonly trashed?: boolean;
  readonly sort?: FileOrder;
}

/** What to change of a file. */
export interface FileChange {
  readonly name?: string;
  readonly folder?: string;
  readonly trashed?: boolean;
}

export interface Folder {
  readonly path: string;
}

interface UploadFacts {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly checksum: string | null;
  readonly folder: string;
  readonly policy: string;
  readonly fingerprint: string | null;
  readonly created_at: string;
  readonly expires_at: string;
}

export interface PendingSingle extends UploadFacts {
  readonly status: "pending";
  readonly method: "single";
  readonly request: PresignedRequest;
}

export interface PendingMultipart extends UploadFacts {
  readonly status: "pending";
  readonly method: "multipart";
  /** Of every part but the last one, which has what is left. */
  readonly part_size: number;
  readonly part_count: number;
  /** One page of what the store holds; there once the upload is read. */
  readonly parts?: readonly HeldPart[];
  /** The first part of the next page, null on the last page. */
  readonly next_part?: number | null;
}

export type PendingUpload = PendingSingle | PendingMultipart;

export interface CompletedUpload extends UploadFacts {
  readonly status: "completed";
  readonly method: "single" | "multipart";
  readonly file: StoredFile;
}

export interface ClosedUpload extends UploadFacts {
  readonly status: "aborted" | "expired" | "rejected";
  readonly method: "single" | "multipart";
}

/** One attempt to store one file. */
export type Upload = PendingUpload | CompletedUpload | ClosedUpload;

/** What became of one item of a batch: the answer, or the problem that a request of its own would have got. */
export type BatchItem<Answer> = Answer | { readonly problem: Readonly<Record<string, unknown>> };

/** What a client has seen of a transfer that fails; null where there was no answer, or the browser hides it. */
export interface Symptoms {
  readonly status: number | null;
  readonly code: string | null;
}

/** The broker's finding; both are sentences for a person. */
export interface Diagnosis {
  readonly cause: string;
  readonly detail: string;
  readonly action: string;
}

/** What a link to a file is to be like. */
export interface NewShare {
  /** Seconds; a week when left out, a year at most. */
  readonly expires_in?: number;
  readonly password?: string;
  /** How often the file may be fetched; without a limit when left out. */
  readonly max_downloads?: number;
}

/** A link by which anybody may fetch a file. */
export interface Share {
  readonly id: string;
  /** The id of the file. */
  readonly file: string;
  /** What the file is called now. */
  readonly name: string;
  readonly url: string;
  readonly has_password: boolean;
  readonly max_downloads: number | null;
  /** How often it was used. */
  readonly downloads: number;
  readonly created_at: string;
  readonly expires_at: string;
}

/** What opens a link: what stands behind `/s/` in it, and its password where it asks for one. */
export interface ShareKey {
  readonly token: string;
  readonly password?: string;
}

/** What whoever has a link sees of its file. */
export interface SharedFile {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly checksum: string | null;
  readonly expires_at: string;
  /** Null without a limit. */
  readonly downloads_left: number | null;
}

/** A part that the store holds; `checksum` is null where the store does not tell it. */
export interface HeldPart {
  /** From 1. */
  readonly number: number;
  readonly size: number;
  readonly checksum: string | null;
}

/** A part as the client has it. */
export interface Part {
  readonly number: number;
  readonly checksum: string;
}

export interface PresignedPart extends PresignedRequest {
  readonly number: number;
}

/** What the broker is told to complete an upload; one sent in parts names them all. */
export interface Completion {
  readonly parts?: readonly Part[];
}

export interface NewDownload {
  readonly disposition?: "attachment" | "inline";
  /** Seconds; left out, the broker's default applies. */
  readonly expires_in?: number;
}

/** How to fetch a file's bytes, and how to verify them. */
export interface Download extends PresignedRequest {
  readonly size: number;
  readonly checksum: string | null;
  /** Of the parts that a composite checksum is made of. */
  readonly part_size: number | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}
