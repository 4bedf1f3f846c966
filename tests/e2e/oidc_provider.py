"""An OpenID provider that really runs: npm's oidc-provider, in a process of its own."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.accounts import USER_SCOPES
from broker.settings import OidcSettings

DIRECTORY = Path(__file__).parent.parent / "oidc"


@contextmanager
def run_oidc_provider(page: str) -> Iterator[OidcSettings]:
    """Run a provider for the page of that origin; yield how the broker knows it."""
    node = shutil.which("node")
    assert node
    scope = " ".join(sorted(USER_SCOPES))
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
            process.stdin.write(json.dumps({"audience": "files", "page": page, "scope": scope}) + "\n")
            process.stdin.flush()
            issuer = process.stdout.readline().strip()
            assert issuer, "the provider did not start"
            yield OidcSettings(
                issuer=issuer, audience="files", client_id="page", scope=f"openid profile {scope}"
            )
        finally:
            process.kill()
