"""What the gateway counts about requests, for Prometheus."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Meters:
    """Requests by face, method and status; durations by face and method."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter("modelbourse_requests", "HTTP requests answered.", ["face", "method", "status"], registry=registry)
        self._seconds = Histogram(
            "modelbourse_request_seconds", "Time to answer, in seconds.", ["face", "method"], buckets=BUCKETS_S, registry=registry
        )
        # Looking a child up by its labels costs more than counting it.
        self._counted: dict[tuple[str, str, int], Counter] = {}
        self._timed: dict[tuple[str, str], Histogram] = {}

    def count(self, face: str, *, method: str, status: int, seconds: float) -> None:
        """Count one answered request. Methods that nobody knows count as one, or a caller could fill the page."""
        method = method if method in METHODS else "other"
        counter = self._counted.get((face, method, status))
        if counter is None:
            counter = self._counted[face, method, status] = self._requests.labels(face, method, str(status))
        counter.inc()
        timer = self._timed.get((face, method))
        if timer is None:
            timer = self._timed[face, method] = self._seconds.labels(face, method)
        timer.observe(seconds)
