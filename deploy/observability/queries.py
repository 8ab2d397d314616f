"""PromQL that many panels share: rates, quantiles, shares, and the value that all replicas of a service show."""

from typing import Final

# Grafana's own word for a window that fits the scrapes and the time that is shown.
WINDOW: Final = "$__rate_interval"
QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def rate(counter: str, *, by: str = "", where: str = "") -> str:
    """Return a counter's rate a second over all instances."""
    return f"sum{_by(by)} (rate({counter}{_where(where)}[{WINDOW}]))"


def grown(counter: str, *, by: str = "", where: str = "", over: str = WINDOW) -> str:
    """Return how much a counter grew over all instances."""
    return f"sum{_by(by)} (increase({counter}{_where(where)}[{over}]))"


def quantile(share: float, histogram: str, *, by: str = "", where: str = "") -> str:
    """Return a histogram's quantile over all instances."""
    return f"histogram_quantile({share}, {rate(f'{histogram}_bucket', by=f'le, {by}' if by else 'le', where=where)})"


def quantiles(histogram: str, *, where: str = "") -> dict[str, str]:
    """Return three quantiles of a histogram by their names."""
    return {name: quantile(share, histogram, where=where) for name, share in QUANTILES.items()}


def same(gauge: str, *, by: str = "", where: str = "") -> str:
    """Return a gauge that every replica of a service reads from the same store."""
    return f"max{_by(by)} ({gauge}{_where(where)})"


def added(gauge: str, *, by: str = "", where: str = "") -> str:
    """Return a gauge of which each process has its own part."""
    return f"sum{_by(by)} ({gauge}{_where(where)})"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""


def _where(matchers: str) -> str:
    return f"{{{matchers}}}" if matchers else ""
