"""Tell all jobs page by page, so that who has lost its view of them builds it anew."""

from dataclasses import dataclass

from libs.contracts.snapshots import JobSnapshot, JobSnapshots, OtherJobSnapshot, ReadJobs
from services.training.domain.ports import Jobs


@dataclass(frozen=True, slots=True)
class ListJobs:
    """Reads alone."""

    jobs: Jobs

    async def __call__(self, ask: ReadJobs) -> JobSnapshots:
        """Return the jobs behind an id."""
        page = await self.jobs.page(after=ask.after, most=ask.most)
        trainings = tuple(each for each in page.found if isinstance(each, JobSnapshot))
        others = tuple(each for each in page.found if isinstance(each, OtherJobSnapshot))
        return JobSnapshots(jobs=trainings, others=others, next_after=page.next_after, count=page.count)
