// The broker's JSON, named as this package speaks of it; broker/schemas declares it, and wire.gen.ts is
// made of that. Sizes are bytes, instants RFC 3339 UTC.

import type { components, operations } from "./wire.gen.ts";

type Shapes = components["schemas"];

/** A body without what is null: the broker takes null for left out, and this package leaves out. */
type Body<Shape> = { readonly [Name in keyof Shape]: Exclude<Shape[Name], null> };

/** The same, in which undefined is as good as left out: JSON knows none. */
type Wish<Shape> = {
  readonly [Name in keyof Shape]:
    | Exclude<Shape[Name], null>
    | (object extends Pick<Shape, Name> ? undefined : never);
};

type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

export type PresignedRequest = Shapes["PresignedRequest"];

/** The broker sends what has a default, too. */
export type Session = Required<Shapes["Session"]>;

export type SignInOptions = Shapes["SignInOptions"];

export type OidcProvider = Shapes["OidcProvider"];

export type Me = Shapes["Me"];

/** What may be uploaded under a name, and how. */
export type Policy = Shapes["PolicyLimits"];

/** What a transfer heeds of the policy that it goes by. */
export type TransferRules = Pick<
  Policy,
  "single_put_max" | "checksum_required" | "checksum_algorithm" | "part_concurrency" | "url_expires_in"
>;

export type Usage = Shapes["Usage"];

/** The type has to be told here: the broker's own default is no browser's guess. */
export type NewUpload = Body<Shapes["NewUpload"]> & { readonly type: string };

export type ChecksumAlgorithm = Policy["checksum_algorithm"];

/** What becomes of a file whose name is taken in its folder. */
export type Collision = NonNullable<Shapes["NewUpload"]["collision"]>;

/** A completed, verified upload. The DOM took the name `File`. */
export type StoredFile = Shapes["File"];

/** Which files to list: of a folder or of all, those whose name holds `q`, or those in the trash. */
export type FileQuery = Omit<Query<"list_files">, "limit" | "cursor">;

export type FileOrder = NonNullable<FileQuery["sort"]>;

/** What to change of a file. */
export type FileChange = Body<Shapes["ChangeFile"]>;

export type FileHistory = Shapes["FileHistory"];

/** Who did what with a file. */
export type HistoryEntry = Shapes["HistoryEntry"];
export type NewThumbnail = Body<Shapes["NewThumbnail"]>;

/** How to fetch the thumbnail of a file. */
export type Thumbnail = Shapes["Thumbnail"];

export type Folder = Shapes["Folder"];

/** What is there of every upload; the rest depends on its status and method, which the shape cannot say. */
type UploadFacts = Omit<
  Shapes["Upload"],
  "status" | "method" | "part_size" | "part_count" | "request" | "parts" | "next_part" | "file"
>;

export interface PendingSingle extends UploadFacts, Required<Pick<Shapes["Upload"], "request">> {
  readonly status: "pending";
  readonly method: "single";
}

/** `parts` and `next_part` are there once the upload is read. */
export interface PendingMultipart
  extends UploadFacts,
    Required<Pick<Shapes["Upload"], "part_size" | "part_count">>,
    Pick<Shapes["Upload"], "next_part"> {
  readonly status: "pending";
  readonly method: "multipart";
  readonly parts?: readonly HeldPart[];
}

export type PendingUpload = PendingSingle | PendingMultipart;

export interface CompletedUpload
  extends UploadFacts,
    Pick<Shapes["Upload"], "method">,
    Required<Pick<Shapes["Upload"], "file">> {
  readonly status: "completed";
}

export interface ClosedUpload extends UploadFacts, Pick<Shapes["Upload"], "method"> {
  readonly status: Exclude<Shapes["Upload"]["status"], "pending" | "completed">;
}

/** One attempt to store one file. */
export type Upload = PendingUpload | CompletedUpload | ClosedUpload;

/** What became of one item of a batch: the answer, or the problem that a request of its own would have got. */
export type BatchItem<Answer> = Answer | Required<Pick<Shapes["CreatedItem"], "problem">>;

/** What a client has seen of a transfer that fails; null where there was no answer, or the browser hides it. */
export type Symptoms = Required<Pick<Shapes["Symptoms"], "status" | "code">>;

/** The broker's finding; both sentences are for a person. */
export type Diagnosis = Shapes["Diagnosis"];

/** What a link to a file is to be like. */
export type NewShare = Wish<Shapes["NewShare"]>;

/** What a link to a folder is to be like, by which anybody may fetch all below it. */
export type NewFolderShare = Wish<Shapes["NewFolderShare"]>;

/** What a link is to be like by which anybody may send files into a folder. */
export type NewReceivingShare = Wish<Shapes["NewReceivingShare"]>;

/** A link by which anybody may fetch a file or all in a folder, or send files into one. */
export type Share = Shapes["Share"];

/** What opens a link: what stands behind `/s/` in it, and its password where it asks for one. */
export type ShareKey = Body<Shapes["OpenShare"]>;

export type SharedFile = Shapes["SharedFile"];

export type SharedFolder = Shapes["SharedFolder"];

export type ReceivingFolder = Shapes["ReceivingFolder"];

/** What a link leads to; `kind` says which. */
export type Shared = SharedFile | SharedFolder | ReceivingFolder;

/** A file in a folder that a link leads to. */
export type SharedEntry = Shapes["SharedEntry"];

/** A part that the store holds. Its ETag is the store's own affair. */
export type HeldPart = Omit<Shapes["HeldPart"], "etag">;

/** A part as the client has it. */
export type Part = Shapes["PartToSign"];

export type PresignedPart = Shapes["PresignedPart"];

/** What the broker is told to complete an upload; one sent in parts names them all. */
export type Completion = Body<Shapes["CompleteUpload"]>;

export type NewDownload = Body<Shapes["NewDownload"]>;

/** How to fetch a file's bytes, and how to verify them. */
export type Download = Shapes["Download"];

/** A built-in user, as an administrator sees one. */
export type User = Shapes["User"];

export type NewUser = Body<Shapes["NewUser"]>;

/** What one subject has stored under a policy, and may. */
export type SubjectUsage = Shapes["SubjectUsage"];

export type UsageOrder = NonNullable<Query<"list_usage">["sort"]>;

/** An unfinished upload of anybody in the tenant. */
export type TenantUpload = Shapes["TenantUpload"];

export type AuditEntry = Shapes["AuditEntry"];

/** Which entries of the audit trail to list. */
export type AuditQuery = Omit<Query<"search_audit">, "limit" | "cursor">;

export type AuditEvent = NonNullable<AuditQuery["event"]>;

export type StoreHealth = Shapes["StoreHealth"];

export type StoreFinding = Shapes["StoreFinding"];

/** One page of a list; `next_cursor` is null on the last one. The description knows pages only by their items. */
export interface Page<Item> extends Omit<Shapes["Page_File_"], "items"> {
  readonly items: readonly Item[];
}
