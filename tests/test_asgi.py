from starlette.types import Scope

from broker.asgi import header


def scope_with(*headers: tuple[bytes, bytes]) -> Scope:
    return {"type": "http", "headers": list(headers)}


def test_of_two_headers_of_one_name_the_first_counts() -> None:
    scope = scope_with((b"host", b"a.example"), (b"accept", b"*/*"), (b"host", b"b.example"))

    assert header(scope, b"host") == "a.example"
    assert header(scope, b"accept") == "*/*"


def test_a_header_that_is_not_there_is_an_empty_text() -> None:
    assert header(scope_with(), b"host") == ""


def test_a_header_of_any_bytes_is_a_text() -> None:
    assert header(scope_with((b"x-request-id", b"\xff\x00")), b"x-request-id") == "\xff\x00"
