"""Kill -9 of every service and of Ray's actors at random points while jobs run."""

import pytest

from tests.journeys.chaos import run_chaos
from tests.journeys.platform import Platform

pytestmark = pytest.mark.journey


@pytest.mark.timeout(600)
async def test_jobs_end_once_and_credits_balance_whoever_is_killed(platform: Platform, seed: int) -> None:
    storm = await run_chaos(platform, jobs=5, kills=8, seed=seed)

    assert sum(storm.kills.values()) == 8
    assert sum(storm.outcomes.values()) == 5
