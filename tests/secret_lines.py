"""What no line of a log may hold (CHECKLIST 54)."""

import re

# signatures, credentials, JWTs, argon2's hashes, and what the tests use as passwords and secrets
_SECRET = re.compile(
    r"X-Amz-(?:Signature|Credential)(?:=|%3D)(?!\[redacted\])|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|\$argon2id\$v="
    r"|a good password|only for tests, but long enough"
)


def has_secret(text: str) -> bool:
    """Say whether something of it must not be there."""
    return _SECRET.search(text) is not None
