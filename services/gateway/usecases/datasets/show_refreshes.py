"""How live series stand: when candles came last, what went wrong last, and when the next ones are fetched."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.live import RefreshSpec
from services.gateway.domain.datasets.dataset import Dataset, DatasetStatus, DatasetVersion
from services.gateway.domain.datasets.live_series import LiveSeries
from services.gateway.domain.datasets.ports import Datasets, SeriesTurns


@dataclass(frozen=True, slots=True)
class Refreshing:
    """How a live series stands.

    `last_ok` is when the newest version that can be used was begun; `last_error` what the newest refresh failed with, None where it did
    not; `next` when the next one is due, None for a series that is not asked for any more.
    """

    source: str
    market: str
    last_ok: datetime | None
    last_error: str | None
    next: datetime | None


@dataclass(frozen=True, slots=True)
class ShowRefreshes:
    """Reads alone."""

    series: Mapping[str, LiveSeries]
    datasets: Datasets
    turns: SeriesTurns

    async def __call__(self, datasets: Mapping[str, Dataset]) -> Mapping[str, Refreshing]:
        """Return how each of these live series stands, by its id."""
        due = await self.turns.due(tuple(self.series.keys() & datasets.keys()))
        return {dataset_id: await self._standing(dataset, due.get(dataset_id)) for dataset_id, dataset in datasets.items()}

    async def _standing(self, dataset: Dataset, due: datetime | None) -> Refreshing:
        spec, ready, last = dataset.newest.spec, dataset.ready, dataset.newest
        assert isinstance(spec, RefreshSpec)
        if not last.has_ended and last.number > 1:
            last = await self.datasets.version(dataset, last.number - 1)
        return Refreshing(spec.source, spec.market, ready.created_at if ready else None, _why_failed(last), due)


def _why_failed(version: DatasetVersion) -> str | None:
    if version.status is not DatasetStatus.REFUSED:
        return None
    errors = version.result.errors if version.result else ()
    return version.reason or (errors[0].message if errors else "It was refused.")
