"""Every JSON shape on the wire. Requests refuse unknown fields; sizes are bytes, instants RFC 3339 UTC."""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, field

MAX_USERNAME = 200
MIN_PASSWORD = 8
MAX_PASSWORD = 1000

Item = TypeVar("Item")

MAX_BATCH = 1000
MAX_FINGERPRINT = 64
MAX_THUMBNAIL = 64 * 1024
MAX_THUMBNAILS = 200
MAX_SHARE_EXPIRES_IN = 366 * 86400

UploadStatus = Literal["pending", "completed", "aborted", "expired", "rejected"]
UploadMethod = Literal["single", "multipart"]
ChecksumAlgorithm = Literal["crc32c", "sha256"]
ScanState = Literal["pending", "clean"]
# what becomes of a file whose name is taken in its folder
Collision = Literal["allow", "rename", "replace", "refuse"]
Disposition = Literal["attachment", "inline"]
ShareKind = Literal["file", "folder", "receive"]
UsageOrder = Literal["subject", "-subject", "files", "-files", "bytes", "-bytes", "pending", "-pending"]
# `skipped`: nothing is known, or the store has no such feature and the broker needs none
Outcome = Literal["ok", "warning", "failed", "skipped"]
AuditEvent = Literal[
    "session.begun",
    "session.refused",
    "session.ended",
    "session.all-ended",
    "upload.created",
    "upload.completed",
    "upload.rejected",
    "upload.aborted",
    "file.handed-out",
    "file.changed",
    "file.deleted",
    "file.infected",
    "folder.moved",
    "folder.trashed",
    "folder.restored",
    "share.created",
    "share.revoked",
    "share.used",
    "access.denied",
    "limit.exceeded",
    "user.added",
    "user.password-changed",
    "user.disabled",
    "user.enabled",
    "token.issued",
    "token.revoked",
]


class _Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body that a client sends."""


class _Answer(Struct, frozen=True, kw_only=True):
    """A body that the broker sends."""


class PresignedRequest(_Answer, frozen=True):
    """A request that the client sends to the store exactly as it is, before `expires_at`.

    `headers` holds `content-length` too, for clients that stream; a browser derives it from the body.
    """

    method: Literal["GET", "PUT"]
    url: str
    headers: dict[str, str]
    expires_at: datetime


class SignIn(_Request, frozen=True):
    username: Annotated[str, Meta(min_length=1, max_length=MAX_USERNAME)]
    password: Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD)]


class Session(_Answer, frozen=True):
    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name, RFC 6750


class OidcProvider(_Answer, frozen=True):
    """Where and how the page signs people in: authorization code with PKCE (RFC 7636), as a public client.

    `audience` is what to ask for where a provider wants to be told (Auth0).
    """

    issuer: str
    client_id: str
    scope: str
    audience: str
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None


class SignInOptions(_Answer, frozen=True):
    """`password` says whether there are built-in users; `oidc` is null without an identity provider."""

    password: bool
    oidc: OidcProvider | None


class QuotaLimits(_Answer, frozen=True):
    """How much may be stored under a policy; null is without a limit."""

    bytes: int | None
    files: int | None
    pending: int | None


class Usage(_Answer, frozen=True):
    """What is stored, and what the pending uploads have reserved."""

    files: int
    bytes: int
    pending: int
    pending_bytes: int


class PolicyLimits(_Answer, frozen=True):
    """What one policy allows, so that a client can refuse a file before it sends a byte.

    `types` are media types and patterns such as `image/*`, `extensions` begin with a dot; none means any.
    `usage` and `quota` are the caller's own under this policy; all of a tenant share its `tenant_quota`.
    """

    name: str
    types: tuple[str, ...]
    extensions: tuple[str, ...]
    min_size: int
    max_size: int
    single_put_max: int
    upload_expires_in: int
    url_expires_in: int
    scope: str | None
    folders: str
    checksum_algorithm: ChecksumAlgorithm
    checksum_required: bool
    scan: bool
    part_concurrency: int
    quota: QuotaLimits
    tenant_quota: QuotaLimits
    usage: Usage


class Me(_Answer, frozen=True):
    """`usage` is the sum over all policies, those that do not apply any more included.

    What is in the trash is deleted for good after `trash_days`; null is never.
    """

    subject: str
    tenant: str
    scopes: tuple[str, ...]
    trash_days: int | None
    policies: tuple[PolicyLimits, ...]
    usage: Usage


class ListUsage(_Request, frozen=True):
    """The query of the list of usage; `cursor` is the `next_cursor` of the page before.

    A `-` before what it is sorted by turns it around.
    """

    sort: UsageOrder = "subject"
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: Annotated[str, Meta(max_length=2000)] | None = None


class SubjectUsage(Usage, frozen=True, kw_only=True):
    """What one subject has stored and reserved under a policy, and may."""

    subject: str
    policy: str
    quota: QuotaLimits


class ListUsers(_Request, frozen=True):
    """The query of the list of users, who are sorted by name."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: Annotated[str, Meta(max_length=2000)] | None = None


