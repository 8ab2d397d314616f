"""Start the refreshes of live series that are due; any number of gateways may do so, and each refresh is started once."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.contracts.job_kinds import JobKind
from libs.contracts.live import PLATFORM
from services.gateway.domain.datasets.dataset import Dataset
from services.gateway.domain.datasets.errors import DatasetNotFoundError
from services.gateway.domain.datasets.live_series import PLATFORM_CALLER, LiveSeries
from services.gateway.domain.datasets.ports import Datasets, SeriesTurn, SeriesTurns
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob

# Longer than a start takes. Who dies in between has started one or has not: its work has the same ids for whoever comes next.
CLAIM: Final = timedelta(seconds=60)
AGAIN: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class RefreshSeries:
    """Nothing starts while a refresh of the same series runs: it is looked at again a little later."""

    series: Mapping[str, LiveSeries]
    datasets: Datasets
    turns: SeriesTurns
    start: StartJob
    clock: Clock
    stale_after_bars: int

    async def __call__(self) -> int:
        """Return how many refreshes were started. Raise UnavailableError while the store is away."""
        started = 0
        while turn := await self._next():
            at = self.clock()
            try:
                is_started, due_at = await self._looked_after(self.series[turn.series_id], at=at)
            except PlatformError as error:
                log().warning("a refresh could not be started", series=turn.series_id, error=error.message)
                is_started, due_at = False, at + AGAIN
            await self.turns.end(turn, due_at=due_at)
            started += is_started
        return started

    async def _next(self) -> SeriesTurn | None:
        at = self.clock()
        return await self.turns.take(tuple(self.series), at=at, until=at + CLAIM) if self.series else None

    async def _looked_after(self, series: LiveSeries, *, at: datetime) -> tuple[bool, datetime]:
        """Tell whether a refresh was started, and when the series is due again."""
        dataset: Dataset | None = None
        with suppress(DatasetNotFoundError):
            dataset = await self.datasets.get(series.id, account_id=PLATFORM)
        if dataset is not None and not dataset.newest.has_ended:
            return False, at + AGAIN
        spec = series.refresh(dataset).model_copy(update={"stale_after_bars": self.stale_after_bars})
        # Whoever starts this version starts the same job.
        began = dataset.newest.created_at if dataset else spec.since
        work = Work(seed=f"{series.id}:{spec.version}", began_ms=int(began.timestamp() * 1000))
        await self.start(Order(kind=JobKind.REFRESH, spec=spec, name=f"refresh of {series.name}"), caller=PLATFORM_CALLER, work=work)
        return True, series.due_after(at)
