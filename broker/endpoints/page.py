"""The bundled React app: static files, with a policy that names the store as the only other origin."""

import re
from collections.abc import Callable
from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

_SHARE = re.compile(r"s/[^/]+")
DIRECTORY = Path(__file__).parent.parent / "static"

# what the page does not need; the camera of a phone opens by its own file picker
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb")
)


def content_security_policy(store_origin: str, sign_in_origin: str = "") -> str:
    """Build the page's CSP: scripts are ours alone, bytes go to the broker and to the store.

    `sign_in_origin` is the identity provider's, if there is one.
    """
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: blob: {store_origin}",
            f"media-src 'self' blob: {store_origin}",
            f"connect-src 'self' {store_origin} {sign_in_origin}".rstrip(),
            f"frame-src {store_origin}",
            "font-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


class Page(StaticFiles):
    """The built front end. What stands below assets/ carries a hash in its name and never changes."""

    def __init__(self, directory: Path, *, store_origin: str, sign_in_origin: Callable[[], str]) -> None:
        super().__init__(directory=directory, html=True)
        self._store_origin = store_origin
        self._sign_in_origin = sign_in_origin

    async def get_response(self, path: str, scope: Scope) -> Response:
        # the app itself reads what link it was opened by
        response = await super().get_response("index.html" if _SHARE.fullmatch(path) else path, scope)
        is_hashed = path.startswith("assets/")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        csp = content_security_policy(self._store_origin, self._sign_in_origin())
        response.headers["content-security-policy"] = csp
        response.headers["cross-origin-opener-policy"] = "same-origin"
        response.headers["permissions-policy"] = PERMISSIONS_POLICY
        return response


def page(*, store_origin: str, sign_in_origin: Callable[[], str]) -> ASGIApp | None:
    """Make what answers where no route does, or None when the front end was not built.

    `sign_in_origin` says with which origin the page exchanges codes, empty without an identity provider.
    """
    if not (DIRECTORY / "index.html").exists():
        return None
    return GZipMiddleware(Page(DIRECTORY, store_origin=store_origin, sign_in_origin=sign_in_origin))
