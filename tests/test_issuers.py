"""Access tokens of others than the broker itself."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from broker import errors, remote_keys
from broker.auth import Claims, Tokens
from broker.authenticator import Authenticator
from broker.errors import BrokerError, ExpiredToken, InvalidToken, IssuerUnavailable
from broker.issuers import ProviderIssuer, SharedSecretIssuer
from broker.remote_keys import RemoteKeys, fetch_json
from broker.settings import ClaimSettings, JwtSettings, OidcSettings
from tests.problems import assert_problem
from tests.provider import EC, ED, OTHER_RSA, RSA, Provider, as_jwk, run_provider
from tests.running import run_broker
from tests.test_api import NO_STORE

AT = datetime.now(UTC)
LIFETIME = timedelta(hours=1)  # of tokens, for AT may be long ago when a broker looks at its own clock
OWN = "https://files.example.com"
BACK_END = "https://shop.example.com"
SECRET = "a secret of at least forty-eight bytes, for HS384"
ALICE = Claims(subject="alice", tenant="external", scopes=frozenset({"files:read"}))
JWKS = "/jwks"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with run_provider() as running:
        yield running


def authenticator(provider: Provider, *, claims: ClaimSettings | None = None) -> Authenticator:
    settings = OidcSettings(issuer=provider.issuer, audience="broker", claims=claims or ClaimSettings())
    issuer = ProviderIssuer(
        issuer=settings.issuer,
        audience=settings.audience,
        algorithms=settings.algorithms,
        keys=RemoteKeys(issuer=settings.issuer),
        claims=settings.claims,
    )
    shared = SharedSecretIssuer(issuer=BACK_END, audience="broker", secret=SECRET, claims=ClaimSettings())
    own = Tokens(secret_keys=["k" * 32], issuer=OWN)
    return Authenticator(own, {settings.issuer: issuer, BACK_END: shared})


def claims_of(issuer: str, **changes: object) -> dict[str, Any]:
    claims = {
        "iss": issuer,
        "aud": "broker",
        "sub": "alice",
        "scope": "files:read",
        "iat": AT,
        "exp": AT + LIFETIME,
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def sign(
    provider: Provider,
    *,
    key: Any = RSA,  # noqa: ANN401 - of any kind
    algorithm: str = "RS256",
    headers: dict[str, Any] | None = None,
    **changes: object,
) -> str:
    """Make a token that is right but for the changes."""
    headers = {"kid": "rsa", "typ": "at+jwt"} | (headers or {})
    return jwt.encode(claims_of(provider.issuer, **changes), key, algorithm=algorithm, headers=headers)


def ask(who: Authenticator, *tokens: str, at: datetime = AT) -> list[Claims | type[BrokerError]]:
    """Return for each token whose it is, or why it is refused."""

    async def run() -> list[Claims | type[BrokerError]]:
        answers: list[Claims | type[BrokerError]] = []
        for token in tokens:
            try:
                answers.append(await who.authenticate(token, at=at))
            except BrokerError as error:
                answers.append(type(error))
        return answers

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("key", "key_id", "algorithm"),
    [(RSA, "rsa", "RS256"), (RSA, "rsa", "PS256"), (EC, "ec", "ES256"), (ED, "ed", "EdDSA")],
)
def test_a_token_of_each_algorithm_is_taken_and_its_keys_are_fetched_once(
    provider: Provider,
    key: Any,  # noqa: ANN401 - of any kind
    key_id: str,
    algorithm: str,
) -> None:
    token = sign(provider, key=key, algorithm=algorithm, headers={"kid": key_id})

    assert ask(authenticator(provider), token, token) == [ALICE, ALICE]

    assert provider.asked[JWKS] == 1


@pytest.mark.parametrize("alg", ["none", "HS256", "RS384", "ES256", "rs256", ["RS256"], None])
def test_c02_another_algorithm_than_those_of_the_settings_and_the_key_is_refused(
    provider: Provider, alg: object
) -> None:
    _, payload, signature = sign(provider).split(".")
    header = encode({"alg": alg, "kid": "rsa", "typ": "at+jwt"})

    who = authenticator(provider)

    assert ask(who, f"{header}.{payload}.{signature}", f"{header}.{payload}.") == [InvalidToken] * 2


def test_c02_a_good_signature_by_an_algorithm_that_is_not_taken_is_refused(provider: Provider) -> None:
    assert ask(authenticator(provider), sign(provider, algorithm="RS384")) == [InvalidToken]


def test_c02_the_algorithm_that_a_key_is_for_is_the_only_one(provider: Provider) -> None:
    provider.keys = [as_jwk(RSA, "rsa", alg="RS256")]

    assert ask(authenticator(provider), sign(provider), sign(provider, algorithm="PS256")) == [
        ALICE,
        InvalidToken,
    ]


def test_c02_a_key_that_is_for_encryption_verifies_nothing(provider: Provider) -> None:
    provider.keys = [as_jwk(RSA, "rsa", use="enc"), as_jwk(EC, "ec", use="sig")]
    who = authenticator(provider)

    assert ask(who, sign(provider)) == [InvalidToken]
    assert ask(who, sign(provider, key=EC, algorithm="ES256", headers={"kid": "ec"})) == [ALICE]


PUBLIC = RSA.public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "secret",
    [
        PEM,
        PEM.rstrip(),
        PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(as_jwk(RSA, "rsa")).encode(),
        str(as_jwk(RSA, "rsa")["n"]).encode(),
        b"",
    ],
    ids=["PEM", "PEM without its end", "DER", "JWK", "modulus", "nothing"],
)
def test_c03_a_token_maced_with_the_public_key_is_refused(provider: Provider, secret: bytes) -> None:
    header = encode({"alg": "HS256", "kid": "rsa", "typ": "at+jwt"})
    claims = claims_of(provider.issuer, iat=int(AT.timestamp()), exp=int(AT.timestamp()) + 300)
    signed = f"{header}.{encode(claims)}"
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()

    assert ask(authenticator(provider), f"{signed}.{mac}") == [InvalidToken]


def encode(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_c05_addresses_and_keys_in_a_token_are_ignored(provider: Provider) -> None:
    with run_provider() as evil:
        for name, value in (
            ("jku", f"{evil.issuer}/jwks"),
            ("x5u", f"{evil.issuer}/cert"),
            ("jwk", as_jwk(OTHER_RSA, "rsa")),
            ("x5c", ["AAAA"]),
        ):
            forged = sign(provider, key=OTHER_RSA, headers={name: value})
            good = sign(provider, headers={name: value})

            assert ask(authenticator(provider), forged, good) == [InvalidToken, ALICE]

        assert not evil.asked


def test_c06_a_token_with_a_critical_header_that_nobody_knows_is_refused(provider: Provider) -> None:
    token = sign(provider, headers={"crit": ["exp2"], "exp2": 1})

    assert ask(authenticator(provider), token) == [InvalidToken]


def naming(provider: Provider, key_id: object) -> str:
    """Make a token that names this key; its signature is good for no header but its own."""
    _, payload, signature = sign(provider).split(".")
    header = encode({"alg": "RS256", "kid": key_id, "typ": "at+jwt"})
    return f"{header}.{payload}.{signature}"


@pytest.mark.parametrize("key_id", ["unknown", "../../x", "' OR 1", ""])
def test_c07_an_unknown_key_id_is_refused(provider: Provider, key_id: str) -> None:
    assert ask(authenticator(provider), naming(provider, key_id)) == [InvalidToken]


@pytest.mark.parametrize("key_id", ["x" * 20_000, 7, ["rsa"]], ids=["long", "number", "list"])
def test_c07_a_key_id_that_cannot_be_is_refused_without_asking_the_provider(
    provider: Provider, key_id: object
) -> None:
    assert ask(authenticator(provider), naming(provider, key_id)) == [InvalidToken]
    assert provider.asked == {}


def test_c07_a_thousand_unknown_key_ids_make_it_fetch_once_in_a_while(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 10_000_000.0
    monkeypatch.setattr(remote_keys, "_clock", lambda: now)
    who = authenticator(provider)
    tokens = [sign(provider, key=OTHER_RSA, headers={"kid": f"k{n}"}) for n in range(200)]

    async def all_at_once() -> None:
        for answer in await asyncio.gather(
            *(who.authenticate(t, at=AT) for t in tokens * 5), return_exceptions=True
        ):
            assert isinstance(answer, InvalidToken)

    asyncio.run(all_at_once())
    asyncio.run(all_at_once())
    assert provider.asked[JWKS] == 1

    now += remote_keys.COOLDOWN
    asyncio.run(all_at_once())
    assert provider.asked[JWKS] == 2


def test_c07_keys_are_rotated_without_a_restart(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 10_000_000.0
    monkeypatch.setattr(remote_keys, "_clock", lambda: now)
    who = authenticator(provider)
    old, new = sign(provider), sign(provider, key=OTHER_RSA, headers={"kid": "next"})
    assert ask(who, old) == [ALICE]

    provider.keys = [as_jwk(OTHER_RSA, "next")]
    now += remote_keys.COOLDOWN

    assert ask(who, new) == [ALICE]
    assert ask(who, sign(provider, sub="bob")) == [InvalidToken]  # signed with the key that is gone


FAULTS = ["fails", "redirects", "rubbish", "a list", "too long", "no keys", "secrets"]


@pytest.mark.parametrize("fault", FAULTS)
def test_c08_a_provider_without_keys_is_unavailable_and_not_asked_all_the_time(
    provider: Provider, fault: str
) -> None:
    provider.fault = fault
    who = authenticator(provider)

    assert ask(who, sign(provider), sign(provider, sub="bob")) == [IssuerUnavailable] * 2

    assert max(provider.asked.values()) == 1
    assert not any("elsewhere" in path for path in provider.asked)


@pytest.mark.parametrize("fault", FAULTS)
def test_keys_stay_good_for_a_day_while_the_provider_is_away(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    now = 10_000_000.0
    monkeypatch.setattr(remote_keys, "_clock", lambda: now)
    who = authenticator(provider)
    assert ask(who, sign(provider)) == [ALICE]
    provider.fault = fault

    now += 86_399
    assert ask(who, sign(provider, jti="1")) == [ALICE]
    now += 60
    assert ask(who, sign(provider, jti="2")) == [IssuerUnavailable]


def test_a_provider_that_hangs_hangs_nobody(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_keys, "_PATIENCE", 0.2)
    provider.fault = "hangs"

    assert ask(authenticator(provider), sign(provider)) == [IssuerUnavailable]


@pytest.mark.parametrize(
    "url", ["http://id.example.com/jwks", "http://169.254.169.254/latest", "https://169.254.169.254/latest",
            "https://[fe80::1]/jwks", "https://[::ffff:169.254.169.254]/latest",
            "file:///etc/passwd", "ftp://127.0.0.1/jwks"],
)  # fmt: skip
def test_c08_keys_are_fetched_by_https_and_never_from_a_link_local_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"its address is (not https|link-local)"):
        asyncio.run(fetch_json(url))


def test_c08_a_discovery_document_of_another_issuer_is_refused(provider: Provider) -> None:
    provider.discovery["issuer"] = "https://other.example"

    assert ask(authenticator(provider), sign(provider)) == [IssuerUnavailable]


@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "iss", "aud"])
def test_c09_a_token_of_a_provider_without_one_of_its_claims_is_refused(
    provider: Provider, claim: str
) -> None:
    assert ask(authenticator(provider), sign(provider, headers={}, **dict[str, Any]({claim: None}))) == [
        InvalidToken
    ]


def test_c09_a_token_of_a_provider_is_good_in_its_time_alone(provider: Provider) -> None:
    who, token = authenticator(provider), sign(provider, nbf=AT)
    late, early = AT + LIFETIME + timedelta(seconds=30), AT - timedelta(seconds=31)

    assert ask(who, token) == [ALICE]
    assert ask(who, token, at=late - timedelta(seconds=1)) == [ALICE]
    assert who.recall(token, at=late - timedelta(seconds=1)) == ALICE
    assert who.recall(token, at=late) is None
    assert ask(who, token, token, at=late) == [ExpiredToken, ExpiredToken]
    assert ask(who, sign(provider, iat=AT), at=early) == [InvalidToken]
    assert ask(who, sign(provider, iat=AT - timedelta(hours=1), nbf=AT), at=early) == [InvalidToken]
    assert len(who._verified) == 0


@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        ({}, {"aud": "another"}),
        ({}, {"aud": ["another"]}),
        ({}, {"aud": None, "client_id": "broker"}),
        ({}, {"iss": "https://other.example"}),
        ({"typ": "refresh+jwt"}, {}),
        ({"typ": "logout+jwt"}, {}),
        ({}, {"typ": "Refresh"}),  # Keycloak's
        ({}, {"typ": "ID"}),
        ({}, {"token_use": "id"}),  # Cognito's
        ({}, {"nonce": "n"}),
        ({}, {"at_hash": "h"}),
        ({}, {"sub": ""}),
        ({}, {"sub": "x" * 201}),
        ({}, {"sub": "a\0b"}),
        ({}, {"exp": "soon"}),
        ({}, {"exp": float("inf")}),
    ],
)
def test_c10_a_token_for_another_or_of_another_kind_is_refused(
    provider: Provider, headers: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert ask(authenticator(provider), sign(provider, headers=headers, **changes)) == [InvalidToken]


@pytest.mark.parametrize(
    "changes",
    [{"aud": ["other", "broker"]}, {"aud": None, "client_id": "broker", "token_use": "access"}],
)
def test_the_audience_may_be_one_of_several_or_stand_where_cognito_puts_it(
    provider: Provider, changes: dict[str, Any]
) -> None:
    assert ask(authenticator(provider), sign(provider, **changes)) == [ALICE]


@pytest.mark.parametrize(
    ("settings", "changes", "expected"),
    [
        # Keycloak: roles of the realm
        (
            ClaimSettings(scopes="realm_access.roles", scope_prefix="broker:"),
            {"realm_access": {"roles": ["broker:files:read", "offline_access", 7]}},
            ("alice", "external", {"files:read"}),
        ),
        # Auth0: permissions, a tenant in a claim named by a URL
        (
            ClaimSettings(scopes="permissions", tenant="https://acme.example/tenant"),
            {"permissions": ["files:read"], "https://acme.example/tenant": "acme"},
            ("alice", "acme", {"files:read"}),
        ),
        # Entra
        (
            ClaimSettings(scopes="scp", tenant="tid", subject="oid"),
            {"scp": "files:read uploads:write", "tid": "0f0e-1", "oid": "u1"},
            ("u1", "0f0e-1", {"files:read", "uploads:write"}),
        ),
        # Cognito: a resource server's prefix
        (
            ClaimSettings(scope_prefix="broker/"),
            {"scope": "openid broker/files:read"},
            ("alice", "external", {"files:read"}),
        ),
        # Supabase: nothing of the kind
        (
            ClaimSettings(
                granted_scopes=("uploads:write",), default_tenant="app", scopes="app_metadata.scopes"
            ),
            {"app_metadata": "odd"},
            ("alice", "app", {"uploads:write"}),
        ),
    ],
)
def test_claims_are_read_from_where_the_settings_say(
    provider: Provider, settings: ClaimSettings, changes: dict[str, Any], expected: tuple[str, str, set[str]]
) -> None:
    subject, tenant, scopes = expected

    answer = ask(authenticator(provider, claims=settings), sign(provider, **changes))

    assert answer == [Claims(subject=subject, tenant=tenant, scopes=frozenset(scopes))]


@pytest.mark.parametrize("tenant", ["a/b", "..", "", None, 7, "x" * 65])
def test_c16_a_tenant_that_cannot_be_in_a_key_is_refused(provider: Provider, tenant: object) -> None:
    who = authenticator(provider, claims=ClaimSettings(tenant="org"))

    assert ask(who, sign(provider, org=tenant)) == [InvalidToken]


def shared(algorithm: str = "HS256", secret: str = SECRET, **changes: object) -> str:
    return jwt.encode(claims_of(BACK_END, **changes), secret, algorithm=algorithm)


def test_a_back_end_issues_tokens_with_the_secret_that_it_shares(provider: Provider) -> None:
    who = authenticator(provider)
    wrong = [
        shared(secret="another secret of thirty-two bytes or so"),
        shared(aud="another"),
        shared("HS384", secret=SECRET),
        shared(sub=None),
        shared(typ="ID"),
    ]

    assert ask(who, shared(), *wrong) == [ALICE, *[InvalidToken] * 5]
    assert not provider.asked


def test_c03_the_key_of_one_issuer_signs_for_no_other(provider: Provider) -> None:
    own = Tokens(secret_keys=["k" * 32], issuer=OWN)
    who = authenticator(provider)
    good = own.issue(ALICE, expires_in=60, at=AT)
    forged = [
        sign(provider, iss=BACK_END),
        sign(provider, iss=OWN),
        shared(iss=provider.issuer),
        shared(iss=OWN),
        jwt.encode(claims_of(BACK_END), "k" * 32, algorithm="HS256"),
    ]

    assert ask(who, good, good, *forged) == [ALICE, ALICE, *[InvalidToken] * 5]


@pytest.mark.parametrize("text", ["x", "a.b.c", "....", "é" * 10, "a" * 10_000, "e30.e30.", "W10.W10.W10"])
def test_c01_what_is_no_token_is_refused(provider: Provider, text: str) -> None:
    assert ask(authenticator(provider), text) == [InvalidToken]


def test_the_broker_takes_a_providers_tokens_and_says_how_to_sign_in(
    provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = f"sqlite:///{tmp_path_factory.mktemp('registry') / 'broker.db'}"
    oidc = OidcSettings(issuer=provider.issuer, audience="broker", client_id="page")
    jwt_settings = JwtSettings(issuer=BACK_END, secret=SECRET)
    with run_broker(NO_STORE, database, oidc=oidc, jwt=jwt_settings) as running:
        ways = httpx.get(f"{running.url}/v1/sign-in")
        for token in sign(provider), shared(), running.token():
            me = httpx.get(f"{running.url}/v1/me", headers={"authorization": f"Bearer {token}"})
            assert me.json()["subject"] == "alice"
        running.add_user("carol", "a good password")
        assert httpx.get(f"{running.url}/v1/sign-in").json()["password"] is True

    assert ways.json() == {
        "password": False,
        "oidc": {
            "issuer": provider.issuer,
            "client_id": "page",
            "scope": "openid profile offline_access",
            "audience": "broker",
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            "end_session_endpoint": None,
        },
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"alg": ["RS256"]},
        {"alg": "none"},
        {"n": 5},
        {"kty": {}},
        {"d": "AQAB"},
    ],
)
def test_a_key_that_is_none_costs_the_others_nothing(provider: Provider, odd: dict[str, object]) -> None:
    provider.keys.insert(0, as_jwk(OTHER_RSA, "odd") | odd)

    of_it = sign(provider, key=OTHER_RSA, headers={"kid": "odd"})

    assert ask(authenticator(provider), sign(provider), of_it) == [ALICE, InvalidToken]


def test_a_private_key_that_a_provider_publishes_is_not_used(provider: Provider) -> None:
    private = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(OTHER_RSA))
    provider.keys.append(private | {"kid": "private"})

    token = sign(provider, key=OTHER_RSA, headers={"kid": "private"})

    assert ask(authenticator(provider), sign(provider), token) == [ALICE, InvalidToken]


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("authorization_endpoint", None),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("token_endpoint", 5),
        ("token_endpoint", "https://["),
        ("token_endpoint", "https://a; script-src *"),
    ],
)
def test_a_provider_that_does_not_say_where_to_sign_in_is_good_for_tokens_all_the_same(
    provider: Provider, tmp_path: Path, name: str, endpoint: object
) -> None:
    provider.discovery[name] = endpoint
    oidc = OidcSettings(issuer=provider.issuer, audience="broker", client_id="page")
    token = sign(provider)
    with run_broker(NO_STORE, f"sqlite:///{tmp_path / 'broker.db'}", oidc=oidc) as running:
        ways = httpx.get(f"{running.url}/v1/sign-in")
        me = httpx.get(f"{running.url}/v1/me", headers={"authorization": f"Bearer {token}"})

    assert_problem(ways, errors.IssuerUnavailable)
    assert me.status_code == 200


@pytest.mark.parametrize("endpoint", [None, 5, "https://[", "https://a; script-src *", "https://\u00f6/"])
def test_no_other_address_than_one_gets_into_the_pages_policy(provider: Provider, endpoint: object) -> None:
    keys = RemoteKeys(issuer=provider.issuer)
    provider.discovery["token_endpoint"] = endpoint

    asyncio.run(keys.warm_up())

    assert keys.token_origin == provider.issuer


def test_a_provider_that_is_away_at_the_start_is_no_reason_not_to_start(
    provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    provider.fault = "fails"
    database = f"sqlite:///{tmp_path_factory.mktemp('registry') / 'broker.db'}"
    oidc = OidcSettings(issuer=provider.issuer, audience="broker", client_id="page")
    with run_broker(NO_STORE, database, oidc=oidc) as running:
        refused = httpx.get(f"{running.url}/v1/me", headers={"authorization": f"Bearer {sign(provider)}"})
        ways = httpx.get(f"{running.url}/v1/sign-in")
        own = httpx.get(f"{running.url}/v1/me", headers={"authorization": f"Bearer {running.token()}"})

    for answer in refused, ways:
        assert_problem(answer, errors.IssuerUnavailable)
    assert own.status_code == 200