class User(_Answer, frozen=True):
    """A built-in user; who is disabled cannot sign in."""

    name: str
    tenant: str
    scopes: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None


class NamedUser(_Request, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=MAX_USERNAME)]


class NewPassword(NamedUser, frozen=True, kw_only=True):
    password: Annotated[str, Meta(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)]


class NewUser(NewPassword, frozen=True, kw_only=True):
    """Without `scopes`, the user may do all but administer."""

    scopes: Annotated[tuple[str, ...], Meta(max_length=100)] | None = None


class ListTenantUploads(_Request, frozen=True):
    """The query of the list of what all of the tenant have not finished."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class TenantUpload(_Answer, frozen=True):
    """An unfinished upload of anybody in the tenant: what an administrator may see of it."""

    id: str
    subject: str
    name: str
    size: int
    policy: str
    created_at: datetime
    expires_at: datetime


class SearchAudit(_Request, frozen=True):
    """The query of the audit trail: from `since` on and before `until`, all that is asked for."""

    subject: Annotated[str, Meta(max_length=200)] | None = None
    event: AuditEvent | None = None
    target: Annotated[str, Meta(max_length=200)] | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class AuditEntry(_Answer, frozen=True):
    """What somebody did, or was refused; texts are empty where nothing is known."""

    id: str
    at: datetime
    subject: str
    event: str
    target: str
    address: str
    request_id: str


class StoreFinding(_Answer, frozen=True):
    """What a probe of the store saw; `fix` says what to do about it."""

    name: str
    outcome: Outcome
    detail: str
    fix: str


class StoreHealth(_Answer, frozen=True):
    """What `broker doctor` finds; what the service's own look at the store has found, until it was examined.

    `server` is the store's name of itself; `examined_at` is null until anything was looked at.
    """

    examined_at: datetime | None
    server: str
    clock_skew_seconds: float | None
    is_good: bool
    findings: tuple[StoreFinding, ...]


class NewUpload(_Request, frozen=True):
    """What the client declares. `checksum` is `crc32c:<base64>` or `sha256:<base64>`, as S3 writes it.

    `folder` is a path like `photos/2026`, empty for the top. `policy` is `default` when left out.
    `fingerprint` is the client's own mark of the file, by which another client knows it again
    (docs/protocol.md); the broker keeps it and looks no further.

    `collision` says what becomes of the file when there is another of its name in the folder: both are there
    (`allow`), it gets a number (`rename`), the other goes into the trash (`replace`), or the upload is not
    created (`refuse`; should the name be taken later on, the file gets a number).
    """

    name: str
    size: Annotated[int, Meta(ge=0)]
    type: str = "application/octet-stream"
    folder: str = ""
    policy: str = "default"
    checksum: str | None = None
    fingerprint: Annotated[str, Meta(max_length=MAX_FINGERPRINT, pattern="^[!-~]+$")] | None = None
    collision: Collision = "allow"


class NewUploads(_Request, frozen=True):
    uploads: Annotated[tuple[NewUpload, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class File(_Answer, frozen=True):
    """A completed, verified upload.

    `checksum` is of all its bytes; one that ends in `-<n>` is S3's composite: the hash of the `n` hashes of
    its parts, each of `part_size` bytes but the last. Whose `scan` is `pending` cannot be fetched until the
    operator's scanner has found it clean; null is without a scanner. `share` is the id of the link by which
    somebody sent it, null if its owner did.
    """

    id: str
    name: str
    folder: str
    size: int
    type: str
    checksum: str | None
    part_size: int | None
    policy: str
    created_at: datetime
    modified_at: datetime
    revision: int
    trashed_at: datetime | None
    scan: ScanState | None
    share: str | None


class HeldPart(_Answer, frozen=True):
    """A part that the store holds; `checksum` is null where the store does not say it."""

    number: int
    size: int
    etag: str
    checksum: str | None


class Upload(_Answer, frozen=True):
    """One attempt to store one file.

    While it is pending, one of the method `single` has a `request`, and one of the method `multipart` is
    sent in `part_count` parts of `part_size` bytes, the last one shorter. `parts` are those that the store
    holds, a page at a time: `next_part` is the number to ask for next, null on the last page. `file` is
    there once it is completed.
    """

    id: str
    status: UploadStatus
    name: str
    folder: str
    size: int
    type: str
    checksum: str | None
    fingerprint: str | None
    policy: str
    created_at: datetime
    expires_at: datetime
    method: UploadMethod
    checksum_algorithm: ChecksumAlgorithm
    part_size: int | UnsetType = UNSET
    part_count: int | UnsetType = UNSET
    request: PresignedRequest | UnsetType = UNSET
    parts: tuple[HeldPart, ...] | UnsetType = UNSET
    next_part: int | UnsetType | None = UNSET
    file: File | UnsetType = UNSET


class CreatedItem(_Answer, frozen=True):
    """What became of one upload of a batch: one of the two is there."""

    upload: Upload | UnsetType = UNSET
    problem: dict[str, object] | UnsetType = UNSET


class CreatedUploads(_Answer, frozen=True):
    """One item for each upload that was asked for, in the same order."""

    items: tuple[CreatedItem, ...]


class ListUploads(_Request, frozen=True):
    """The query of the list of unfinished uploads."""

    status: Literal["pending"] = "pending"
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class GetUpload(_Request, frozen=True):
    """The query of one upload: `from_part` is the `next_part` of the page of parts before."""

    from_part: Annotated[int, Meta(ge=1, le=10_000)] = 1


class PartToSign(_Request, frozen=True, gc=False):
    """A part that the client is about to send."""

    number: int
    checksum: str


class PartsToSign(_Request, frozen=True):
    parts: Annotated[tuple[PartToSign, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class PresignedPart(PresignedRequest, frozen=True, gc=False):
    number: int


class PresignedParts(_Answer, frozen=True):
    parts: list[PresignedPart]


class SentPart(_Request, frozen=True):
    """A part as the client sent it."""

    number: int
    checksum: str


class CompleteUpload(_Request, frozen=True):
    """What the store holds decides; nothing is needed where it tells the checksums of parts.

    `parts` must name every part if it is given; `checksum` is the one that the file must have.
    """

    parts: tuple[SentPart, ...] | None = None
    checksum: str | None = None


class UploadToComplete(CompleteUpload, frozen=True, kw_only=True):
    id: str


class UploadsToComplete(_Request, frozen=True):
    uploads: Annotated[tuple[UploadToComplete, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class Completion(_Answer, frozen=True):
    """The file, and a receipt: a JWS that anybody can verify with `/.well-known/jwks.json`.

    There is none while the file's scan is pending: complete again to get it.
    """

    file: File
    receipt: str | None


class CompletedItem(_Answer, frozen=True):
    """What became of one upload of a batch: file and receipt, or the problem."""

    file: File | UnsetType = UNSET
    receipt: str | UnsetType | None = UNSET
    problem: dict[str, object] | UnsetType = UNSET


class CompletedUploads(_Answer, frozen=True):
    """One item for each upload that was named, in the same order."""

    items: tuple[CompletedItem, ...]


class ScanRequest(_Answer, frozen=True):
    """What the operator's scanner is told: `request` fetches the file's bytes."""

    file: str
    size: int
    type: str
    checksum: str | None
    request: PresignedRequest


class EventObject(Struct, frozen=True):
    """`key` is written as a form's field: `/` as %2F, a space as +."""

    key: str
    size: int = 0
    etag: str = field(name="eTag", default="")


