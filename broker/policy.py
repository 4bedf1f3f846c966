"""What may be uploaded, and how a file is handed out. Pure."""

import re

from msgspec import Struct

from broker.errors import InvalidField, InvalidType, ObjectTooLarge
from broker.schemas import Disposition

MAX_URL_EXPIRES_IN = 3600

# RFC 6838 §4.2: both names are at most 127 characters of a small alphabet
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)

# A browser may run what these hold in the store's origin, however they are shown
_SCRIPT_CAPABLE = re.compile(r"text/(html|xml|javascript|xsl)|application/(xml|.*javascript|mathml)|.*\+xml")
_SHOWN_INLINE = re.compile(r"image/(png|jpeg|gif|webp|avif|bmp)|(audio|video)/.+|application/pdf|text/plain")


class Policy(Struct, frozen=True, kw_only=True):
    """What a caller may store. Sizes are bytes, durations seconds."""

    name: str
    max_size: int
    url_expires_in: int
    upload_expires_in: int


def check_size(policy: Policy, size: int) -> None:
    """Raise ObjectTooLarge when the policy does not take a file of this many bytes."""
    if size > policy.max_size:
        raise ObjectTooLarge(
            f"Files may be at most {policy.max_size} bytes.", field="size", limit=policy.max_size
        )


def check_type(media_type: str) -> str:
    """Return the media type in lower case. Raises InvalidType.

    >>> check_type("Image/PNG")
    'image/png'
    """
    media_type = media_type.lower()
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise InvalidType("A media type looks like image/png and carries no parameters.", field="type")
    return media_type


def check_expires_in(expires_in: int) -> int:
    """Return the life of a URL in seconds. Raises InvalidField: a longer one is refused, not shortened."""
    if not 1 <= expires_in <= MAX_URL_EXPIRES_IN:
        raise InvalidField(
            f"A URL lives 1 to {MAX_URL_EXPIRES_IN} seconds.", field="expires_in", limit=MAX_URL_EXPIRES_IN
        )
    return expires_in


def handing_out(media_type: str, disposition: Disposition) -> tuple[str, Disposition]:
    """Decide the type and disposition of a download: nothing that can carry a script is shown.

    >>> handing_out("image/png", "inline")
    ('image/png', 'inline')
    >>> handing_out("image/svg+xml", "inline")
    ('application/octet-stream', 'attachment')
    >>> handing_out("application/zip", "inline")
    ('application/zip', 'attachment')
    """
    if _SCRIPT_CAPABLE.fullmatch(media_type):
        return "application/octet-stream", "attachment"
    if not _SHOWN_INLINE.fullmatch(media_type):
        return media_type, "attachment"
    return media_type, disposition
