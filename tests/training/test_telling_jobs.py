"""Training tells all its jobs to who builds a view of them anew."""

from libs.contracts.snapshots import JobSnapshot, JobSnapshots, ReadJobs
from libs.contracts.training import JobState
from tests.training.conftest import Story


async def test_every_job_is_told_once_with_what_it_measured_page_by_page(story: Story) -> None:
    told: list[JobSnapshot] = []
    async with story.service(), story.gateway.running(asks=True):
        requests = [await story.request() for _ in range(3)]
        await story.ended(*requests)
        after: str | None = ""
        while after is not None:
            page = await story.gateway.ask(ReadJobs(after=after, most=2), within=60)
            assert isinstance(page, JobSnapshots)
            told += page.jobs
            after = page.next_after

    assert [each.job_id for each in told] == sorted(request.job_id for request in requests)
    for job in told:
        end = next(story.ends(request)[0] for request in requests if request.job_id == job.job_id)
        assert (job.state, job.sequence, job.progress) == (JobState.SUCCEEDED, end["sequence"], 100)
        assert job.measured is not None
        assert job.measured.metrics == end["result"]["metrics"]
        assert f"{job.compute_hours:.6f}" == end["compute_hours"]
        assert [line.message for line in job.logs] == ["begins at step 0", "step 1", "step 2", "step 3"]