class EventBucket(Struct, frozen=True):
    name: str


class StoredEntity(Struct, frozen=True):
    bucket: EventBucket
    object: EventObject


class EventRecord(Struct, frozen=True):
    event_name: str = field(name="eventName")
    s3: StoredEntity


class StoreEvent(Struct, frozen=True):
    """A bucket notification of S3's form, of which only this is read.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """

    records: tuple[EventRecord, ...] = field(name="Records", default=())


class Symptoms(_Request, frozen=True):
    """What a client has seen of a transfer that fails.

    `status` is that of the store's answer, null when there was none or the browser hides it; `code` is
    S3's name of the error, from the answer's body; `part` is the number of the part that was sent.
    """

    status: Annotated[int, Meta(ge=100, le=599)] | None = None
    code: Annotated[str, Meta(max_length=100)] | None = None
    part: Annotated[int, Meta(ge=1, le=10_000)] | None = None


class Diagnosis(Struct, frozen=True):
    """The likeliest cause; `detail` and `action` are sentences for a person."""

    cause: Literal[
        "completed",
        "aborted",
        "expired",
        "rejected",
        "store-unavailable",
        "already-stored",
        "parts-lost",
        "clock-skew",
        "bytes-changed",
        "request-changed",
        "store-full",
        "url-expired",
        "origin-refused",
        "network",
    ]
    detail: str
    action: str


