"""Presigned requests, sent exactly as they are."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpx

from broker.client.failures import StoreRefused, StoreUnreachable, reason
from broker.schemas import PresignedRequest

# a connection that takes or gives no byte for so long is dead; the answer to a part may take longer
_TIMEOUT = httpx.Timeout(connect=10, read=120, write=30, pool=None)


class StoreCalls:
    """Raises StoreUnreachable and StoreRefused."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def put(self, request: PresignedRequest, body: Iterable[bytes]) -> None:
        """Send bytes, of which `content-length` is one of the request's headers."""
        with _answering(request):
            answer = self._http.put(request.url, headers=request.headers, content=body, timeout=_TIMEOUT)
        if not answer.is_success:
            raise StoreRefused(answer.status_code, _code(answer.text))

    @contextmanager
    def get(self, request: PresignedRequest, *, start: int, end: int) -> Iterator[Iterator[bytes]]:
        """Fetch the bytes from `start` up to, not including, `end`."""
        headers = request.headers | {"range": f"bytes={start}-{end - 1}"}
        with (
            _answering(request),
            self._http.stream("GET", request.url, headers=headers, timeout=_TIMEOUT) as answer,
        ):
            if answer.status_code != 206:
                raise StoreRefused(answer.status_code, _code(answer.read().decode(errors="replace")))
            yield answer.iter_raw()


@contextmanager
def _answering(request: PresignedRequest) -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        url = httpx.URL(request.url)  # of which all but the origin is nobody's business
        origin = f"{url.scheme}://{url.netloc.decode()}"
        raise StoreUnreachable(f"{origin}, the store, does not answer ({reason(error)}).") from error


def _code(body: str) -> str | None:
    found = re.search(r"<Code>(\w+)</Code>", body)
    return found[1] if found else None
