"""Where the broker answers."""

import httpx


def check_address(base_url: str) -> str:
    """Return the address without the / at its end.

    Raises ValueError for what is none, of which httpx would say later that nobody answers there.

    >>> check_address("https://files.example.org/")
    'https://files.example.org'
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{base_url} is not an address: {error}.") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(f"{base_url} is not an address such as https://files.example.org.")
    if url.userinfo or url.query or url.fragment:  # not shown: it may be a password
        raise ValueError("This is not an address alone: it has a user, a query or a fragment.")
    return base_url.rstrip("/")