class ListFiles(_Request, frozen=True):
    """The query of the list of files, of a `folder` or of all; `cursor` is a page's `next_cursor`.

    `q` is what the name must hold, whatever its case. A `-` before what it is sorted by turns it around.
    """

    folder: str | None = None
    q: Annotated[str, Meta(max_length=255)] | None = None
    trashed: bool = False
    sort: Literal["created", "-created", "name", "-name", "size", "-size"] = "-created"

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class ChangeFile(_Request, frozen=True):
    """What to change; `trashed` puts a file into the trash, or takes it out."""

    name: str | None = None
    folder: str | None = None
    trashed: bool | None = None


class ChangeFiles(_Request, frozen=True):
    """The same change to many files."""

    ids: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_BATCH)]
    folder: str | None = None
    trashed: bool | None = None


class DeleteFiles(_Request, frozen=True):
    ids: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_BATCH)]


class ChangedItem(_Answer, frozen=True):
    """What became of one file of a batch: the file as it is now, nothing if it is deleted, or the problem."""

    file: File | UnsetType = UNSET
    problem: dict[str, object] | UnsetType = UNSET


class ChangedFiles(_Answer, frozen=True):
    """One item for each file that was named, in the same order."""

    items: tuple[ChangedItem, ...]


class ListFolders(_Request, frozen=True):
    """The query of the list of folders right below `parent`."""

    parent: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000
    cursor: str | None = None


class NewFolder(_Request, frozen=True):
    path: str


class MoveFolder(_Request, frozen=True):
    """`to` is the path that the folder is to have."""

    path: str
    to: str


class Folder(_Answer, frozen=True):
    path: str


class RestoreFolder(_Request, frozen=True):
    """`trashed_at` is what the trashing answered: then only what went with the folder comes back."""

    path: str
    trashed_at: Annotated[datetime, Meta(tz=True)] | None = None


