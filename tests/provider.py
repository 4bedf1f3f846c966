"""An identity provider that really answers: discovery and keys over HTTP, and the faults that are wished."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from broker.server import listen
from tests.running import origin_of, serving

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


def as_jwk(key: Any, key_id: str, **members: object) -> dict[str, object]:  # noqa: ANN401 - of any kind
    algorithm = {
        rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
    }
    kind: Any = next((kind for base, kind in algorithm.items() if isinstance(key, base)), None)
    to_jwk = (kind or jwt.algorithms.OKPAlgorithm).to_jwk
    return {**json.loads(to_jwk(key.public_key())), "kid": key_id, **members}


class Provider:
    """What it answers may be changed; `asked` counts the requests by path."""

    def __init__(self, origin: str) -> None:
        self.issuer = origin
        self.keys: list[dict[str, object]] = [
            as_jwk(RSA, "rsa"),
            as_jwk(EC, "ec"),
            as_jwk(ED, "ed"),
        ]
        self.discovery: dict[str, object] = {
            "issuer": origin,
            "jwks_uri": f"{origin}/jwks",
            "authorization_endpoint": f"{origin}/authorize",
            "token_endpoint": f"{origin}/token",
        }
        self.fault = ""
        self.asked: Counter[str] = Counter()

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked[path] += 1
        right = JSONResponse(self.discovery if "well-known" in path else {"keys": self.keys})
        match self.fault:
            case "hangs":
                while (await request.receive())["type"] != "http.disconnect":
                    pass
            case "redirects":
                return RedirectResponse(f"{self.issuer}/elsewhere{path}")
            case "fails":
                return Response(right.body, status_code=500)
            case "rubbish":
                return Response(b"<html>", media_type="text/html")
            case "a list":
                return JSONResponse([])
            case "too long":
                return Response(b" " * 300_000 + bytes(right.body))
            case "no keys":
                return JSONResponse(self.discovery if "well-known" in path else {"keys": []})
            case "secrets":
                oct_key = {"kty": "oct", "k": "AAAA", "kid": "rsa"}
                return JSONResponse(self.discovery if "well-known" in path else {"keys": [oct_key]})
        return right


@contextmanager
def run_provider() -> Iterator[Provider]:
    with listen("127.0.0.1", 0) as listener:
        provider = Provider(origin_of(listener))
        with serving(Starlette(routes=[Route("/{path:path}", provider.answer)]), listener):
            yield provider
