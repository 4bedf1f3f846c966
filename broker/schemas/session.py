"""Signing in, and what applies to the caller."""

from typing import Annotated, Literal

from msgspec import Meta

from broker.schemas.base import MAX_PASSWORD, MAX_USERNAME, Answer, ChecksumAlgorithm, Request


class SignIn(Request, frozen=True):
    username: Annotated[str, Meta(min_length=1, max_length=MAX_USERNAME)]
    password: Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD)]


class Session(Answer, frozen=True):
    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name, RFC 6750


class OidcProvider(Answer, frozen=True):
    """Where and how the page signs people in: authorization code with PKCE (RFC 7636), as a public client.

    `audience` is what to ask for where a provider wants to be told (Auth0).
    """

    issuer: str
    client_id: str
    scope: str
    audience: str
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None


class SignInOptions(Answer, frozen=True):
    """`password` says whether there are built-in users; `oidc` is null without an identity provider."""

    password: bool
    oidc: OidcProvider | None


class QuotaLimits(Answer, frozen=True):
    """How much may be stored under a policy; null is without a limit."""

    bytes: int | None
    files: int | None
    pending: int | None


class Usage(Answer, frozen=True):
    """What is stored, and what the pending uploads have reserved."""

    files: int
    bytes: int
    pending: int
    pending_bytes: int


class PolicyLimits(Answer, frozen=True):
    """What one policy allows, so that a client can refuse a file before it sends a byte.

    `types` are media types and patterns such as `image/*`, `extensions` begin with a dot; none means any.
    `usage` and `quota` are the caller's own under this policy; all of a tenant share its `tenant_quota`.
    """

    name: str
    types: tuple[str, ...]
    extensions: tuple[str, ...]
    min_size: int
    max_size: int
    single_put_max: int
    upload_expires_in: int
    url_expires_in: int
    scope: str | None
    folders: str
    checksum_algorithm: ChecksumAlgorithm
    checksum_required: bool
    scan: bool
    part_concurrency: int
    quota: QuotaLimits
    tenant_quota: QuotaLimits
    usage: Usage


class Me(Answer, frozen=True):
    """`usage` is the sum over all policies, those that do not apply any more included.

    What is in the trash is deleted for good after `trash_days`; null is never.
    """

    subject: str
    tenant: str
    scopes: tuple[str, ...]
    trash_days: int | None
    policies: tuple[PolicyLimits, ...]
    usage: Usage
