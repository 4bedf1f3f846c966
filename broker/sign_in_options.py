"""How one may sign in: with a password, or at the identity provider."""

from collections.abc import Mapping

from broker import schemas
from broker.account_registry import AccountRegistry
from broker.errors import IssuerUnavailable
from broker.remote_keys import RemoteKeys, is_endpoint
from broker.settings import OidcSettings


class SignInOptions:
    """Tells pages what to offer; `provider` is None where none is set up."""

    def __init__(
        self, *, registry: AccountRegistry, settings: OidcSettings, provider: RemoteKeys | None
    ) -> None:
        self._registry = registry
        self._settings = settings
        self._provider = provider

    @property
    def origin(self) -> str:
        """The origin of the identity provider, empty without one."""
        return self._provider.token_origin if self._provider and self._settings.client_id else ""

    async def warm_up(self) -> None:
        """Ask the identity provider ahead of the first who signs in there."""
        if self._provider:
            await self._provider.warm_up()

    async def describe(self) -> schemas.SignInOptions:
        """Say how one may sign in. Raises IssuerUnavailable, RegistryUnavailable."""
        oidc = await self._describe_oidc()
        # where nobody could sign in yet, the form tells more than an empty page
        return schemas.SignInOptions(password=oidc is None or await self._registry.has_users(), oidc=oidc)

    async def _describe_oidc(self) -> schemas.OidcProvider | None:
        if self._provider is None or not self._settings.client_id:
            return None
        found = await self._provider.discover()
        end_session = found.get("end_session_endpoint")
        return schemas.OidcProvider(
            issuer=self._settings.issuer,
            client_id=self._settings.client_id,
            scope=self._settings.scope,
            audience=self._settings.audience,
            authorization_endpoint=_endpoint(found, "authorization_endpoint"),
            token_endpoint=_endpoint(found, "token_endpoint"),
            end_session_endpoint=end_session if is_endpoint(end_session) else None,
        )


def _endpoint(found: Mapping[str, object], name: str) -> str:
    endpoint = found.get(name)
    if not is_endpoint(endpoint):
        raise IssuerUnavailable(f"The identity provider does not say its {name}.")
    return endpoint
