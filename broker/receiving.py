"""Links by which strangers send files into a folder of somebody else's.

Whoever has such a link gets a token for it that lives for minutes. With the token he goes through the
ordinary upload protocol, acting for the link's owner, and can do nothing else (access.py): policy and quota
are the owner's, and of what there is in the folder he sees nothing. The token names the link alone; at each
call the registry says whose that is and where it leads now. So a link that is taken back ends its tokens at
once.
"""

from datetime import datetime

from msgspec import structs

from broker import schemas
from broker.auth import Claims, Link, Scope, Tokens
from broker.errors import InvalidToken, NotFound
from broker.policy import Policies
from broker.rows import Share
from broker.share_registry import ShareRegistry
from broker.shared_links import SharedLinks


class Receiving:
    """Let strangers in who have a link. All raise RegistryUnavailable."""

    def __init__(
        self,
        *,
        registry: ShareRegistry,
        links: SharedLinks,
        policies: Policies,
        tokens: Tokens,
        token_expires_in: int,
    ) -> None:
        self._registry = registry
        self._links = links
        self._policies = policies
        self._tokens = tokens
        self._token_expires_in = token_expires_in

    async def begin(
        self, opening: schemas.OpenShare, *, address: str, at: datetime
    ) -> tuple[Share, schemas.Session]:
        """Issue a token, which never outlives its link; raises what SharedLinks.find does."""
        share = await self._links.find(opening, address=address, at=at)
        if share.kind != "receive":
            raise NotFound("The link takes no files.")
        left = int((share.expires_at - at).total_seconds())
        expires_in = max(1, min(self._token_expires_in, left))
        stranger = Claims(
            subject=share.id, tenant="", scopes=frozenset({Scope.UPLOADS_WRITE}), link=Link(share.id)
        )
        token = self._tokens.issue(stranger, expires_in=expires_in, at=at)
        return share, schemas.Session(access_token=token, expires_in=expires_in)

    async def act_for_owner(self, stranger: Claims, link: Link, *, at: datetime) -> Claims:
        """Return with whose rights a stranger sends. Raises InvalidToken when the link has ended."""
        share = await self._registry.find(link.id)
        if share is None or share.folder is None or share.policy is None or at >= share.expires_at:
            raise InvalidToken("The link has ended.")
        if not self._policies.has(share.policy):
            raise InvalidToken("The link takes no files any more.")
        policy_scope = self._policies.of(share.policy).scope
        return structs.replace(
            stranger,
            subject=share.owner,
            tenant=share.tenant,
            scopes=stranger.scopes | ({policy_scope} if policy_scope else set()),
            link=Link(share.id, share.folder, share.policy),
        )
