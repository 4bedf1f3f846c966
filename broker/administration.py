"""What an administrator of a tenant may know."""

from broker import schemas
from broker.auth import Claims
from broker.cursors import read_cursor, write_cursor
from broker.registry import Registry


class Administration:
    """Shows how much is stored by whom; nothing leads from here to a file."""

    def __init__(self, *, registry: Registry) -> None:
        self._registry = registry

    async def list_usage(
        self, claims: Claims, query: schemas.ListUsage
    ) -> schemas.Page[schemas.SubjectUsage]:
        """Return one page of the usage in the caller's tenant, by subject and policy. Raises InvalidField."""
        after = read_cursor(query.cursor, tuple[str, str]) if query.cursor else ("", "")
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
        cursor = write_cursor((items[-1].subject, items[-1].policy)) if more else None
        return schemas.Page(items=items, next_cursor=cursor)
