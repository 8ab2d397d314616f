"""Measure a version's record by its own signals, and tell it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.chassis.outages import is_passing
from libs.contracts.envelope import Event
from libs.contracts.listings import Performance, PerformanceMeasured, PerformanceRequested
from services.inference.domain.performance import Histories, Recipes, measure
from services.inference.domain.ports import Models


@dataclass(frozen=True, slots=True)
class MeasurePerformance:
    """The same request twice is measured twice, and told under its one sequence. One at a time: it must not slow predictions down."""

    models: Models
    recipes: Recipes
    histories: Histories
    tell: Callable[[Event], Awaitable[None]]
    clock: Callable[[], datetime]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self, event: PerformanceRequested) -> None:
        """Tell a record, or why there is none. Raise what is passing: then it is tried again."""
        async with self.turn:
            performance = await self._measured(event)
        await self.tell(
            PerformanceMeasured(
                sequence=event.sequence,
                listing_id=event.listing_id,
                model_id=event.model_id,
                kind=event.kind,
                version=event.version,
                performance=performance,
            )
        )

    async def _measured(self, event: PerformanceRequested) -> Performance:
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
            return Performance.unmeasured(f"It could not be measured: {why}", at=self.clock(), synthetic=False)
