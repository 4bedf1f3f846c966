"""Whether the service is ready: the registry and the store answer, the store is safe, nothing stops."""

import asyncio

from broker.errors import ShuttingDown
from broker.lifecycle import Lifecycle
from broker.registry import Registry
from broker.self_test import SelfTest
from broker.stores.base import Store


class Readiness:
    """Looks when it is asked to, one look at a time: anybody may ask, as often as he likes."""

    def __init__(
        self, *, registry: Registry, store: Store, self_test: SelfTest, lifecycle: Lifecycle
    ) -> None:
        self._registry = registry
        self._store = store
        self._self_test = self_test
        self._lifecycle = lifecycle
        self._looking: asyncio.Task[None] | None = None

    async def require(self) -> None:
        """Return when the service is ready; who comes while somebody looks gets what that finds.

        Raises ShuttingDown, RegistryUnavailable, StoreUnavailable, StoreUnsafe.
        """
        if self._lifecycle.is_stopping:
            raise ShuttingDown("The service is stopping; another one answers.")
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(self._looking)

    async def _look(self) -> None:
        await asyncio.gather(self._registry.check(), self._store.check())
        await self._self_test.require_safe()
