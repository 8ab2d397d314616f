"""A service that stands still, as with its machine, and goes on when another one looks after its jobs."""

from datetime import timedelta

from libs.chassis.stores.artifacts import Artifacts
from services.training.app import runner_place
from services.training.domain.errors import RunnerSilentError
from services.training.domain.job import job_from
from services.training.domain.runs import Sighting
from services.training.outbound.checkpoints_store import CheckpointsStore
from services.training.outbound.jobs_mongo import JobsMongo
from services.training.usecases.change_job import ChangeJob
from services.training.usecases.follow_job import FollowJob
from services.training.usecases.stop_job import StopJob
from tests.training.conftest import Story
from tests.training.thread_cluster import ThreadCluster


class Meanwhile(ThreadCluster):
    """The cluster, of which nothing was heard while another service has taken a job over."""

    jobs: JobsMongo

    async def watch(self, runner: str, **_: object) -> Sighting:  # type: ignore[override]  # whatever is asked
        assert await self.jobs.adopt(owner="training-2", following=[])
        raise RunnerSilentError(runner)


async def test_a_job_that_another_service_has_taken_over_is_not_given_up_for_lost(story: Story) -> None:
    jobs = JobsMongo(story.database, lease=timedelta(0), life=timedelta(days=1), on_write=lambda _: None)
    checkpoints, change = CheckpointsStore(Artifacts(story.settings.artifacts_url)), ChangeJob(jobs)
    cluster = Meanwhile(story.machines, place=runner_place(story.settings), on_free=lambda: None)
    cluster.jobs = jobs
    job = job_from(story.a_request(), traceparent=None, correlation_id=None)
    await jobs.add(job)
    taken = await jobs.save(job.take_up(runner="runner_1", owner="training-1"))

    follow = FollowJob(
        change_job=change,
        stop_job=StopJob(change, cluster=cluster, checkpoints=checkpoints),
        cluster=cluster,
        checkpoints=checkpoints,
        limits=story.settings.limits,
        owner="training-1",
        wake=lambda: None,
        progress_every_s=0.5,
        silence_s=-1.0,
    )
    await follow(taken)

    left = await jobs.get(job.id)
    assert taken.run
    assert left.run
    assert (left.run.id, left.run.owner, left.deaths) == (taken.run.id, "training-2", 0)