class TrashedFolder(_Answer, frozen=True):
    """How many files were put into the trash with a folder, and when."""

    path: str
    files: int
    trashed_at: datetime


class RestoredFolder(_Answer, frozen=True):
    """How many files were taken out of the trash."""

    path: str
    files: int


class NewDownload(_Request, frozen=True):
    """`expires_in` is in seconds; left out, the broker's default applies."""

    disposition: Disposition = "attachment"
    expires_in: Annotated[int, Meta(ge=1)] | None = None


class Download(PresignedRequest, frozen=True):
    """How to fetch a file's bytes, and how to verify them: see File."""

    size: int
    checksum: str | None
    part_size: int | None


class FileReceipt(_Answer, frozen=True):
    """A receipt as a compact JWS, see `Receipt`; null while the file is in quarantine."""

    receipt: str | None


class HistoryEntry(_Answer, frozen=True):
    """Who did what with a file; a `subject` is empty where a link was used."""

    at: datetime
    event: str
    subject: str


class FileHistory(_Answer, frozen=True):
    """The newest entries, the newest first: as far as the audit trail is kept."""

    items: tuple[HistoryEntry, ...]


class NewThumbnail(_Request, frozen=True):
    """What the client declares of the JPEG that it made of a file."""

    size: Annotated[int, Meta(ge=1, le=MAX_THUMBNAIL)]
    checksum: str


class ListThumbnails(_Request, frozen=True):
    ids: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_THUMBNAILS)]


class Thumbnail(_Answer, frozen=True):
    """How to fetch the thumbnail of the file of the id `file`, a JPEG; the same URL for half an hour."""

    file: str
    request: PresignedRequest


class Thumbnails(_Answer, frozen=True):
    """One item for each file that was named and has a thumbnail, in any order."""

    items: tuple[Thumbnail, ...]


class _NewLink(_Request, frozen=True):
    expires_in: Annotated[int, Meta(ge=60, le=MAX_SHARE_EXPIRES_IN)] = 7 * 86400
    password: Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD)] | None = None


class NewShare(_NewLink, frozen=True, kw_only=True):
    """`expires_in` is in seconds; `max_downloads` is how often files may be fetched, if not forever."""

    max_downloads: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class NewFolderShare(NewShare, frozen=True, kw_only=True):
    """A link to the folder of this `path`, with all that is below it."""

    path: str


class NewReceivingShare(_NewLink, frozen=True, kw_only=True):
    """A link by which anybody may send files into the folder of this `path`, under a policy of its owner's.

    `title` and `message` are shown to whoever has it. `max_files` and `max_bytes` are how much it takes in
    all.
    """

    path: str
    title: Annotated[str, Meta(max_length=200, pattern="^[^\\x00-\\x1f\\x7f]*$")] = ""
    message: Annotated[str, Meta(max_length=2000, pattern="^[^\\x00]*$")] = ""
    policy: str = "default"
    max_files: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    max_bytes: Annotated[int, Meta(ge=1, le=2**53)] | None = None


class Share(_Answer, frozen=True):
    """A link to the file of the id `file`, or to the `folder` of this path, which is called `name` now.

    `downloads` counts the presigned URLs that it gave out; `received_files` and `received_bytes` what was
    sent by it, unfinished uploads included.
    """

    id: str
    kind: ShareKind
    file: str | None
    folder: str | None
    name: str
    url: str
    has_password: bool
    max_downloads: int | None
    downloads: int
    title: str | None
    message: str | None
    policy: str | None
    max_files: int | None
    max_bytes: int | None
    received_files: int
    received_bytes: int
    created_at: datetime
    expires_at: datetime


class ListShares(_Request, frozen=True):
    """The query of the list of links: those to one `file` or `folder`, or all."""

    file: Annotated[str, Meta(max_length=26, pattern="^[0-9a-z]*$")] | None = None
    folder: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class OpenShare(_Request, frozen=True):
    """`token` is what stands behind `/s/` in a link; in a body, so that no log shows it."""

    token: Annotated[str, Meta(max_length=100)]
    password: Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD)] | None = None


