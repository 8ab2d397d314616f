"""How long a runner serves: one job after another while they end well, but not for ever."""

from dataclasses import replace
from pathlib import Path

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.backtests import BacktestResult, BacktestSpec
from libs.contracts.job_kinds import JobKind
from services.training.domain.kinds import WORK
from services.training.outbound.checkpoint_files import checkpoint_paths
from services.training.outbound.runner import RUNS_MOST, Runner
from services.training.outbound.runner_words import RunnerPlace, order_of
from tests.market.own import Rows, put
from tests.training.test_cluster_contract import an_assignment
from tests.training.thread_cluster import TRAINER

BACKTEST = WORK[JobKind.BACKTEST].runs


@pytest.fixture
def place(tmp_path: Path) -> RunnerPlace:
    return RunnerPlace(artifacts_url=str(tmp_path), market_lake=None, synthetic_allowed=False, otel_endpoint=None)


def run_to_its_end(runner: Runner, run_id: str, place: RunnerPlace, **script: object) -> None:
    assert runner.start(order_of(an_assignment(run_id, **script), place=place))
    wait_for_its_end(runner, run_id)


def wait_for_its_end(runner: Runner, run_id: str) -> None:
    while not (seen := runner.watch(run_id, revision=10**6, lines_seen=0, settle_s=0, hold_s=10)) or not seen["end"]:
        pass


def end(runner: Runner, run_id: str, *, reuse: bool = True) -> bool | None:
    """End a run; return whether the runner takes another one, None when it does not have the run."""
    answer = runner.end(run_id, reuse=reuse)
    return answer and answer[1] and runner.free(run_id)


def test_a_runner_takes_so_many_jobs_and_no_more(place: RunnerPlace) -> None:
    runner, freed = Runner(TRAINER), []

    for number in range(RUNS_MOST):
        run_to_its_end(runner, f"job_{number}/1", place)
        freed.append(end(runner, f"job_{number}/1"))

    assert freed == [True] * (RUNS_MOST - 1) + [False]
    assert runner.state() == (f"job_{RUNS_MOST - 1}/1", RUNS_MOST)


def test_a_runner_whose_job_failed_or_still_runs_takes_no_other(place: RunnerPlace, tmp_path: Path) -> None:
    failed, busy = Runner(TRAINER), Runner(TRAINER)
    run_to_its_end(failed, "job_a/1", place, fail="passing")
    assert busy.start(order_of(an_assignment("job_b/1", hold_at=0, gate=str(tmp_path / "gate")), place=place))

    assert (end(failed, "job_a/1"), end(busy, "job_b/1"), end(busy, "job_c/1")) == (False, False, None)
    assert not failed.start(order_of(an_assignment("job_c/1"), place=place))
    (tmp_path / "gate").touch()


def test_what_one_service_has_given_up_no_other_frees(place: RunnerPlace, tmp_path: Path) -> None:
    cancelled, surplus = Runner(TRAINER), Runner(TRAINER)
    assert cancelled.start(order_of(an_assignment("job_a/1", hold_at=0, gate=str(tmp_path / "gate")), place=place))
    run_to_its_end(surplus, "job_b/1", place)

    given_up = end(cancelled, "job_a/1"), end(surplus, "job_b/1", reuse=False)
    (tmp_path / "gate").touch()
    wait_for_its_end(cancelled, "job_a/1")

    assert given_up == (False, False)
    assert (end(cancelled, "job_a/1"), end(surplus, "job_b/1")) == (False, False)


@pytest.mark.parametrize("ended", [False, True])
def test_a_run_that_was_given_up_and_goes_on_writes_no_checkpoint_any_more(ended: bool, place: RunnerPlace, tmp_path: Path) -> None:
    paused, replacement, gate = Runner(TRAINER), Runner(TRAINER), tmp_path / "gate"
    paused.start(order_of(an_assignment("job_a/0", hold_at=1, gate=str(gate), fits=True), place=place))
    while paused.watch("job_a/0", revision=0, lines_seen=0, settle_s=0, hold_s=10)["progress"]["step"] < 1:  # type: ignore[index]  # it has that run
        pass
    run_to_its_end(replacement, "job_a/7", place, fits=True)
    store = Artifacts(place.artifacts_url)
    if ended:
        for path in checkpoint_paths("job_a"):
            store.delete_named(path)

    gate.touch()
    wait_for_its_end(paused, "job_a/0")

    seen = paused.watch("job_a/0", revision=0, lines_seen=0, settle_s=0, hold_s=0)
    assert seen
    assert seen["end"]["error"]["type"] == "RunReplacedError"
    left = [store.read_named(path) for path in checkpoint_paths("job_a")]
    assert left == ([None] * 3 if ended else [b'{"done": 3}', b"step 3", b"7"])


def test_a_run_answers_for_no_memory_that_an_earlier_one_left(place: RunnerPlace) -> None:
    runner, left = Runner(TRAINER), []
    run_to_its_end(runner, "job_a/1", place)
    first = runner.watch("job_a/1", revision=0, lines_seen=0, settle_s=0, hold_s=0)
    assert end(runner, "job_a/1")

    left.append(b"x" * 64 * 2**20)
    run_to_its_end(runner, "job_b/1", place)
    second = runner.watch("job_b/1", revision=0, lines_seen=0, settle_s=0, hold_s=0)

    assert first
    assert second
    assert second["rss_bytes"] < first["rss_bytes"] + 32 * 2**20


def test_a_run_reads_the_own_candles_that_its_spec_names_from_the_store_and_the_next_one_knows_nothing_of_them(place: RunnerPlace) -> None:
    own = put(Artifacts(place.artifacts_url), Rows(bars=1000))
    spec = BacktestSpec.model_validate({"symbol": "ACME", "timeframe": "4h", "own": (own,)})
    runner, ends = Runner(TRAINER), []

    for number, each in enumerate([spec, spec.model_copy(update={"own": ()})]):
        asked = replace(an_assignment(f"job_{number}/1"), kind=JobKind.BACKTEST, runs=BACKTEST, spec=each.model_dump(mode="json"))
        assert runner.start(order_of(asked, place=place))
        wait_for_its_end(runner, f"job_{number}/1")
        ends.append((runner.watch(f"job_{number}/1", revision=0, lines_seen=0, settle_s=0, hold_s=0) or {})["end"])
        end(runner, f"job_{number}/1")

    assert BacktestResult.model_validate_json(ends[0]["result"]).run_card["data_hash"] == own.sha256
    assert "There are no candles for 'ACME'" in ends[1]["error"]["message"]
