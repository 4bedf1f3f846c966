"""What is counted. `GET /metrics` shows it to Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one service. An endpoint is the name of the function that answered."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "broker_http_requests",
            "Answers given.",
            ["method", "endpoint", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "broker_http_request_seconds", "Time to the answer.", ["endpoint"], registry=self._registry
        )
        self.body_bytes_in = Counter(
            "broker_http_request_body_bytes", "Body bytes received from clients.", registry=self._registry
        )
        self.body_bytes_out = Counter(
            "broker_http_response_body_bytes", "Body bytes sent to clients.", registry=self._registry
        )

    def render(self) -> bytes:
        """Show the counters in Prometheus's text format."""
        return generate_latest(self._registry)
