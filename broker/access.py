"""Who may do what, all of it. Pure.

An operation is the function that answers it (broker/endpoints). A route without a rule cannot be: the service
would not start. Policies may ask for one scope more (broker/rules.py).
"""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from broker.auth import Claims, Scope
from broker.errors import InsufficientScope

# Whose things an operation may touch. `anybody`: no token is asked for. `caller`: it is about the caller
# alone. `own`: what the caller has; what others have looks like what does not exist. `tenant`: who is in the
# caller's tenant, what they have done, and how much they store, never what is in it; other tenants look like
# what does not exist. `store`: the object store calls, with a token of its own.
Reach: TypeAlias = Literal["anybody", "caller", "own", "tenant", "store"]


class Rule(Struct, frozen=True):
    """`scope` is what the token needs, None if any good one will do; `by_link` lets in a stranger's too."""

    reach: Reach
    scope: Scope | None = None
    by_link: bool = False


# a stranger with a link sends files, and does nothing else: least of all does he see what there is
_SENDING = Rule("own", Scope.UPLOADS_WRITE, by_link=True)


RULES: Mapping[str, Rule] = {
    "sign_in": Rule("anybody"),
    "renew_session": Rule("anybody"),
    "sign_out": Rule("anybody"),
    "show_sign_in_options": Rule("anybody"),
    "sign_out_everywhere": Rule("caller"),
    "me": Rule("caller"),
    "show_capabilities": Rule("caller"),
    "create_upload": _SENDING,
    "create_uploads": _SENDING,
    "list_uploads": Rule("own", Scope.UPLOADS_WRITE),
    "get_upload": _SENDING,
    "sign_parts": _SENDING,
    "complete_upload": _SENDING,
    "complete_uploads": _SENDING,
    "diagnose_upload": _SENDING,
    "abort_upload": _SENDING,
    "list_files": Rule("own", Scope.FILES_READ),
    "get_file": Rule("own", Scope.FILES_READ),
    "download_file": Rule("own", Scope.FILES_READ),
    "get_content": Rule("own", Scope.FILES_READ),
    "get_receipt": Rule("own", Scope.FILES_READ),
    "get_history": Rule("own", Scope.FILES_READ),
    "change_file": Rule("own", Scope.FILES_WRITE),
    "change_files": Rule("own", Scope.FILES_WRITE),
    "delete_file": Rule("own", Scope.FILES_DELETE),
    "delete_files": Rule("own", Scope.FILES_DELETE),
    "create_thumbnail": Rule("own", Scope.UPLOADS_WRITE),
    "list_thumbnails": Rule("own", Scope.FILES_READ),
    "list_folders": Rule("own", Scope.FILES_READ),
    "create_folder": Rule("own", Scope.FILES_WRITE),
    "move_folder": Rule("own", Scope.FILES_WRITE),
    "trash_folder": Rule("own", Scope.FILES_WRITE),
    "restore_folder": Rule("own", Scope.FILES_WRITE),
    "create_share": Rule("own", Scope.SHARES_WRITE),
    "share_folder": Rule("own", Scope.SHARES_WRITE),
    "receive_into_folder": Rule("own", Scope.SHARES_WRITE),
    "list_shares": Rule("own", Scope.SHARES_WRITE),
    "revoke_share": Rule("own", Scope.SHARES_WRITE),
    "open_share": Rule("anybody"),
    "list_shared_folders": Rule("anybody"),
    "list_shared_files": Rule("anybody"),
    "download_share": Rule("anybody"),
    "begin_receiving": Rule("anybody"),
    "get_shared_content": Rule("anybody"),
    "list_usage": Rule("tenant", Scope.ADMIN),
    "list_users": Rule("tenant", Scope.ADMIN),
    "add_user": Rule("tenant", Scope.ADMIN),
    "disable_user": Rule("tenant", Scope.ADMIN),
    "enable_user": Rule("tenant", Scope.ADMIN),
    "set_password": Rule("tenant", Scope.ADMIN),
    "list_tenant_uploads": Rule("tenant", Scope.ADMIN),
    "abort_tenant_upload": Rule("tenant", Scope.ADMIN),
    "search_audit": Rule("tenant", Scope.ADMIN),
    "show_store_health": Rule("caller", Scope.ADMIN),
    "examine_store": Rule("caller", Scope.ADMIN),
    "take_event": Rule("store"),
    "get_key_set": Rule("anybody"),
    "show_openapi": Rule("anybody"),
    "livez": Rule("anybody"),
    "readyz": Rule("anybody"),
    "show_metrics": Rule("anybody"),
}


def check(operation: str, claims: Claims) -> None:
    """Return if the caller may do this at all. Raises InsufficientScope."""
    rule = RULES[operation]
    scope = rule.scope
    if claims.link and not rule.by_link:
        raise InsufficientScope("A link lets files be sent, and nothing else.")
    if scope is not None and scope not in claims.scopes:
        raise InsufficientScope(f"This needs the scope {scope}.", scope=str(scope))


def require_rules(operations: Iterable[str]) -> None:
    """Raise LookupError unless there is just one rule for each operation, and none for another."""
    if differing := set(operations) ^ set(RULES):
        raise LookupError(f"Operations and rules of access differ: {', '.join(sorted(differing))}")
