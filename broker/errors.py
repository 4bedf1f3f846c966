"""Every error a client can see. Slugs and statuses are wire contract: they may be added, never changed.

BrokerError
├── MalformedRequest 400
├── MalformedJson 400
├── UnknownHost 400
├── Unauthenticated 401
│   ├── InvalidToken
│   ├── ExpiredToken
│   ├── WrongCredentials
│   └── SessionEnded
├── InsufficientScope 403
├── CrossOriginCall 403
├── QuotaExceeded 403
├── ShareLocked 403
├── NotFound 404
├── MethodNotAllowed 405
├── Conflict 409
│   ├── UploadIncomplete
│   ├── UploadCompleted
│   ├── UploadAborted
│   ├── PartsMismatch
│   ├── FileQuarantined
│   ├── FolderExists
│   ├── UserExists
│   ├── OwnAccount
│   └── RequestInProgress
├── UploadExpired 410
├── ShareExpired 410
├── ShareUsedUp 410
├── RevisionMismatch 412
├── BodyTooLarge 413
├── UnsupportedMediaType 415
├── InvalidField 422
│   ├── InvalidName
│   ├── InvalidType
│   ├── InvalidChecksum
│   ├── ObjectTooLarge
│   └── PolicyViolation
├── UploadRejected 422
├── IdempotencyMismatch 422
├── TooManyUploads 429
├── TooManyRequests 429
│   └── TooManySignIns
├── HeadTooLarge 431
├── InternalError 500
└── Unavailable 503
    ├── IssuerUnavailable
    ├── StoreUnavailable
    ├── StoreUnsafe
    ├── RegistryUnavailable
    ├── ShuttingDown
    └── SignInBusy
"""

from collections.abc import Mapping
from typing import ClassVar


