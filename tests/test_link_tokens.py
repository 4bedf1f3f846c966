"""The tokens behind `/s/`: they are read for as long as their links live, so also in later releases."""

import hmac
from base64 import urlsafe_b64encode

from broker.link_tokens import LinkTokens

SECRET_KEY = "only for tests, but long enough: 0123456789"
OTHER_KEY = "another secret key of 32 letters"
SHARE = "01m8jx7ke664ad358v73q5j0rt"


def test_a_token_is_the_same_in_every_release() -> None:
    key = hmac.digest(SECRET_KEY.encode(), b"presigned-url-broker: share links, 1", "sha256")
    mac = urlsafe_b64encode(hmac.digest(key, SHARE.encode(), "sha256")[:16]).decode().rstrip("=")

    assert LinkTokens([SECRET_KEY]).write(SHARE) == SHARE + mac


def test_a_token_of_any_key_is_read_and_one_of_no_key_is_not() -> None:
    token = LinkTokens([SECRET_KEY]).write(SHARE)

    assert LinkTokens([OTHER_KEY, SECRET_KEY]).read(token) == SHARE
    assert LinkTokens([OTHER_KEY]).read(token) is None
    assert LinkTokens([SECRET_KEY]).read(token[:-1]) is None
    assert LinkTokens([SECRET_KEY]).read(f"{token}ü") is None
