"""What is counted. `GET /metrics` shows it to Prometheus."""

import math
from collections.abc import Callable
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Series(NamedTuple):
    """What counts the answers of one kind; looking it up by its labels takes longer than counting."""

    requests: Counter
    seconds: Histogram


class Metrics:
    """The counters of one service. An endpoint is the name of the function that answered."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "broker_http_requests",
            "Answers given.",
            ["method", "endpoint", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "broker_http_request_seconds", "Time to the answer.", ["endpoint"], registry=self._registry
        )
        self.reconciled = Counter(
            "broker_reconciled_uploads", "Uploads visited.", ["action"], registry=self._registry
        )
        self._body_bytes_in = Counter(
            "broker_http_request_body_bytes", "Body bytes received from clients.", registry=self._registry
        )
        self._body_bytes_out = Counter(
            "broker_http_response_body_bytes", "Body bytes sent to clients.", registry=self._registry
        )
        self._store_clock_skew = Gauge(
            "broker_store_clock_skew_seconds",
            "How far the store's clock is ahead of ours; NaN while that is not known.",
            registry=self._registry,
        )
        self._series: dict[tuple[str, str, int], _Series] = {}

    def count(
        self, *, method: str, endpoint: str, status: int, seconds: float, bytes_in: int, bytes_out: int
    ) -> None:
        """Count one answer."""
        series = self._series.get((method, endpoint, status))
        if series is None:
            series = self._series[method, endpoint, status] = _Series(
                self._requests.labels(method, endpoint, str(status)), self._seconds.labels(endpoint)
            )
        series.requests.inc()
        series.seconds.observe(seconds)
        self._body_bytes_in.inc(bytes_in)
        self._body_bytes_out.inc(bytes_out)

    def watch_store_clock(self, skew: Callable[[], float | None]) -> None:
        """Ask this for the seconds by which the store's clock is ahead, whenever the counters are shown."""
        self._store_clock_skew.set_function(lambda: math.nan if (seconds := skew()) is None else seconds)

    def render(self) -> bytes:
        """Show the counters in Prometheus's text format."""
        return generate_latest(self._registry)
