"""What the gateway counts about requests, for Prometheus."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS_S: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Meters:
    """Requests by face, method, route and status; durations by face, method and route, which is a template or `-`, never a path."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "modelbourse_requests",
            "HTTP requests answered, by the face, method and route template that they met, and the answer's status.",
            ["face", "method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "modelbourse_request_seconds",
            "From a request's head to the end of its answer, by face, method and route template.",
            ["face", "method", "route"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        # Looking a child up by its labels costs more than counting it.
        self._counted: dict[tuple[str, str, str, int], Counter] = {}
        self._timed: dict[tuple[str, str, str], Histogram] = {}

    def count(self, face: str, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. Methods that nobody knows count as one, or a caller could fill the page."""
        method = method if method in METHODS else "other"
        counter = self._counted.get((face, method, route, status))
        if counter is None:
            counter = self._counted[face, method, route, status] = self._requests.labels(face, method, route, str(status))
        counter.inc()
        timer = self._timed.get((face, method, route))
        if timer is None:
            timer = self._timed[face, method, route] = self._seconds.labels(face, method, route)
        timer.observe(seconds)
