"""Measure a version's record by its own signals, and tell it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from libs.chassis.errors import PlatformError
from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from libs.contracts.envelope import Event
from libs.contracts.listings import Performance, PerformanceMeasured, PerformanceRequested
from libs.contracts.record_chain import chained, genesis
from libs.contracts.records import RecordDay, RecordHead
from services.inference.domain.performance import Histories, Played, Recipes, measure
from services.inference.domain.ports import Models

DAYS_MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class MeasurePerformance:
    """The same request twice is measured twice, and told under its one sequence."""

    models: Models
    recipes: Recipes
    histories: Histories
    tell: Callable[[Event], Awaitable[None]]
    clock: Callable[[], datetime]

    async def __call__(self, event: PerformanceRequested) -> None:
        """Tell a record, or why there is none. Raise what is passing: then it is tried again."""
        played = await self._played(event)
        after, days = new_days(played.days, kept=event.kept, listing_id=event.listing_id, version=event.version)
        # A long record takes several events, so that none is near the bus's bound; without days there is one all the same.
        for first in range(0, max(1, len(days)), DAYS_MOST):
            await self.tell(
                PerformanceMeasured(
                    sequence=event.sequence,
                    listing_id=event.listing_id,
                    model_id=event.model_id,
                    kind=event.kind,
                    version=event.version,
                    performance=played.performance,
                    days=days[first : first + DAYS_MOST],
                    days_after=days[first - 1].date if first else after,
                )
            )

    async def _played(self, event: PerformanceRequested) -> Played:
        try:
            recipe = await self.recipes.get(event.artifact)
            model, histories = await self.models.get(event.artifact), await self.histories.load(recipe)
            return await asyncio.to_thread(
                measure, model, recipe, histories, kind=event.kind, since=event.since, until=event.until, at=self.clock()
            )
        except Exception as error:
            if is_passing(error):
                raise
            log().warning("a record cannot be measured", listing_id=event.listing_id, kind=event.kind, exc_info=True)
            why = error.message if isinstance(error, PlatformError) else type(error).__name__
            return Played(Performance.unmeasured(f"It could not be measured: {why}", at=self.clock(), synthetic=False))


def new_days(
    days: tuple[RecordDay, ...], *, kept: RecordHead | None, listing_id: str, version: str
) -> tuple[date | None, tuple[RecordDay, ...]]:
    """Return which days are to be told, and the day before the first of them.

    Days that are kept are left out where all of them are what was measured now, which their last hash says; else all are told, so that
    whoever keeps them sees which ones differ. Who keeps no record (`kept` is None) is told no days.
    """
    if kept is None:
        return None, ()
    if 0 < kept.days <= len(days):
        *_, last = chained(days[: kept.days], previous=genesis(listing_id, version=version))
        if last.hash == kept.hash:
            return last.date, days[kept.days :]
    return None, days
