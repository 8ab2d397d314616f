"""Record how a refresh of a live series has ended: one that failed is an alert, and no silent hole."""

from dataclasses import dataclass

from libs.contracts.job_kinds import spec_as
from libs.contracts.jobs import JobCompleted, JobFailed
from libs.contracts.live import NOTHING_YET, RefreshResult, RefreshSpec
from services.monitoring.domain.live_series import alerts_between, judged
from services.monitoring.domain.ports import AllLiveSeries, Clock


@dataclass(frozen=True, slots=True)
class RecordRefresh:
    """Twice is once, and what comes late changes nothing: refreshes are numbered."""

    series: AllLiveSeries
    clock: Clock

    async def __call__(self, event: JobCompleted | JobFailed) -> None:
        """Take in the end of a job; others than refreshes are passed over, and those that came too early.

        Raise SeriesChangedError or OutboxFullError.
        """
        if (spec := spec_as(event, RefreshSpec)) is None or (isinstance(event, JobFailed) and event.error.type == NOTHING_YET):
            return
        problem = _problem_of(event)
        known = await self.series.find(spec.dataset_id)
        after = judged(known, spec, at=self.clock(), problem=problem)
        if after is not None:
            await self.series.save(after, *alerts_between(known, after, problem=problem))


def _problem_of(event: JobCompleted | JobFailed) -> str | None:
    if isinstance(event, JobFailed):
        return event.error.message
    errors = RefreshResult.model_validate(event.result).errors
    return errors[0].message if errors else None
