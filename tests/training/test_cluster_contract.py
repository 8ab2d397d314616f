"""One contract for every cluster: runners in threads (for stories) and real Ray."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from libs.contracts.training import ModelType, TrainingSpec
from services.training.app import RunningCluster, runner_place
from services.training.domain.errors import ClusterAwayError, RunnerGoneError, RunnerSilentError, RunnerTakenError
from services.training.domain.runs import Assignment, Broken, BusyRunner, Done, Sighting
from services.training.settings import Settings
from tests.training.conftest import pids_in, ray_for_tests, until
from tests.training.thread_cluster import Machines, ThreadCluster


@pytest.fixture(params=["threads", "ray"])
def address(request: pytest.FixtureRequest) -> str | None:
    """Where Ray is; None for runners in threads."""
    return str(request.getfixturevalue("ray_address")) if request.param == "ray" else None


@pytest.fixture
async def cluster(address: str | None, settings: Settings) -> AsyncIterator[RunningCluster]:
    def nobody() -> None:
        """No service waits for runners here."""

    made: RunningCluster
    if address:
        settings = settings.model_copy(update={"ray_address": address})
        made = ray_for_tests(settings, on_free=nobody)
    else:
        made = ThreadCluster(Machines(capacity=2), place=runner_place(settings), on_free=nobody)
    async with made.running():
        yield made
        for busy in await made.busy():
            await made.stop(busy.runner, run_id=busy.run_id)


def an_assignment(run_id: str, **script: object) -> Assignment:
    spec = TrainingSpec(
        model_type=ModelType.CLASSIFICATION,
        algorithm="RANDOM_FOREST",
        target_variable="signal_type",
        features=("rsi_14",),
        hyperparameters={"steps": 3} | script,
        training_config={},
    )
    return Assignment(
        run_id=run_id,
        job_id=run_id.partition("/")[0],
        version="1.0.0",
        model_name="Swing",
        spec=spec.model_dump(mode="json"),
        traceparent=None,
    )


async def a_runner(cluster: RunningCluster) -> str:
    found: list[str] = []

    async def free() -> bool:
        runner = await cluster.reserve()
        found.extend([runner] if runner else [])
        return bool(found)

    await until(free)
    return found[0]


async def look(cluster: RunningCluster, runner: str, run_id: str, *, revision: int = 0, lines_seen: int = 0) -> Sighting:
    return await cluster.watch(runner, run_id=run_id, revision=revision, lines_seen=lines_seen, settle_s=0, hold_s=2)


async def until_busy(cluster: RunningCluster, runner: str, run_id: str) -> None:
    """Runners that are slow to answer are left out of a list: ask until it is the only one on it."""

    async def is_busy() -> bool:
        return await cluster.busy() == [BusyRunner(runner=runner, run_id=run_id)]

    await until(is_busy)


async def the_end(cluster: RunningCluster, runner: str, run_id: str) -> Sighting:
    """Look until the run has ended; a runner that is slow to answer is asked again."""
    seen: list[Sighting] = []

    async def has_ended() -> bool:
        with suppress(RunnerSilentError):
            seen.append(await look(cluster, runner, run_id, revision=seen[-1].revision if seen else 0))
        return bool(seen) and seen[-1].end is not None

    await until(has_ended)
    return seen[-1]


async def test_a_run_ends_with_its_result_and_keeps_it(cluster: RunningCluster) -> None:
    runner = await a_runner(cluster)

    await cluster.start(runner, an_assignment("job_a/1"))
    first = await the_end(cluster, runner, "job_a/1")
    again = await look(cluster, runner, "job_a/1", lines_seen=2)

    assert isinstance(first.end, Done)
    assert [line.message for line in first.lines] == ["begins at step 0", "step 1", "step 2", "step 3"]
    assert (first.progress.step, first.progress.percent, first.checkpoints, first.lines_seen) == (3, 99, 3, 4)
    assert 0 < first.seconds == again.seconds
    assert first.rss_bytes > 2**20
    assert again.end == first.end
    assert [line.message for line in again.lines] == ["step 2", "step 3"]


async def test_an_error_of_the_input_is_final_and_another_is_not(cluster: RunningCluster) -> None:
    refused, hiccup = await a_runner(cluster), await a_runner(cluster)

    await cluster.start(refused, an_assignment("job_b/1", fail="final"))
    await cluster.start(hiccup, an_assignment("job_c/1", fail="passing"))
    ends = [(await the_end(cluster, refused, "job_b/1")).end, (await the_end(cluster, hiccup, "job_c/1")).end]

    assert [(end.error.type, end.error.message, end.final) for end in ends if isinstance(end, Broken)] == [
        ("InvalidError", "These symbols have no candles.", True),
        ("OSError", "the disk hiccuped", False),
    ]


async def test_a_runner_has_one_run_only(cluster: RunningCluster, tmp_path: Path) -> None:
    runner = await a_runner(cluster)
    held = an_assignment("job_d/1", hold_at=1, gate=str(tmp_path / "gate"))
    await cluster.start(runner, held)

    await cluster.start(runner, held)
    with pytest.raises(RunnerTakenError):
        await cluster.start(runner, an_assignment("job_e/1"))
    with pytest.raises(RunnerGoneError):
        await look(cluster, runner, "job_e/1")

    await until_busy(cluster, runner, "job_d/1")
    (tmp_path / "gate").touch()
    assert (await the_end(cluster, runner, "job_d/1")).end


async def test_stopping_frees_the_runner_and_spares_others(cluster: RunningCluster, tmp_path: Path) -> None:
    runner = await a_runner(cluster)
    await cluster.start(runner, an_assignment("job_f/1", hold_at=1, gate=str(tmp_path / "gate")))

    spared = await cluster.stop(runner, run_id="job_x/1")
    await until_busy(cluster, runner, "job_f/1")
    seconds = await cluster.stop(runner, run_id="job_f/1")

    assert spared is None
    assert seconds is not None
    assert seconds > 0
    assert await cluster.stop(runner, run_id="job_f/1") is None
    with pytest.raises(RunnerGoneError):
        await look(cluster, runner, "job_f/1")
    assert await cluster.busy() == []
    (tmp_path / "gate").touch()


async def test_a_runner_whose_run_ended_well_takes_another_one_that_finds_the_checkpoint(cluster: RunningCluster) -> None:
    async def one_run() -> tuple[str, Sighting]:
        runner = await a_runner(cluster)
        await cluster.start(runner, an_assignment(run_id))
        end = await the_end(cluster, runner, run_id)
        await cluster.stop(runner, run_id=run_id)
        with pytest.raises(RunnerGoneError):
            await look(cluster, runner, run_id)
        return runner, end

    run_id = "job_g/1"
    used = [await one_run()]
    while used[-1][0] not in [runner for runner, _ in used[:-1]]:
        run_id = f"job_g/{len(used) + 1}"
        used.append(await one_run())

    assert await cluster.busy() == []
    assert [line.message for line in used[-1][1].lines] == ["begins at step 3"]
    assert (used[-1][1].lines_seen, used[-1][1].revision) == (1, 2)


@pytest.mark.parametrize("address", ["ray"], indirect=True)
async def test_a_killed_process_is_a_runner_gone(cluster: RunningCluster, tmp_path: Path) -> None:
    runner = await a_runner(cluster)
    await cluster.start(runner, an_assignment("job_h/1", hold_at=1, gate=str(tmp_path / "gate"), pids=str(tmp_path)))
    await until(lambda: bool(pids_in(tmp_path)))

    os.kill(*pids_in(tmp_path), signal.SIGKILL)

    async def is_gone() -> bool:
        try:
            await look(cluster, runner, "job_h/1")
        except (RunnerSilentError, ClusterAwayError):
            return False  # Ray does not know of its death yet.
        except RunnerGoneError:
            return True
        return False

    await until(is_gone)
