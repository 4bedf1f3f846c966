"""What can be set, in which form, and what holds when it is not. Where it is read: see configuration.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta

from broker.sources import IN_BYTES
from broker.sources import SettingsError as SettingsError

MIB = 1024**2
GIB = 1024**3
TIB = 1024**4

# browsers write origins in lower case, without the scheme's own port
_ORIGIN = r"^(?!http://.*:80$|https://.*:443$)https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[1-9][0-9]{0,4})?\Z"
_BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z"
_KEY_PREFIX = r"^[a-z0-9-]{1,32}\Z"
_MEDIA_RANGE = r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/(\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126})\Z"
_EXTENSION = r"^(\.[a-z0-9_+-]{1,32}){1,4}\Z"
_SCOPE = r"^[!#-\[\]-~]+\Z"  # RFC 6749 §3.3, scope-token
_FOLDER_NAME = r"(?!\.{1,2}(/|\Z))[^*{}/\\\x00-\x1f\x7f]+"
_FOLDER_PART = rf"(\*\*?|\{{subject\}}|\{{tenant\}}|{_FOLDER_NAME})"
_FOLDERS = rf"^({_FOLDER_PART}(/{_FOLDER_PART})*)?\Z"
_ENCODED = r"(?:[^\s:/?#@%]|%(?!00)[0-9A-Fa-f]{2})"  # libpq would show what it cannot decode: a password
_POSTGRES = (
    rf"postgresql://({_ENCODED}+(:{_ENCODED}*)?@)?({_ENCODED}|:)*/{_ENCODED}+(\?({_ENCODED}|[:/?@])*)?"
)
_PROXY = r"^[0-9a-f.:]+(/[0-9]{1,3})?\Z"
_DATABASE = rf"^(sqlite:///.+|{_POSTGRES})\Z"

Required = Annotated[str, Meta(min_length=1)]
Origin = Annotated[
    str,
    Meta(
        pattern=_ORIGIN,
        description="like https://files.example.com: lower case, "
        "without a path and without the scheme's own port",
    ),
]
Size = Annotated[int, Meta(ge=0), IN_BYTES]
MediaRange = Annotated[
    str, Meta(pattern=_MEDIA_RANGE, description="like image/png or image/*, in lower case")
]
Extension = Annotated[str, Meta(pattern=_EXTENSION, description="like .png, in lower case")]
ScopeToken = Annotated[
    str, Meta(pattern=_SCOPE, description="without spaces, quotes and backslashes, as a scope is")
]
FolderPattern = Annotated[
    str,
    Meta(
        pattern=_FOLDERS,
        description="like photos/{subject}/**: names, *, **, {subject} and {tenant}, joined by /",
    ),
]
Bucket = Annotated[
    str, Meta(pattern=_BUCKET, description="like a bucket's name: 3 to 63 of a-z, 0-9, - and .")
]
KeyPrefix = Annotated[str, Meta(pattern=_KEY_PREFIX, description="of 1 to 32 of a-z, 0-9 and -")]
Proxy = Annotated[
    str, Meta(pattern=_PROXY, description="like 10.0.0.7, 172.16.0.0/12 or fd00::/8: an address or a network")
]
Tenant = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z", description="of 1 to 64 letters, digits, _ and -")
]
Url = Annotated[
    str,
    Meta(
        pattern=r"^(https://[^\s?#@]+|http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?(/[^\s?#@]*)?)?\Z",
        description="like https://id.example.com; http is for this machine alone",
    ),
]
RateLimit = Annotated[
    str,
    Meta(pattern=r"^[1-9][0-9]{0,8}/(second|minute|hour|day)\Z", description="like 600/minute"),
]
DatabaseUrl = Annotated[
    str,
    Meta(
        pattern=_DATABASE,
        description="like sqlite:////var/lib/broker/broker.db or postgresql://user:password@host/database, "
        "with what is special in URLs percent-encoded",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One of the store's users."""

    access_key: Required
    secret_key: Required = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """`url` is dialled by the broker; `public_url` is signed into URLs for clients and never dialled."""

    url: Origin
    public_url: Origin
    bucket: Bucket
    put_signer: Identity
    get_signer: Identity
    control: Identity
    region: Required = "us-east-1"
    addressing: Literal["path", "virtual"] = "path"
    key_prefix: KeyPrefix = "uploads"
    self_test: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How much may be stored under a policy; None is without a limit. `pending` counts uploads."""

    bytes: Size | None = None
    files: Annotated[int, Meta(ge=0)] | None = None
    pending: Annotated[int, Meta(ge=0)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a caller may store under this name. Sizes are bytes, durations seconds.

    `types` (`image/png`, `image/*`) and `extensions` (`.png`) list what is taken; none means any. `scope` is
    one that a token needs besides uploads:write. `folders` is a pattern of the folders that may be stored
    into: `*` stands for one name, `**` for any number of them, `{subject}` and `{tenant}` for the caller's.
    `sniff` has the first bytes of each file compared with its declared type; `scan` keeps files in quarantine
    until the scanner has found them clean.
    """

    name: str = "default"
    types: tuple[MediaRange, ...] = ()
    extensions: tuple[Extension, ...] = ()
    min_size: Size = 0
    max_size: Annotated[int, Meta(ge=1, le=5 * TIB), IN_BYTES] = 5 * TIB
    single_put_max: Annotated[int, Meta(ge=0, le=5 * GIB), IN_BYTES] = 16 * MIB
    url_expires_in: Annotated[int, Meta(ge=1, le=3600)] = 300
    upload_expires_in: Annotated[int, Meta(ge=60, le=7 * 86400)] = 86400
    scope: ScopeToken | None = None
    folders: FolderPattern = "**"
    checksum_algorithm: Literal["crc32c", "sha256"] = "crc32c"
    checksum_required: bool = False
    sniff: bool = False
    scan: bool = False
    part_concurrency: Annotated[int, Meta(ge=1, le=16)] = 4
    quota: Quota = Quota()
    tenant_quota: Quota = Quota()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSettings:
    """In which claims of an issuer's tokens stands what; a claim within another is named like `a.b`.

    Without a tenant's claim everybody is of `default_tenant`. Scopes are a text or a list; of those that
    begin with `scope_prefix` the rest counts. `granted_scopes` are everybody's.
    """

    subject: Required = "sub"
    tenant: str = ""
    default_tenant: Tenant = "external"
    scopes: Required = "scope"
    scope_prefix: str = ""
    granted_scopes: tuple[ScopeToken, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """An identity provider, by OpenID Connect Discovery. With `client_id` the page signs people in there."""

    issuer: Url = ""
    audience: str = ""
    algorithms: Annotated[
        tuple[
            Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"],
            ...,
        ],
        Meta(min_length=1),
    ] = ("RS256", "PS256", "ES256", "EdDSA")
    client_id: str = ""
    scope: str = "openid profile offline_access"
    claims: ClaimSettings = ClaimSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtSettings:
    """A back end that issues tokens itself, signed with HS256 and a secret that it shares with the broker."""

    secret: Annotated[str, Meta(pattern=r"^(.{32,})?\Z", description="of at least 32 characters")] = field(
        default="", repr=False
    )
    issuer: str = ""
    audience: Required = "broker"
    claims: ClaimSettings = ClaimSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """The hook that says whether files are clean; it gets `token`, and has `timeout` seconds to answer."""

    url: Annotated[
        str, Meta(pattern=r"^(https?://[^\s?#@]+)?\Z", description="like http://scanner:8080/scan")
    ] = ""
    token: Annotated[str, Meta(pattern=r"^(.{32,})?\Z", description="of at least 32 characters")] = field(
        default="", repr=False
    )
    timeout: Annotated[int, Meta(ge=1, le=3600)] = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitSettings:
    """Limits are like `600/minute`: of one who has a good token, and of an address without one.

    `at_once` bounds the requests of either that are worked on at the same time.
    """

    subject: RateLimit = "12000/minute"
    address: RateLimit = "1200/minute"
    at_once: Annotated[int, Meta(ge=1, le=10_000)] = 100
    storage: Annotated[
        str,
        Meta(
            pattern=r"^(memory://|rediss?://[^\s@]+|rediss?://[^\s]*@[^\s@]+)\Z",
            description="like memory:// or redis://:password@host:6379/0",
        ),
    ] = field(default="memory://", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Durations are seconds. The first of `origins` is the broker's own address.

    Pages of `cors_origins` may call the API with a token, and the store with what is signed for them.

    The policies are by name; there is always a `default`.
    `receipt_key` is the PEM of an Ed25519 key; when it is empty, one is derived from `secret_key`. The
    `previous` keys sign nothing: what they signed stays good.
    """

    origins: Annotated[tuple[Origin, ...], Meta(min_length=1)]
    secret_key: Annotated[str, Meta(min_length=32)] = field(repr=False)
    database_url: DatabaseUrl = field(repr=False)
    store: StoreSettings
    policies: Mapping[str, Policy] = field(default_factory=lambda: {"default": Policy()})
    secret_key_previous: Annotated[
        str, Meta(pattern=r"^(.{32,})?\Z", description="of at least 32 characters")
    ] = field(default="", repr=False)
    access_token_expires_in: Annotated[int, Meta(ge=60, le=86400)] = 900
    session_idle_expires_in: Annotated[int, Meta(ge=300, le=365 * 86400)] = 7 * 86400
    session_expires_in: Annotated[int, Meta(ge=300, le=365 * 86400)] = 30 * 86400
    oidc: OidcSettings = OidcSettings()
    jwks_url: Url = ""
    jwt: JwtSettings = JwtSettings()
    cors_origins: tuple[Origin, ...] = ()
    trusted_proxies: tuple[Proxy, ...] = ()
    rate_limits: RateLimitSettings = RateLimitSettings()
    receipt_key: str = field(default="", repr=False)
    receipt_key_previous: str = field(default="", repr=False)
    events_token: Annotated[str, Meta(pattern=r"^(.{32,})?\Z", description="of at least 32 characters")] = (
        field(default="", repr=False)
    )
    scan: ScanSettings = ScanSettings()
    audit_retention_days: Annotated[int, Meta(ge=0, le=36_500)] = 365
    trash_days: Annotated[int, Meta(ge=0, le=36_500)] = 30
    reconcile_interval: Annotated[int, Meta(ge=1, le=86400)] = 60
    drain_seconds: Annotated[int, Meta(ge=0, le=300)] = 5
    log_format: Literal["json", "text"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys of access and refresh tokens: the first signs, the others verify."""
        return tuple(filter(None, (self.secret_key, self.secret_key_previous)))

    @property
    def hosts(self) -> frozenset[str]:
        """The values of the Host header that are meant for the broker."""
        return frozenset(origin.split("://")[1].lower() for origin in self.origins)


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapSettings:
    """What `broker bootstrap` needs; `bootstrap` is the store's owner, whom the service never knows."""

    origins: Annotated[tuple[Origin, ...], Meta(min_length=1)]
    store: StoreSettings
    bootstrap: Identity
    cors_origins: tuple[Origin, ...] = ()
