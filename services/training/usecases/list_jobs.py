"""Tell all jobs page by page, so that who has lost its view of them builds it anew."""

from dataclasses import dataclass

from libs.contracts.snapshots import JobSnapshots, ReadJobs
from services.training.domain.ports import Jobs


@dataclass(frozen=True, slots=True)
class ListJobs:
    """Reads alone."""

    jobs: Jobs

    async def __call__(self, ask: ReadJobs) -> JobSnapshots:
        """Return the jobs behind an id."""
        page = await self.jobs.page(after=ask.after, most=ask.most)
        return JobSnapshots(jobs=page.found, next_after=page.next_after, count=page.count)
