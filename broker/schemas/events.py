"""What the operator's scanner is told, and what the store tells."""

from msgspec import Struct, field

from broker.schemas.base import Answer, PresignedRequest


class ScanRequest(Answer, frozen=True):
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
