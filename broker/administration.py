"""What an administrator of a tenant may know."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from broker import schemas
from broker.auth import Claims
from broker.errors import InvalidField
from broker.registry import Registry

_Place = tuple[str, str]  # subject and policy: where a page ended


class Administration:
    """Shows how much is stored by whom; nothing leads from here to a file."""

    def __init__(self, *, registry: Registry) -> None:
        self._registry = registry

    async def list_usage(
        self, claims: Claims, query: schemas.ListUsage
    ) -> schemas.Page[schemas.SubjectUsage]:
        """Return one page of the usage in the caller's tenant, by subject and policy. Raises InvalidField."""
        after = _read_cursor(query.cursor) if query.cursor else ("", "")
        found = await self._registry.list_usage(claims.tenant, after=after, limit=query.limit + 1)
        items = tuple(
            schemas.SubjectUsage(
                subject=each.owner,
                policy=each.policy,
                files=each.files,
                bytes=each.bytes,
                pending=each.pending,
                pending_bytes=each.pending_bytes,
            )
            for each in found[: query.limit]
        )
        more = len(found) > query.limit
        cursor = _write_cursor((items[-1].subject, items[-1].policy)) if more else None
        return schemas.Page(items=items, next_cursor=cursor)


def _write_cursor(place: _Place) -> str:
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def _read_cursor(cursor: str) -> _Place:
    try:
        place: _Place = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=_Place)
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidField("The cursor is not one that this service gave out.", field="cursor") from error
    if "\0" in "".join(place):
        raise InvalidField("The cursor is not one that this service gave out.", field="cursor")
    return place
