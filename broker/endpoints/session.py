"""Signing in and out, and who one is."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from broker import schemas, web
from broker.accounts import SignedIn
from broker.asgi import Route, header
from broker.auth import Claims
from broker.client_address import counted_as
from broker.errors import CrossOriginCall, SessionEnded, TooManySignIns, WrongCredentials

_PATH = "/v1/session"
_PROOF = b"x-broker-csrf"


async def sign_in(request: Request) -> Response:
    at = web.now()
    await web.count_stranger(request)
    credentials = await web.decode(request, schemas.SignIn)
    try:
        signed_in = await web.services(request).accounts.sign_in(
            credentials.username,
            credentials.password,
            address=counted_as(web.client_address(request)),
            at=at,
        )
    except WrongCredentials as error:
        # a name that nobody has may be a password in the wrong field: it is not kept
        claims = Claims(subject=error.subject, tenant=error.tenant, scopes=frozenset())
        web.record(request, "session.refused", claims, at=at)
        raise
    except TooManySignIns:
        web.record(request, "session.refused", None, at=at)
        raise
    web.record(request, "session.begun", signed_in.claims, signed_in.session_id, at=at)
    return _answer(request, signed_in, at=at)


async def renew_session(request: Request) -> Response:
    at = web.now()
    await web.count_stranger(request)
    _require_own_page(request)
    refresh_token = request.cookies.get(_cookie_name(request))
    if not refresh_token:
        raise SessionEnded("There is no session: sign in.")
    try:
        signed_in = await web.services(request).accounts.renew(refresh_token, at=at)
    except SessionEnded as error:
        error.headers = {**error.headers, "set-cookie": _cookie(request, "", max_age=0)}
        raise
    return _answer(request, signed_in, at=at)


async def sign_out(request: Request) -> Response:
    await web.count_stranger(request)
    _require_own_page(request)
    if refresh_token := request.cookies.get(_cookie_name(request)):
        at = web.now()
        if claims := await web.services(request).accounts.sign_out(refresh_token, at=at):
            web.record(request, "session.ended", claims, at=at)
    return Response(status_code=204, headers={"set-cookie": _cookie(request, "", max_age=0)})


async def sign_out_everywhere(request: Request) -> Response:
    at = web.now()
    claims = await web.claims(request, at=at)
    await web.services(request).accounts.sign_out_everywhere(claims, at=at)
    web.record(request, "session.all-ended", claims, at=at)
    return Response(status_code=204, headers={"set-cookie": _cookie(request, "", max_age=0)})


async def show_sign_in_options(request: Request) -> Response:
    await web.count_stranger(request)
    return web.answer(await web.services(request).sign_in_options.describe())


async def me(request: Request) -> Response:
    claims = await web.claims(request, at=web.now())
    services = web.services(request)
    return web.answer(await services.intake.describe(claims, trash_days=services.files.trash_days))


def _answer(request: Request, signed_in: SignedIn, *, at: datetime) -> Response:
    max_age = int((signed_in.expires_at - at).total_seconds())
    cookie = _cookie(request, signed_in.refresh_token, max_age=max_age)
    return web.answer(signed_in.session, headers={"set-cookie": cookie})


def _require_own_page(request: Request) -> None:
    """Refuse what another site may have a browser send along with the cookie. Raises CrossOriginCall.

    A header of its own needs a preflight, which is not granted; the others cannot be set by a page at all.
    https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    """
    origin = header(request.scope, b"origin")
    site = header(request.scope, b"sec-fetch-site")
    if (
        not header(request.scope, _PROOF)
        or (origin and origin not in web.services(request).origins)
        or (site and site not in {"same-origin", "none"})
    ):
        raise CrossOriginCall("Calls that act by cookie come from the broker's page, with X-Broker-CSRF: 1.")


def _cookie_name(request: Request) -> str:
    return "__Secure-broker_refresh" if _is_secure(request) else "broker_refresh"


def _cookie(request: Request, value: str, *, max_age: int) -> str:
    secure = "; Secure" if _is_secure(request) else ""
    return (
        f"{_cookie_name(request)}={value}; Max-Age={max_age}; Path={_PATH}; HttpOnly; SameSite=Strict{secure}"
    )


def _is_secure(request: Request) -> bool:
    """Say whether the page is served by TLS: what the operator says counts, not what a request says."""
    return web.services(request).origins[0].startswith("https:")


routes = [
    Route(_PATH, sign_in, methods=["POST"]),
    Route(_PATH, sign_out, methods=["DELETE"]),
    Route(f"{_PATH}/refresh", renew_session, methods=["POST"]),
    Route("/v1/sessions", sign_out_everywhere, methods=["DELETE"]),
    Route("/v1/sign-in", show_sign_in_options, methods=["GET"]),
    Route("/v1/me", me, methods=["GET"]),
]
