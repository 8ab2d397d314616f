"""What one socket is told: of each job that it watches what it has not been told yet."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from libs.contracts.envelope import now
from modelbourse.answers.builder.exports import BuilderExportUpdate
from modelbourse.answers.live import JobFailure, JobUpdate, LiveJob, ProgressUpdate
from modelbourse.answers.trading_ai.live import TrainingProgressed
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.watch import JobWatch

Message: TypeAlias = JobUpdate | ProgressUpdate | TrainingProgressed | BuilderExportUpdate
Say: TypeAlias = Callable[[Job, datetime], Message]
# The training service says when a job has ended, by its clock, and that may be heard late.
ENDED_WITHIN: Final = timedelta(minutes=6)


class Feed:
    """Remembers the newest message of each job: of all that were there when all was looked at last, and of those that changed since."""

    def __init__(self, wanted: JobWatch, say: Say) -> None:
        self._wanted, self._say = wanted, say
        self._known: dict[str, Message] = {}
        self._ended: set[str] = set()
        self._began = now()

    @property
    def is_over(self) -> bool:
        """Whether jobs are watched by their ids, and all of them have ended."""
        return bool(self._wanted.job_ids) and self._ended >= self._wanted.job_ids

    def news(self, jobs: Sequence[Job], *, looked_at: Collection[str], whole: bool) -> list[Message]:
        """Return what is new of these jobs, the oldest job first; `whole`: all that is watched was looked at, else those of these ids.

        Raise JobNotFoundError where one that is watched by its id is not there.
        """
        watched = (job for job in jobs if self._wanted.takes(job) and not self._had_ended(job))
        found = sorted(watched, key=lambda job: (job.created_at, job.id))
        self._check_there({job.id for job in found}, looked_at=looked_at)
        self._ended |= {job.id for job in found if job.state.ended and job.id in self._wanted.job_ids}
        known = {job.id: self._say(job, now()) for job in found}
        news = [known[job.id] for job in found if self._is_news(job, known[job.id])]
        self._known = known if whole else self._known | known
        return news

    def _had_ended(self, job: Job) -> bool:
        """Tell whether a job had ended before anybody watched, or so long ago that its end was told: an event of it has come again."""
        if job.ended_at is None or job.id in self._known or job.id in self._wanted.job_ids:
            return False
        return job.ended_at < max(self._began - self._wanted.ended_within, now() - ENDED_WITHIN)

    def _is_news(self, job: Job, message: Message) -> bool:
        before = self._known.get(job.id)
        is_new = before is None or message.model_copy(update={"timestamp": before.timestamp}) != before
        return is_new and self._wanted.shows(job)

    def _check_there(self, found: Collection[str], *, looked_at: Collection[str]) -> None:
        kinds = list(self._wanted.kinds)
        for job_id in sorted(self._wanted.job_ids & frozenset(looked_at)):
            if job_id not in found:
                raise JobNotFoundError(job_id, noun=f"{kinds[0].noun} job" if len(kinds) == 1 else "job")


def live_job_of(job: Job) -> LiveJob:
    """Return a job as it stands."""
    return LiveJob(
        kind=job.kind.value,
        name=job.name,
        model_id=job.model_id,
        model_version=job.model_version,
        state=job.state.value,
        progress=job.progress,
        stage=job.stage,
        step=job.step,
        total_steps=job.total_steps,
        created_at=job.created_at,
        started_at=job.started_at,
        estimated_completion=job.estimated_completion,
        ended_at=job.ended_at,
        compute_hours=None if job.compute_hours is None else float(job.compute_hours),
        error=JobFailure(type=job.error.type, message=job.error.message) if job.error else None,
        parent_id=job.parent,
    )
