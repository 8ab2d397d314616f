"""Gauges that are read from a store every now and then, beside serving: depths, ages, sums.

While they cannot be read they are absent, or NaN: neither is zero, so no alert takes an outage for a queue that is empty. Every replica of
a service reads the same store and shows the same value: take `max` over instances, never `sum`.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from prometheus_client import Gauge

from libs.chassis.liveness.failures import report_failure

EVERY_S: Final = 15.0
NOT_READ: Final = float("nan")
# A gauge's values by its labels' values; by () where it has no labels.
Values: TypeAlias = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Measure:
    """Gauges that one look at a store fills; `read` returns the values of each, in their order."""

    work: str
    gauges: Sequence[Gauge]
    read: Callable[[], Awaitable[Sequence[Values]]]
    every_s: float = EVERY_S


async def keep_measuring(measures: Sequence[Measure]) -> None:
    """Read every measure again and again until cancelled; a store that is away is waited for."""
    await asyncio.gather(*(_keep(measure) for measure in measures))


async def _keep(measure: Measure) -> None:
    failed = False
    while True:
        failed = not await read_once(measure, reported=failed)
        await asyncio.sleep(measure.every_s * random.uniform(0.9, 1.1))  # noqa: S311 - spreads the fleet's looks


async def read_once(measure: Measure, *, reported: bool = False) -> bool:
    """Read a measure now; return False when that failed, which is logged unless it was `reported`."""
    try:
        found = await measure.read()
    except Exception as error:  # noqa: BLE001  # what is measured serves all the same
        report_failure(error, work=measure.work, reported=reported)
        for gauge in measure.gauges:
            _show(gauge, {})
        return False
    for gauge, values in zip(measure.gauges, found, strict=True):
        _show(gauge, values)
    return True


def _show(gauge: Gauge, values: Values) -> None:
    gauge.clear()
    for labels, value in values.items():
        (gauge.labels(*labels) if labels else gauge).set(value)
    if not values and _is_plain(gauge):
        gauge.set(NOT_READ)


def _is_plain(gauge: Gauge) -> bool:
    """Return whether a gauge has no labels: it always has its one sample."""
    return any(not sample.labels for family in gauge.collect() for sample in family.samples)
