"""Kill -9 of every service and of Ray's actors at random points while jobs run."""

import asyncio
import random

import pytest

from tests.journeys.chaos import run_chaos
from tests.journeys.platform import Platform
from tests.waiting import until

pytestmark = pytest.mark.journey


async def test_a_runner_without_a_job_is_not_taken_for_one_at_work(platform: Platform) -> None:
    # As many as there are CPUs: none of them has a job, such as a refresh of a live series.
    await until(lambda: asyncio.to_thread(platform.has_warm_runners, 2), what="no runner has a job")

    assert platform.kill_an_actor(random.Random()) is None


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("jobs", "kills"), [(2, 3), pytest.param(4, 8, marks=pytest.mark.soak)])
async def test_jobs_end_once_and_credits_balance_whoever_is_killed(platform: Platform, seed: int, jobs: int, kills: int) -> None:
    storm = await run_chaos(platform, jobs=jobs, kills=kills, seed=seed)

    assert sum(storm.kills.values()) == kills
    assert sum(storm.outcomes.values()) == jobs
