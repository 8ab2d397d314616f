"""How long a runner serves: one job after another while they end well, but not for ever."""

from pathlib import Path

import pytest

from services.training.outbound.runner import RUNS_MOST, Runner
from services.training.outbound.runner_words import RunnerPlace, order_of
from tests.training.test_cluster_contract import an_assignment
from tests.training.thread_cluster import TRAINER


@pytest.fixture
def place(tmp_path: Path) -> RunnerPlace:
    return RunnerPlace(artifacts_url=str(tmp_path), market_lake=None, synthetic_allowed=False, otel_endpoint=None)


def run_to_its_end(runner: Runner, run_id: str, place: RunnerPlace, **script: object) -> None:
    assert runner.start(order_of(an_assignment(run_id, **script), place=place))
    while not (seen := runner.watch(run_id, revision=10**6, lines_seen=0, settle_s=0, hold_s=10)) or not seen["end"]:
        pass


def test_a_runner_takes_so_many_jobs_and_no_more(place: RunnerPlace) -> None:
    runner, freed = Runner(TRAINER), []

    for number in range(RUNS_MOST):
        run_to_its_end(runner, f"job_{number}/1", place)
        freed.append(runner.free(f"job_{number}/1"))

    assert freed == [True] * (RUNS_MOST - 1) + [False]
    assert runner.state() == (f"job_{RUNS_MOST - 1}/1", RUNS_MOST)


def test_a_runner_whose_job_failed_or_still_runs_takes_no_other(place: RunnerPlace, tmp_path: Path) -> None:
    failed, busy = Runner(TRAINER), Runner(TRAINER)
    run_to_its_end(failed, "job_a/1", place, fail="passing")
    assert busy.start(order_of(an_assignment("job_b/1", hold_at=0, gate=str(tmp_path / "gate")), place=place))

    assert (failed.free("job_a/1"), busy.free("job_b/1"), busy.free("job_c/1")) == (False, False, None)
    assert not failed.start(order_of(an_assignment("job_c/1"), place=place))
    (tmp_path / "gate").touch()
