"""Whether the books balance, among the metrics."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from libs.chassis.liveness.measures import Measure, Values

EVERY_S: Final = 300.0


def ledger_measure(check: Callable[[], Awaitable[Mapping[str, Decimal]]], *, registry: CollectorRegistry) -> Measure:
    """Return the measure of what a check finds."""
    imbalance = Gauge(
        "modelbourse_ledger_imbalance",
        "By how much wallets differ from their movements and lines do not cancel, over the accounts looked at so far: 0, or a mistake."
        " `credits` in hours, `money` in its currency. Of the service, so take max over instances.",
        ["ledger"],
        registry=registry,
    )

    async def read() -> Sequence[Values]:
        return [{(ledger,): float(by) for ledger, by in (await check()).items()}]

    return Measure("checking whether the books balance", [imbalance], read, every_s=EVERY_S)
