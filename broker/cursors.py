"""Where a page of a list ended, as an opaque text. Pure."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from broker.errors import InvalidField

Place = TypeVar("Place", bound=tuple[str | int, ...])


def write_cursor(place: tuple[str | int, ...]) -> str:
    """Write the values of the last row by which a list is sorted."""
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def read_cursor(cursor: str, shape: type[Place]) -> Place:
    """Return what `write_cursor` wrote. Raises InvalidField."""
    try:
        place: Place = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidField("The cursor is not one that this service gave out.", field="cursor") from error
    if any(isinstance(value, str) and "\0" in value for value in place):
        raise InvalidField("The cursor is not one that this service gave out.", field="cursor")
    return place
