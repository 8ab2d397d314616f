"""Whether the books add up, among the metrics."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from libs.chassis.liveness.measures import Measure, Values

EVERY_S: Final = 300.0


def ledger_measure(watch: Callable[[], Awaitable[Mapping[str, int]]], *, registry: CollectorRegistry) -> Measure:
    """Return the measure of what watching the books finds."""
    imbalance = Gauge(
        "modelbourse_ledger_imbalance",
        "Things in the books that do not add up (wallets against movements, payments against theirs), over the accounts looked at so far,"
        " in the ledger of `credits` and that of `money`: 0, or a mistake. Of the service, so take max over instances.",
        ["ledger"],
        registry=registry,
    )

    async def read() -> Sequence[Values]:
        return [{(ledger,): count for ledger, count in (await watch()).items()}]

    return Measure("watching whether the books add up", [imbalance], read, every_s=EVERY_S)
