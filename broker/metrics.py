"""What is counted. `GET /metrics` shows it to Prometheus."""

import itertools
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BOUNDS = Histogram.DEFAULT_BUCKETS


class _Answers(Collector):
    """The answers given, in plain numbers.

    One loop counts them all. Prometheus's own counters are for threads: they take a lock for every number.
    """

    def __init__(self) -> None:
        self.given: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self.times: defaultdict[str, _Times] = defaultdict(_Times)
        self.bytes_in = 0
        self.bytes_out = 0

    def collect(self) -> Iterator[Metric]:
        given = CounterMetricFamily(
            "broker_http_requests", "Answers given.", labels=["method", "endpoint", "status"]
        )
        for (method, endpoint, status), count in self.given.items():
            given.add_metric([method, endpoint, str(status)], count)
        seconds = HistogramMetricFamily(
            "broker_http_request_seconds", "Time to the answer.", labels=["endpoint"]
        )
        for endpoint, times in self.times.items():
            counts = itertools.accumulate(times.counts)
            buckets = list(zip(map(_written, _BOUNDS), counts, strict=True))
            seconds.add_metric([endpoint], buckets=buckets, sum_value=times.seconds)
        yield given
        yield seconds
        yield CounterMetricFamily(
            "broker_http_request_body_bytes", "Body bytes received from clients.", value=self.bytes_in
        )
        yield CounterMetricFamily(
            "broker_http_response_body_bytes", "Body bytes sent to clients.", value=self.bytes_out
        )


class _Times:
    """How long the answers of an endpoint took: `counts` of them up to each of the bounds."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * len(_BOUNDS)
        self.seconds = 0.0


def _written(bound: float) -> str:
    return "+Inf" if math.isinf(bound) else str(bound)


class Metrics:
    """The counters of one service. An endpoint is the name of the function that answered."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._answers = _Answers()
        self._registry.register(self._answers)
        self.reconciled = Counter(
            "broker_reconciled_uploads", "Uploads visited.", ["action"], registry=self._registry
        )
        self._store_clock_skew = Gauge(
            "broker_store_clock_skew_seconds",
            "How far the store's clock is ahead of ours; NaN while that is not known.",
            registry=self._registry,
        )

    def count(
        self, *, method: str, endpoint: str, status: int, seconds: float, bytes_in: int, bytes_out: int
    ) -> None:
        """Count one answer."""
        answers = self._answers
        answers.given[method, endpoint, status] += 1
        times = answers.times[endpoint]
        times.counts[bisect_left(_BOUNDS, seconds)] += 1
        times.seconds += seconds
        answers.bytes_in += bytes_in
        answers.bytes_out += bytes_out

    def watch_store_clock(self, skew: Callable[[], float | None]) -> None:
        """Ask this for the seconds by which the store's clock is ahead, whenever the counters are shown."""
        self._store_clock_skew.set_function(lambda: math.nan if (seconds := skew()) is None else seconds)

    def render(self) -> bytes:
        """Show the counters in Prometheus's text format."""
        return generate_latest(self._registry)
