"""What stands behind `/s/` in a link: the share's id, authenticated by a key of the broker's. Pure."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence

from broker import keys

_PURPOSE = b"presigned-url-broker: share links, 1"
_MAC_BYTES = 16


class LinkTokens:
    """Write tokens with the first of `secret_keys`; read those of all of them."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._keys = [hmac.digest(each.encode(), _PURPOSE, "sha256") for each in secret_keys]

    def write(self, share_id: str) -> str:
        return _write(self._keys[0], share_id)

    def read(self, token: str) -> str | None:
        """Return the id of the share that a token names, or None when it is none of ours."""
        share_id = token[: keys.ID_LENGTH]
        known = any(hmac.compare_digest(_write(key, share_id).encode(), token.encode()) for key in self._keys)
        return share_id if known else None


def _write(key: bytes, share_id: str) -> str:
    mac = hmac.digest(key, share_id.encode(), "sha256")[:_MAC_BYTES]
    return share_id + urlsafe_b64encode(mac).rstrip(b"=").decode()
