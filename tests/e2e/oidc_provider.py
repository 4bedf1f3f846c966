"""An OpenID provider that really runs: npm's oidc-provider, in a process of its own."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt

from broker.accounts import USER_SCOPES
from broker.auth import AUDIENCE
from tests.running import RunningBroker

DIRECTORY = Path(__file__).parent.parent / "oidc"


@contextmanager
def run_provider(site: RunningBroker) -> Iterator[dict[str, object]]:
    """Run a provider whose tokens the broker takes; yield how the page may sign in there."""
    node = shutil.which("node")
    assert node
    scope = " ".join(sorted(USER_SCOPES))
    config = {
        "audience": AUDIENCE,
        "keyId": jwt.get_unverified_header(site.token())["kid"],
        "page": site.url,
        "scope": scope,
        "secretKey": site.settings.secret_key,
        "tenant": "default",
    }
    with subprocess.Popen(
        [node, "provider.mjs"],
        cwd=DIRECTORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(json.dumps(config) + "\n")
            process.stdin.flush()
            issuer = process.stdout.readline().strip()
            assert issuer, "the provider did not start"
            yield {
                "issuer": issuer,
                "client_id": "page",
                "scope": f"openid profile {scope}",
                "authorization_endpoint": f"{issuer}/auth",
                "token_endpoint": f"{issuer}/token",
                "end_session_endpoint": f"{issuer}/session/end",
            }
        finally:
            process.kill()