class BrokerError(Exception):
    """Tell a client what happened.

    `detail` is one sentence for a person. `members` are RFC 9457 extension members for a program;
    their values must be JSON-encodable. `headers` are sent with the answer.
    """

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    headers: Mapping[str, str] = {}

    def __init__(self, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class MalformedRequest(BrokerError):
    slug, status, title = "malformed-request", 400, "The request is not HTTP as it should be"


class MalformedJson(BrokerError):
    slug, status, title = "malformed-json", 400, "The body is not valid JSON"


class UnknownHost(BrokerError):
    slug, status, title = "unknown-host", 400, "The Host header names another service"


class Unauthenticated(BrokerError):
    # RFC 6750 §3: no error code when the request carries no credentials at all
    slug, status, title = "authentication-required", 401, "Sign in first"
    headers: Mapping[str, str] = {"www-authenticate": 'Bearer realm="broker"'}


class InvalidToken(Unauthenticated):
    slug, title = "invalid-token", "The access token is not valid"
    headers: Mapping[str, str] = {"www-authenticate": 'Bearer realm="broker", error="invalid_token"'}


class ExpiredToken(InvalidToken):
    slug, title = "expired-token", "The access token has expired"


class WrongCredentials(Unauthenticated):
    """`tenant` and `subject` are the user's if there is one; no client hears of them."""

    slug, title = "wrong-credentials", "The user name or the password is wrong"

    def __init__(self, detail: str, *, tenant: str = "", subject: str = "") -> None:
        super().__init__(detail)
        self.tenant = tenant
        self.subject = subject


class SessionEnded(Unauthenticated):
    slug, title = "session-ended", "The session has ended"


class InsufficientScope(BrokerError):
    slug, status, title = "insufficient-scope", 403, "The access token does not allow this"
    headers: Mapping[str, str] = {"www-authenticate": 'Bearer realm="broker", error="insufficient_scope"'}


class CrossOriginCall(BrokerError):
    slug, status, title = "cross-origin-call", 403, "The call does not come from the broker's own page"


class QuotaExceeded(BrokerError):
    """The member `rule` names the limit in broker.toml's own words, `limit` is its value."""

    slug, status, title = "quota-exceeded", 403, "There is no room for this upload"


class ShareLocked(BrokerError):
    slug, status, title = "share-locked", 403, "The link needs its password"


class NotFound(BrokerError):
    slug, status, title = "not-found", 404, "Not found"


class MethodNotAllowed(BrokerError):
    slug, status, title = "method-not-allowed", 405, "The address does not take this method"

    def __init__(self, detail: str, *, allow: str) -> None:
        super().__init__(detail)
        self.headers = {"allow": allow}


class Conflict(BrokerError):
    status = 409


class UploadIncomplete(Conflict):
    slug, title = "upload-incomplete", "The store does not hold the object yet"


class UploadCompleted(Conflict):
    slug, title = "upload-completed", "The upload is already a file"


class UploadAborted(Conflict):
    slug, title = "upload-aborted", "The upload was aborted"


class PartsMismatch(Conflict):
    """The member `parts` lists the numbers to send again."""

    slug, title = "parts-mismatch", "The store holds other parts than the upload declared"


class FileQuarantined(Conflict):
    slug, title = "file-quarantined", "The file has not been found clean yet"
    headers: Mapping[str, str] = {"retry-after": "5"}


class FolderExists(Conflict):
    slug, title = "folder-exists", "There is a folder of this name"


class UserExists(Conflict):
    slug, title = "user-exists", "There is a user of this name already"


class OwnAccount(Conflict):
    slug, title = "own-account", "Nobody can disable his own account"


class RequestInProgress(Conflict):
    slug, title = "request-in-progress", "A request with this Idempotency-Key is being worked on"
    headers: Mapping[str, str] = {"retry-after": "1"}


class UploadExpired(BrokerError):
    slug, status, title = "upload-expired", 410, "The upload has expired"


class ShareExpired(BrokerError):
    slug, status, title = "share-expired", 410, "The link has expired"


class ShareUsedUp(BrokerError):
    slug, status, title = "share-used-up", 410, "The link has been used up"


class RevisionMismatch(BrokerError):
    slug, status, title = "revision-mismatch", 412, "The file has been changed meanwhile"


class BodyTooLarge(BrokerError):
    slug, status, title = "body-too-large", 413, "The body is too large"


class UnsupportedMediaType(BrokerError):
    slug, status, title = "unsupported-media-type", 415, "The body must be application/json"


class InvalidField(BrokerError):
    """A field or parameter has the wrong shape; the member `field` names it as the client wrote it."""

    slug, status, title = "invalid-field", 422, "A field is not valid"

    def __init__(self, detail: str, *, field: str, **members: object) -> None:
        super().__init__(detail, field=field, **members)


class InvalidName(InvalidField):
    slug, title = "invalid-name", "The file name is not valid"


class InvalidType(InvalidField):
    slug, title = "invalid-type", "The media type is not valid"


class InvalidChecksum(InvalidField):
    slug, title = "invalid-checksum", "The checksum is not valid"


class ObjectTooLarge(InvalidField):
    slug, title = "object-too-large", "The file is too large"


class PolicyViolation(InvalidField):
    """The member `rule` names what decided in broker.toml's own words, `limit` is its value."""

    slug, title = "policy-violation", "The policy does not take this file"


class UploadRejected(BrokerError):
    slug, status, title = "upload-rejected", 422, "The object is not the one that was declared"


class IdempotencyMismatch(BrokerError):
    slug, status, title = "idempotency-mismatch", 422, "The Idempotency-Key was used for something else"


class NameTaken(BrokerError):
    slug, status, title = "name-taken", 409, "There is a file of this name"


class TooManyUploads(BrokerError):
    """Members as in QuotaExceeded; completing or aborting an upload makes room."""

    slug, status, title = "too-many-uploads", 429, "Too many uploads are pending"
    headers: Mapping[str, str] = {"retry-after": "30"}


class TooManyRequests(BrokerError):
    """`retry_after` is in seconds, the member `limit` what was gone over."""

    slug, status, title = "too-many-requests", 429, "Too many requests"
    headers: Mapping[str, str] = {"retry-after": "60"}  # each one says its own

    def __init__(self, detail: str, *, retry_after: int, **members: object) -> None:
        super().__init__(detail, **members)
        self.headers = {"retry-after": str(retry_after)}


class TooManySignIns(TooManyRequests):
    slug, title = "too-many-sign-ins", "Too many wrong passwords were tried"


class HeadTooLarge(BrokerError):
    slug, status, title = "head-too-large", 431, "The request begins with too much"


class InternalError(BrokerError):
    slug, status, title = "internal-error", 500, "Something went wrong here"


class Unavailable(BrokerError):
    status = 503
    headers: Mapping[str, str] = {"retry-after": "2"}


class IssuerUnavailable(Unavailable):
    slug, title = "issuer-unavailable", "The identity provider does not answer"


class StoreUnavailable(Unavailable):
    slug, title = "store-unavailable", "The object store does not answer"


class StoreUnsafe(Unavailable):
    slug, title = "store-unsafe", "The object store lets presigned URLs be abused"


class ShuttingDown(Unavailable):
    slug, title = "shutting-down", "The service is stopping"


class RegistryUnavailable(Unavailable):
    slug, title = "registry-unavailable", "The registry does not answer"


class SignInBusy(Unavailable):
    slug, title = "sign-in-busy", "Too many sign in at once"


class OperatorError(Exception):
    """Something that an operator can mend; no client sees it. The text is a sentence for the operator."""