class ListSharedFolders(OpenShare, frozen=True, kw_only=True):
    """`parent` is a path as seen from the link's folder, and so are the answer's."""

    parent: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000
    cursor: str | None = None


class ListSharedFiles(OpenShare, frozen=True, kw_only=True):
    """`folder` is a path as seen from the link's folder."""

    folder: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class DownloadShare(OpenShare, frozen=True, kw_only=True):
    """`file` is the id of one that a folder's list shows."""

    file: str | None = None
    disposition: Disposition = "attachment"


class SharedEntry(_Answer, frozen=True):
    """What whoever has a link to a folder sees of a file in it."""

    id: str
    name: str
    size: int
    type: str
    modified_at: datetime


class SharedFolder(_Answer, frozen=True, tag_field="kind", tag="folder"):
    """What whoever has a link sees of the folder; `downloads_left` is null without a limit."""

    name: str
    expires_at: datetime
    downloads_left: int | None


class ReceivingFolder(_Answer, frozen=True, tag_field="kind", tag="receive"):
    """What whoever has a link sees of a folder that takes files: what it takes, and how much is left.

    `types` and what follows are those of its `policy`, see PolicyLimits; what is null has no limit.
    """

    title: str
    message: str
    expires_at: datetime
    files_left: int | None
    bytes_left: int | None
    policy: str
    types: tuple[str, ...]
    extensions: tuple[str, ...]
    min_size: int
    max_size: int
    single_put_max: int
    url_expires_in: int
    checksum_algorithm: ChecksumAlgorithm
    checksum_required: bool
    part_concurrency: int


class SharedFile(_Answer, frozen=True, tag_field="kind", tag="file"):
    """What whoever has a link sees of the file; `downloads_left` is null without a limit."""

    name: str
    size: int
    type: str
    checksum: str | None
    part_size: int | None
    expires_at: datetime
    downloads_left: int | None


class Page(_Answer, Generic[Item], frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: tuple[Item, ...]
    next_cursor: str | None


class Receipt(_Answer, frozen=True, omit_defaults=True):
    """What a receipt says of a file (broker/receipts.py). `iat` is when it was completed, as JWTs count time.

    Claims may be added, never changed or taken away: receipts are kept. `checksum` and `part_size` are left
    out where the file has none, see File.
    """

    iss: str
    sub: str
    tenant: str
    jti: str
    iat: int
    upload_id: str
    policy: str
    bucket: str
    key: str
    etag: str
    name: str
    size: int
    type: str
    checksum: str | None = None
    part_size: int | None = None


class PublicKey(_Answer, frozen=True):
    """A key that verifies receipts, as a JWK (RFC 8037 §2); `kid` is its thumbprint (RFC 7638)."""

    x: str
    kid: str
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    alg: Literal["EdDSA"] = "EdDSA"
    use: Literal["sig"] = "sig"


class KeySet(_Answer, frozen=True):
    keys: tuple[PublicKey, ...]


class Health(_Answer, frozen=True):
    """With `degraded`, which is ready too, `reasons` says in sentences what to look after."""

    status: Literal["alive", "ready", "degraded"]
    reasons: tuple[str, ...] | UnsetType = UNSET


class Limits(_Answer, frozen=True):
    """Bytes, and numbers of parts; a batch is what one request may ask for at once."""

    max_parts: int
    min_part_size: int
    max_part_size: int
    max_batch: int


class Capabilities(_Answer, frozen=True):
    """What this broker and its store can do.

    `enforces` maps what the store was tested for (see docs/operations.md) to whether it holds; null is not
    known. `examined_at` is null until the store was tested.
    """

    enforces: dict[str, bool | None]
    examined_at: datetime | None
    methods: tuple[UploadMethod, ...]
    checksum_algorithms: tuple[ChecksumAlgorithm, ...]
    limits: Limits
