// Made by `make types` of broker/schemas: not to be changed by hand.

export interface paths {
    readonly "/v1/uploads": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["list_uploads"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/uploads/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["get_upload"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/files": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["list_files"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/files/{id}/content": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["get_content"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/folders": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["list_folders"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/shares": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["list_shares"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/users": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["list_users"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/usage": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["list_usage"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/uploads": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["list_tenant_uploads"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/admin/audit": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["search_audit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** SignIn */
        readonly SignIn: {
            readonly username: string;
            readonly password: string;
        };
        /** Session */
        readonly Session: {
            readonly access_token: string;
            readonly expires_in: number;
            /**
             * @default Bearer
             * @enum {unknown}
             */
            readonly token_type?: "Bearer";
        };
        /**
         * SignInOptions
         * @description `password` says whether there are built-in users; `oidc` is null without an identity provider.
         */
        readonly SignInOptions: {
            readonly password: boolean;
            readonly oidc: components["schemas"]["OidcProvider"] | null;
        };
        /**
         * OidcProvider
         * @description Where and how the page signs people in: authorization code with PKCE (RFC 7636), as a public client.
         *
         *     `audience` is what to ask for where a provider wants to be told (Auth0).
         */
        readonly OidcProvider: {
            readonly issuer: string;
            readonly client_id: string;
            readonly scope: string;
            readonly audience: string;
            readonly authorization_endpoint: string;
            readonly token_endpoint: string;
            readonly end_session_endpoint: string | null;
        };
        /**
         * Me
         * @description `usage` is the sum over all policies, those that do not apply any more included.
         *
         *     What is in the trash is deleted for good after `trash_days`; null is never.
         */
        readonly Me: {
            readonly subject: string;
            readonly tenant: string;
            readonly scopes: readonly string[];
            readonly trash_days: number | null;
            readonly policies: readonly components["schemas"]["PolicyLimits"][];
            readonly usage: components["schemas"]["Usage"];
        };
        /**
         * PolicyLimits
         * @description What one policy allows, so that a client can refuse a file before it sends a byte.
         *
         *     `types` are media types and patterns such as `image/*`, `extensions` begin with a dot; none means any.
         *     `usage` and `quota` are the caller's own under this policy; all of a tenant share its `tenant_quota`.
         */
        readonly PolicyLimits: {
            readonly name: string;
            readonly types: readonly string[];
            readonly extensions: readonly string[];
            readonly min_size: number;
            readonly max_size: number;
            readonly single_put_max: number;
            readonly upload_expires_in: number;
            readonly url_expires_in: number;
            readonly scope: string | null;
            readonly folders: string;
            /** @enum {unknown} */
            readonly checksum_algorithm: "crc32c" | "sha256";
            readonly checksum_required: boolean;
            readonly scan: boolean;
            readonly part_concurrency: number;
            readonly quota: components["schemas"]["QuotaLimits"];
            readonly tenant_quota: components["schemas"]["QuotaLimits"];
            readonly usage: components["schemas"]["Usage"];
        };
        /**
         * QuotaLimits
         * @description How much may be stored under a policy; null is without a limit.
         */
        readonly QuotaLimits: {
            readonly bytes: number | null;
            readonly files: number | null;
            readonly pending: number | null;
        };
        /**
         * Usage
         * @description What is stored, and what the pending uploads have reserved.
         */
        readonly Usage: {
            readonly files: number;
            readonly bytes: number;
            readonly pending: number;
            readonly pending_bytes: number;
        };
        /**
         * Capabilities
         * @description What this broker and its store can do.
         *
         *     `enforces` maps what the store was tested for (see docs/operations.md) to whether it holds; null is not
         *     known. `examined_at` is null until the store was tested.
         */
        readonly Capabilities: {
            readonly enforces: {
                readonly [key: string]: boolean | null;
            };
            readonly examined_at: string | null;
            readonly methods: readonly ("multipart" | "single")[];
            readonly checksum_algorithms: readonly ("crc32c" | "sha256")[];
            readonly limits: components["schemas"]["Limits"];
        };
        /**
         * Limits
         * @description Bytes, and numbers of parts; a batch is what one request may ask for at once.
         */
        readonly Limits: {
            readonly max_parts: number;
            readonly min_part_size: number;
            readonly max_part_size: number;
            readonly max_batch: number;
        };
        /**
         * NewUpload
         * @description What the client declares. `checksum` is `crc32c:<base64>` or `sha256:<base64>`, as S3 writes it.
         *
         *     `folder` is a path like `photos/2026`, empty for the top. `policy` is `default` when left out.
         *     `fingerprint` is the client's own mark of the file, by which another client knows it again
         *     (docs/protocol.md); the broker keeps it and looks no further.
         *
         *     `collision` says what becomes of the file when there is another of its name in the folder: both are there
         *     (`allow`), it gets a number (`rename`), the other goes into the trash (`replace`), or the upload is not
         *     created (`refuse`; should the name be taken later on, the file gets a number).
         */
        readonly NewUpload: {
            readonly name: string;
            readonly size: number;
            /** @default application/octet-stream */
            readonly type?: string;
            /** @default  */
            readonly folder?: string;
            /** @default default */
            readonly policy?: string;
            /** @default null */
            readonly checksum?: string | null;
            /** @default null */
            readonly fingerprint?: string | null;
            /**
             * @default allow
             * @enum {unknown}
             */
            readonly collision?: "allow" | "refuse" | "rename" | "replace";
        };
        /**
         * Upload
         * @description One attempt to store one file.
         *
         *     While it is pending, one of the method `single` has a `request`, and one of the method `multipart` is
         *     sent in `part_count` parts of `part_size` bytes, the last one shorter. `parts` are those that the store
         *     holds, a page at a time: `next_part` is the number to ask for next, null on the last page. `file` is
         *     there once it is completed.
         */
        readonly Upload: {
            readonly id: string;
            /** @enum {unknown} */
            readonly status: "aborted" | "completed" | "expired" | "pending" | "rejected";
            readonly name: string;
            readonly folder: string;
            readonly size: number;
            readonly type: string;
            readonly checksum: string | null;
            readonly fingerprint: string | null;
            readonly policy: string;
            readonly created_at: string;
            readonly expires_at: string;
            /** @enum {unknown} */
            readonly method: "multipart" | "single";
            /** @enum {unknown} */
            readonly checksum_algorithm: "crc32c" | "sha256";
            readonly part_size?: number;
            readonly part_count?: number;
            readonly request?: components["schemas"]["PresignedRequest"];
            readonly parts?: readonly components["schemas"]["HeldPart"][];
            readonly next_part?: number | null;
            readonly file?: components["schemas"]["File"];
        };
        /**
         * PresignedRequest
         * @description A request that the client sends to the store exactly as it is, before `expires_at`.
         *
         *     `headers` holds `content-length` too, for clients that stream; a browser derives it from the body.
         */
        readonly PresignedRequest: {
            /** @enum {unknown} */
            readonly method: "GET" | "PUT";
            readonly url: string;
            readonly headers: {
                readonly [key: string]: string;
            };
            readonly expires_at: string;
        };
        /**
         * HeldPart
         * @description A part that the store holds; `checksum` is null where the store does not say it.
         */
        readonly HeldPart: {
            readonly number: number;
            readonly size: number;
            readonly etag: string;
            readonly checksum: string | null;
        };
        /**
         * File
         * @description A completed, verified upload.
         *
         *     `checksum` is of all its bytes; one that ends in `-<n>` is S3's composite: the hash of the `n` hashes of
         *     its parts, each of `part_size` bytes but the last. Whose `scan` is `pending` cannot be fetched until the
         *     operator's scanner has found it clean; null is without a scanner. `share` is the id of the link by which
         *     somebody sent it, null if its owner did.
         */
        readonly File: {
            readonly id: string;
            readonly name: string;
            readonly folder: string;
            readonly size: number;
            readonly type: string;
            readonly checksum: string | null;
            readonly part_size: number | null;
            readonly policy: string;
            readonly created_at: string;
            readonly modified_at: string;
            readonly revision: number;
            readonly trashed_at: string | null;
            readonly scan: ("clean" | "pending") | null;
            readonly share: string | null;
        };
        /** NewUploads */
        readonly NewUploads: {
            readonly uploads: readonly components["schemas"]["NewUpload"][];
        };
        /**
         * CreatedUploads
         * @description One item for each upload that was asked for, in the same order.
         */
        readonly CreatedUploads: {
            readonly items: readonly components["schemas"]["CreatedItem"][];
        };
        /**
         * CreatedItem
         * @description What became of one upload of a batch: one of the two is there.
         */
        readonly CreatedItem: {
            readonly upload?: components["schemas"]["Upload"];
            readonly problem?: {
                readonly [key: string]: unknown;
            };
        };
        /**
         * Page[Upload]
         * @description One page of a list; `next_cursor` is null on the last one.
         */
        readonly Page_Upload_: {
            readonly items: readonly components["schemas"]["Upload"][];
            readonly next_cursor: string | null;
        };
        /** PartsToSign */
        readonly PartsToSign: {
            readonly parts: readonly components["schemas"]["PartToSign"][];
        };
        /**
         * PartToSign
         * @description A part that the client is about to send.
         */
        readonly PartToSign: {
            readonly number: number;
            readonly checksum: string;
        };
        /** PresignedParts */
        readonly PresignedParts: {
            readonly parts: readonly components["schemas"]["PresignedPart"][];
        };
        /** PresignedPart */
        readonly PresignedPart: {
            /** @enum {unknown} */
            readonly method: "GET" | "PUT";
            readonly url: string;
            readonly headers: {
                readonly [key: string]: string;
            };
            readonly expires_at: string;
            readonly number: number;
        };
        /**
         * CompleteUpload
         * @description What the store holds decides; nothing is needed where it tells the checksums of parts.
         *
         *     `parts` must name every part if it is given; `checksum` is the one that the file must have.
         */
        readonly CompleteUpload: {
            /** @default null */
            readonly parts?: readonly components["schemas"]["SentPart"][] | null;
            /** @default null */
            readonly checksum?: string | null;
        };
        /**
         * SentPart
         * @description A part as the client sent it.
         */
        readonly SentPart: {
            readonly number: number;
            readonly checksum: string;
        };
        /**
         * Completion
         * @description The file, and a receipt: a JWS that anybody can verify with `/.well-known/jwks.json`.
         *
         *     There is none while the file's scan is pending: complete again to get it.
         */
        readonly Completion: {
            readonly file: components["schemas"]["File"];
            readonly receipt: string | null;
        };
        /** UploadsToComplete */
        readonly UploadsToComplete: {
            readonly uploads: readonly components["schemas"]["UploadToComplete"][];
        };
        /** UploadToComplete */
        readonly UploadToComplete: {
            /** @default null */
            readonly parts?: readonly components["schemas"]["SentPart"][] | null;
            /** @default null */
            readonly checksum?: string | null;
            readonly id: string;
        };
        /**
         * CompletedUploads
         * @description One item for each upload that was named, in the same order.
         */
        readonly CompletedUploads: {
            readonly items: readonly components["schemas"]["CompletedItem"][];
        };
        /**
         * CompletedItem
         * @description What became of one upload of a batch: file and receipt, or the problem.
         */
        readonly CompletedItem: {
            readonly file?: components["schemas"]["File"];
            readonly receipt?: string | null;
            readonly problem?: {
                readonly [key: string]: unknown;
            };
        };
        /**
         * Symptoms
         * @description What a client has seen of a transfer that fails.
         *
         *     `status` is that of the store's answer, null when there was none or the browser hides it; `code` is
         *     S3's name of the error, from the answer's body; `part` is the number of the part that was sent.
         */
        readonly Symptoms: {
            /** @default null */
            readonly status?: number | null;
            /** @default null */
            readonly code?: string | null;
            /** @default null */
            readonly part?: number | null;
        };
        /**
         * Diagnosis
         * @description The likeliest cause; `detail` and `action` are sentences for a person.
         */
        readonly Diagnosis: {
            /** @enum {unknown} */
            readonly cause: "aborted" | "already-stored" | "bytes-changed" | "clock-skew" | "completed" | "expired" | "network" | "origin-refused" | "parts-lost" | "rejected" | "request-changed" | "store-full" | "store-unavailable" | "url-expired";
            readonly detail: string;
            readonly action: string;
        };
        /**
         * Page[File]
         * @description One page of a list; `next_cursor` is null on the last one.
         */
        readonly Page_File_: {
            readonly items: readonly components["schemas"]["File"][];
            readonly next_cursor: string | null;
        };
        /**
         * NewDownload
         * @description `expires_in` is in seconds; left out, the broker's default applies.
         */
        readonly NewDownload: {
            /**
             * @default attachment
             * @enum {unknown}
             */
            readonly disposition?: "attachment" | "inline";
            /** @default null */
            readonly expires_in?: number | null;
        };
        /**
         * Download
         * @description How to fetch a file's bytes, and how to verify them: see File.
         */
        readonly Download: {
            /** @enum {unknown} */
            readonly method: "GET" | "PUT";
            readonly url: string;
            readonly headers: {
                readonly [key: string]: string;
            };
            readonly expires_at: string;
            readonly size: number;
            readonly checksum: string | null;
            readonly part_size: number | null;
        };
        /**
         * FileReceipt
         * @description A receipt as a compact JWS, see `Receipt`; null while the file is in quarantine.
         */
        readonly FileReceipt: {
            readonly receipt: string | null;
        };
        /**
         * FileHistory
         * @description The newest entries, the newest first: as far as the audit trail is kept.
         */
        readonly FileHistory: {
            readonly items: readonly components["schemas"]["HistoryEntry"][];
        };
        /**
         * HistoryEntry
         * @description Who did what with a file; a `subject` is empty where a link was used.
         */
        readonly HistoryEntry: {
            readonly at: string;
            readonly event: string;
            readonly subject: string;
        };
        /**
         * ChangeFile
         * @description What to change; `trashed` puts a file into the trash, or takes it out.
         *
         *     `collision` says what becomes of the file when there is another of its new name where it goes: both are
         *     there (`allow`), it gets a number (`rename`), the other goes into the trash (`replace`), or it is not
         *     changed (`refuse`).
         */
        readonly ChangeFile: {
            /** @default null */
            readonly name?: string | null;
            /** @default null */
            readonly folder?: string | null;
            /** @default null */
            readonly trashed?: boolean | null;
            /**
             * @default allow
             * @enum {unknown}
             */
            readonly collision?: "allow" | "refuse" | "rename" | "replace";
        };
        /**
         * ChangeFiles
         * @description The same change to many files; for `collision` see ChangeFile.
         */
        readonly ChangeFiles: {
            readonly ids: readonly string[];
            /** @default null */
            readonly folder?: string | null;
            /** @default null */
            readonly trashed?: boolean | null;
            /**
             * @default allow
             * @enum {unknown}
             */
            readonly collision?: "allow" | "refuse" | "rename" | "replace";
        };
        /**
         * ChangedFiles
         * @description One item for each file that was named, in the same order.
         */
        readonly ChangedFiles: {
            readonly items: readonly components["schemas"]["ChangedItem"][];
        };
        /**
         * ChangedItem
         * @description What became of one file of a batch: the file as it is now, nothing if it is deleted, or the problem.
         */
        readonly ChangedItem: {
            readonly file?: components["schemas"]["File"];
            readonly problem?: {
                readonly [key: string]: unknown;
            };
        };
        /** DeleteFiles */
        readonly DeleteFiles: {
            readonly ids: readonly string[];
        };
        /**
         * NewThumbnail
         * @description What the client declares of the JPEG that it made of a file.
         */
        readonly NewThumbnail: {
            readonly size: number;
            readonly checksum: string;
        };
        /** ListThumbnails */
        readonly ListThumbnails: {
            readonly ids: readonly string[];
        };
        /**
         * Thumbnails
         * @description One item for each file that was named and has a thumbnail, in any order.
         */
        readonly Thumbnails: {
            readonly items: readonly components["schemas"]["Thumbnail"][];
        };
        /**
         * Thumbnail
         * @description How to fetch the thumbnail of the file of the id `file`, a JPEG; the same URL for half an hour.
         */
        readonly Thumbnail: {
            readonly file: string;
            readonly request: components["schemas"]["PresignedRequest"];
        };
        /**
         * Page[Folder]
         * @description One page of a list; `next_cursor` is null on the last one.
         */
        readonly Page_Folder_: {
            readonly items: readonly components["schemas"]["Folder"][];
            readonly next_cursor: string | null;
        };
        /** Folder */
        readonly Folder: {
            readonly path: string;
        };
        /** NewFolder */
        readonly NewFolder: {
            readonly path: string;
        };
        /**
         * MoveFolder
         * @description `to` is the path that the folder is to have.
         */
        readonly MoveFolder: {
            readonly path: string;
            readonly to: string;
        };
        /**
         * TrashedFolder
         * @description How many files were put into the trash with a folder, and when.
         */
        readonly TrashedFolder: {
            readonly path: string;
            readonly files: number;
            readonly trashed_at: string;
        };
        /**
         * RestoreFolder
         * @description `trashed_at` is what the trashing answered: then only what went with the folder comes back.
         */
        readonly RestoreFolder: {
            readonly path: string;
            /** @default null */
            readonly trashed_at?: string | null;
        };
        /**
         * RestoredFolder
         * @description How many files were taken out of the trash.
         */
        readonly RestoredFolder: {
            readonly path: string;
            readonly files: number;
        };
        /**
         * NewShare
         * @description `expires_in` is in seconds; `max_downloads` is how often files may be fetched, if not forever.
         */
        readonly NewShare: {
            /** @default 604800 */
            readonly expires_in?: number;
            /** @default null */
            readonly password?: string | null;
            /** @default null */
            readonly max_downloads?: number | null;
        };
        /**
         * Share
         * @description A link to the file of the id `file`, or to the `folder` of this path, which is called `name` now.
         *
         *     `downloads` counts the presigned URLs that it gave out; `received_files` and `received_bytes` what was
         *     sent by it, unfinished uploads included.
         */
        readonly Share: {
            readonly id: string;
            /** @enum {unknown} */
            readonly kind: "file" | "folder" | "receive";
            readonly file: string | null;
            readonly folder: string | null;
            readonly name: string;
            readonly url: string;
            readonly has_password: boolean;
            readonly max_downloads: number | null;
            readonly downloads: number;
            readonly title: string | null;
            readonly message: string | null;
            readonly policy: string | null;
            readonly max_files: number | null;
            readonly max_bytes: number | null;
            readonly received_files: number;
            readonly received_bytes: number;
            readonly created_at: string;
            readonly expires_at: string;
        };
        /**
         * NewFolderShare
         * @description A link to the folder of this `path`, with all that is below it.
         */
        readonly NewFolderShare: {
            /** @default 604800 */
            readonly expires_in?: number;
            /** @default null */
            readonly password?: string | null;
            /** @default null */
            readonly max_downloads?: number | null;
            readonly path: string;
        };
        /**
         * NewReceivingShare
         * @description A link by which anybody may send files into the folder of this `path`, under a policy of its owner's.
         *
         *     `title` and `message` are shown to whoever has it. `max_files` and `max_bytes` are how much it takes in
         *     all.
         */
        readonly NewReceivingShare: {
            /** @default 604800 */
            readonly expires_in?: number;
            /** @default null */
            readonly password?: string | null;
            readonly path: string;
            /** @default  */
            readonly title?: string;
            /** @default  */
            readonly message?: string;
            /** @default default */
            readonly policy?: string;
            /** @default null */
            readonly max_files?: number | null;
            /** @default null */
            readonly max_bytes?: number | null;
        };
        /**
         * Page[Share]
         * @description One page of a list; `next_cursor` is null on the last one.
         */
        readonly Page_Share_: {
            readonly items: readonly components["schemas"]["Share"][];
            readonly next_cursor: string | null;
        };
        /**
         * OpenShare
         * @description `token` is what stands behind `/s/` in a link; in a body, so that no log shows it.
         */
        readonly OpenShare: {
            readonly token: string;
            /** @default null */
            readonly password?: string | null;
        };
        /**
         * SharedFile
         * @description What whoever has a link sees of the file; `downloads_left` is null without a limit.
         */
        readonly SharedFile: {
            /** @enum {unknown} */
            readonly kind: "file";
            readonly name: string;
            readonly size: number;
            readonly type: string;
            readonly checksum: string | null;
            readonly part_size: number | null;
            readonly expires_at: string;
            readonly downloads_left: number | null;
        };
        /**
         * SharedFolder
         * @description What whoever has a link sees of the folder; `downloads_left` is null without a limit.
         */
        readonly SharedFolder: {
            /** @enum {unknown} */
            readonly kind: "folder";
            readonly name: string;
            readonly expires_at: string;
            readonly downloads_left: number | null;
        };
        /**
         * ReceivingFolder
         * @description What whoever has a link sees of a folder that takes files: what it takes, and how much is left.
         *
         *     `types` and what follows are those of its `policy`, see PolicyLimits; what is null has no limit.
         */
        readonly ReceivingFolder: {
            /** @enum {unknown} */
            readonly kind: "receive";
            readonly title: string;
            readonly message: string;
            readonly expires_at: string;
            readonly files_left: number | null;
            readonly bytes_left: number | null;
            readonly policy: string;
            readonly types: readonly string[];
            readonly extensions: readonly string[];
            readonly min_size: number;
            readonly max_size: number;
            readonly single_put_max: number;
            readonly url_expires_in: number;
            /** @enum {unknown} */
            readonly checksum_algorithm: "crc32c" | "sha256";
            readonly checksum_required: boolean;
            readonly part_concurrency: number;
        };
        /**
         * ListSharedFolders
         * @description `parent` is a path as seen from the link's folder, and so are the answer's.
         */
        readonly ListSharedFolders: {
            readonly token: string;
            /** @default null */
            readonly password?: string | null;
            /** @default  */
            readonly parent?: string;
            /** @default 1000 */
            readonly limit?: number;
            /** @default null */
            readonly cursor?: string | null;
        };
        /**
         * ListSharedFiles
         * @description `folder` is a path as seen from the link's folder.
         */
        readonly ListSharedFiles: {
            readonly token: string;
            /** @default null */
            readonly password?: string | null;
            /** @default  */
            readonly folder?: string;
            /** @default 100 */
            readonly limit?: number;
            /** @default null */
            readonly cursor?: string | null;
        };
        /**
         * Page[SharedEntry]
         * @description One page of a list; `next_cursor` is null on the last one.
         */
        readonly Page_SharedEntry_: {
            readonly items: readonly components["schemas"]["SharedEntry"][];
            readonly next_cursor: string | null;
        };
        /**
         * SharedEntry
         * @description What whoever has a link to a folder sees of a file in it.
         */
        readonly SharedEntry: {
            readonly id: string;
            readonly name: string;
            readonly size: number;
            readonly type: string;
            readonly modified_at: string;
        };
        /**
         * DownloadShare
         * @description `file` is the id of one that a folder's list shows.
         */
        readonly DownloadShare: {
            readonly token: string;
            /** @default null */
            readonly password?: string | null;
            /** @default null */
            readonly file?: string | null;
            /**
             * @default attachment
             * @enum {unknown}
             */
            readonly disposition?: "attachment" | "inline";
        };
        /**
         * Page[SubjectUsage]
         * @description One page of a list; `next_cursor` is null on the last one.
         */
        readonly Page_SubjectUsage_: {
            readonly items: readonly components["schemas"]["SubjectUsage"][];
            readonly next_cursor: string | null;
        };
        /**
         * SubjectUsage
         * @description What one subject has stored and reserved under a policy, and may.
         */
        readonly SubjectUsage: {
            readonly files: number;
            readonly bytes: number;
            readonly pending: number;
            readonly pending_bytes: number;
            readonly subject: string;
            readonly policy: string;
            readonly quota: components["schemas"]["QuotaLimits"];
        };
        /**
         * Page[User]
         * @description One page of a list; `next_cursor` is null on the last one.
         */
        readonly Page_User_: {
            readonly items: readonly components["schemas"]["User"][];
            readonly next_cursor: string | null;
        };
        /**
         * User
         * @description A built-in user; who is disabled cannot sign in.
         */
        readonly User: {
            readonly name: string;
            readonly tenant: string;
            readonly scopes: readonly string[];
            readonly created_at: string;
            readonly disabled_at: string | null;
        };
        /**
         * NewUser
         * @description Without `scopes`, the user may do all but administer.
         */
        readonly NewUser: {
            readonly name: string;
            readonly password: string;
            /** @default null */
            readonly scopes?: readonly string[] | null;
        };
        /** NamedUser */
        readonly NamedUser: {
            readonly name: string;
        };
        /** NewPassword */
        readonly NewPassword: {
            readonly name: string;
            readonly password: string;
        };
        /**
         * Page[TenantUpload]
         * @description One page of a list; `next_cursor` is null on the last one.
         */
        readonly Page_TenantUpload_: {
            readonly items: readonly components["schemas"]["TenantUpload"][];
            readonly next_cursor: string | null;
        };
        /**
         * TenantUpload
         * @description An unfinished upload of anybody in the tenant: what an administrator may see of it.
         */
        readonly TenantUpload: {
            readonly id: string;
            readonly subject: string;
            readonly name: string;
            readonly size: number;
            readonly policy: string;
            readonly created_at: string;
            readonly expires_at: string;
        };
        /**
         * Page[AuditEntry]
         * @description One page of a list; `next_cursor` is null on the last one.
         */
        readonly Page_AuditEntry_: {
            readonly items: readonly components["schemas"]["AuditEntry"][];
            readonly next_cursor: string | null;
        };
        /**
         * AuditEntry
         * @description What somebody did, or was refused; texts are empty where nothing is known.
         */
        readonly AuditEntry: {
            readonly id: string;
            readonly at: string;
            readonly subject: string;
            readonly event: string;
            readonly target: string;
            readonly address: string;
            readonly request_id: string;
        };
        /**
         * StoreHealth
         * @description What `broker doctor` finds; what the service's own look at the store has found, until it was examined.
         *
         *     `server` is the store's name of itself; `examined_at` is null until anything was looked at.
         */
        readonly StoreHealth: {
            readonly examined_at: string | null;
            readonly server: string;
            readonly clock_skew_seconds: number | null;
            readonly is_good: boolean;
            readonly findings: readonly components["schemas"]["StoreFinding"][];
        };
        /**
         * StoreFinding
         * @description What a probe of the store saw; `fix` says what to do about it.
         */
        readonly StoreFinding: {
            readonly name: string;
            /** @enum {unknown} */
            readonly outcome: "failed" | "ok" | "skipped" | "warning";
            readonly detail: string;
            readonly fix: string;
        };
        /**
         * StoreEvent
         * @description A bucket notification of S3's form, of which only this is read.
         *
         *     https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
         */
        readonly StoreEvent: {
            /** @default [] */
            readonly Records?: readonly components["schemas"]["EventRecord"][];
        };
        /** EventRecord */
        readonly EventRecord: {
            readonly eventName: string;
            readonly s3: components["schemas"]["StoredEntity"];
        };
        /** StoredEntity */
        readonly StoredEntity: {
            readonly bucket: components["schemas"]["EventBucket"];
            readonly object: components["schemas"]["EventObject"];
        };
        /** EventBucket */
        readonly EventBucket: {
            readonly name: string;
        };
        /**
         * EventObject
         * @description `key` is written as a form's field: `/` as %2F, a space as +.
         */
        readonly EventObject: {
            readonly key: string;
            /** @default 0 */
            readonly size?: number;
            /** @default  */
            readonly eTag?: string;
        };
        /** KeySet */
        readonly KeySet: {
            readonly keys: readonly components["schemas"]["PublicKey"][];
        };
        /**
         * PublicKey
         * @description A key that verifies receipts, as a JWK (RFC 8037 §2); `kid` is its thumbprint (RFC 7638).
         */
        readonly PublicKey: {
            readonly x: string;
            readonly kid: string;
            /**
             * @default OKP
             * @enum {unknown}
             */
            readonly kty?: "OKP";
            /**
             * @default Ed25519
             * @enum {unknown}
             */
            readonly crv?: "Ed25519";
            /**
             * @default EdDSA
             * @enum {unknown}
             */
            readonly alg?: "EdDSA";
            /**
             * @default sig
             * @enum {unknown}
             */
            readonly use?: "sig";
        };
        /**
         * Health
         * @description With `degraded`, which is ready too, `reasons` says in sentences what to look after.
         */
        readonly Health: {
            /** @enum {unknown} */
            readonly status: "alive" | "degraded" | "ready";
            readonly reasons?: readonly string[];
        };
        /**
         * Problem
         * @description RFC 9457 problem details; `type` names the kind, other members help a program.
         */
        readonly Problem: {
            readonly type: string;
            readonly title: string;
            readonly status: number;
            readonly detail: string;
            readonly field?: string;
            readonly rule?: string;
            readonly scope?: string;
            readonly limit?: unknown;
            readonly parts?: readonly number[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly list_uploads: {
        readonly parameters: {
            readonly query?: {
                readonly status?: "pending";
                readonly limit?: number;
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly get_upload: {
        readonly parameters: {
            readonly query?: {
                readonly from_part?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly list_files: {
        readonly parameters: {
            readonly query?: {
                readonly folder?: string;
                readonly q?: string;
                readonly trashed?: boolean;
                readonly sort?: "-created" | "-name" | "-size" | "created" | "name" | "size";
                readonly limit?: number;
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly get_content: {
        readonly parameters: {
            readonly query?: {
                readonly disposition?: "attachment" | "inline";
                readonly expires_in?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly list_folders: {
        readonly parameters: {
            readonly query?: {
                readonly parent?: string;
                readonly limit?: number;
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly list_shares: {
        readonly parameters: {
            readonly query?: {
                readonly file?: string;
                readonly folder?: string;
                readonly limit?: number;
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly list_users: {
        readonly parameters: {
            readonly query?: {
                readonly q?: string;
                readonly limit?: number;
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly list_usage: {
        readonly parameters: {
            readonly query?: {
                readonly sort?: "-bytes" | "-files" | "-pending" | "-subject" | "bytes" | "files" | "pending" | "subject";
                readonly limit?: number;
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly list_tenant_uploads: {
        readonly parameters: {
            readonly query?: {
                readonly limit?: number;
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
    readonly search_audit: {
        readonly parameters: {
            readonly query?: {
                readonly subject?: string;
                readonly event?: "access.denied" | "file.changed" | "file.deleted" | "file.handed-out" | "file.infected" | "folder.moved" | "folder.restored" | "folder.trashed" | "limit.exceeded" | "session.all-ended" | "session.begun" | "session.ended" | "session.refused" | "share.created" | "share.revoked" | "share.used" | "token.issued" | "token.revoked" | "upload.aborted" | "upload.completed" | "upload.created" | "upload.rejected" | "user.added" | "user.disabled" | "user.enabled" | "user.password-changed";
                readonly target?: string;
                readonly since?: string;
                readonly until?: string;
                readonly limit?: number;
                readonly cursor?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: never;
    };
}
