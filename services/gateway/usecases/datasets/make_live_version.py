"""A refresh makes a version of its live series, as a check does of a dataset; then it is decided when the next one is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from libs.contracts.job_kinds import Cancelled, Completed, Failed, shown_spec
from libs.contracts.jobs import JobCompleted
from libs.contracts.live import PLATFORM, RefreshResult, RefreshSpec
from libs.contracts.training import JobState
from services.gateway.domain.datasets.live_series import LiveSeries, failures_of
from services.gateway.domain.datasets.ports import Datasets, DatasetUsers, SeriesTurns
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.datasets.make_dataset_version import MakeDatasetVersion
from services.gateway.usecases.jobs.effects import Draft, Effects

# Versions that are younger, or among the newest, stay: a training that has begun on one is still to tell of it.
KEPT_FOR: Final = timedelta(days=2)
KEPT: Final = 5


@dataclass(frozen=True, slots=True)
class MakeLiveVersion(Effects):
    """What a series' refreshes change. Old versions that no model was trained on are forgotten."""

    makes: MakeDatasetVersion
    series: Mapping[str, LiveSeries]
    datasets: Datasets
    users: DatasetUsers
    turns: SeriesTurns
    clock: Clock

    async def accepted(self, job: Job, draft: Draft) -> None:
        """Show the version that is being fetched."""
        await self.makes.accepted(job, draft)

    async def requested(self, job: Job) -> None:
        """Show it, if its start was cut off before it could."""
        await self.makes.requested(job)

    async def completed(self, event: Completed) -> None:
        """Let the version be used, or show why it was refused; go on at once where the source has more."""
        assert isinstance(event, JobCompleted)
        await self.makes.completed(event)
        result, dataset_id = RefreshResult.model_validate(event.result), shown_spec(RefreshSpec, event.spec).dataset_id
        if result.status == "refused":
            await self._try_again(dataset_id)
            return
        if not result.caught_up:
            await self.turns.wake(dataset_id, due_at=self.clock())
        await self._forget_old(dataset_id)

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:
        """Show why there is no new version, and try again before long."""
        await self.makes.ended(event, state)
        job = await self.makes.jobs.get(event.job_id, account_id=event.account_id, kind=None)
        await self._try_again(shown_spec(RefreshSpec, job.spec).dataset_id)

    async def stopped(self, job: Job) -> None:
        """Do the same at once."""
        await self.makes.stopped(job)

    async def _try_again(self, dataset_id: str) -> None:
        if (series := self.series.get(dataset_id)) is None:
            return  # It is not asked for any more.
        dataset = await self.datasets.get(dataset_id, account_id=PLATFORM)
        await self.turns.wake(dataset_id, due_at=series.due_after_failures(failures_of(dataset), at=self.clock()))

    async def _forget_old(self, dataset_id: str) -> None:
        dataset = await self.datasets.get(dataset_id, account_id=PLATFORM)
        used = await self.users.versions_of(dataset_id)
        await self.datasets.forget_old(dataset_id, below=dataset.newest.number - KEPT + 1, but=used, before=self.clock() - KEPT_FOR)
