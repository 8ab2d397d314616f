"""A job of two workers on a real Ray cluster: they learn together, are told of as one, and are gone when their job is."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from libs.contracts.training import JobState, ModelType, TrainingRequested, TrainingSpec
from tests.training.conftest import Story, until

WITHIN_S = 900
# CPU seconds that each worker uses before the job is cancelled, and what may not have been told yet by then.
WORKED_S, UNTOLD_S = 4, 3


FORECASTER = {"model_type": ModelType.TIME_SERIES, "algorithm": "NHITS", "target_variable": "close"}
CLASSIFIER = {"model_type": ModelType.CLASSIFICATION, "algorithm": "GRU", "target_variable": "signal_type"}
WINDOW = {"NHITS": "encoder_length", "GRU": "sequence_length"}


async def request(story: Story, model: dict[str, Any], *, epochs: int) -> TrainingRequested:
    spec = TrainingSpec(
        **model,
        features=("rsi_14",),
        hyperparameters={"max_epochs": epochs, WINDOW[model["algorithm"]]: 10, "hidden_size": 8, "early_stopping_patience": None},
        training_config={"symbols": ["AAPL"], "start_date": "2010-01-01", "cross_validation_folds": 0, "num_workers": 2},
    )
    made = story.a_request().model_copy(update={"spec": spec})
    await story.gateway.publish(made)
    return made


def epochs_of(story: Story, made: TrainingRequested) -> list[float]:
    return [each["metrics"]["epoch"] for each in story.told(made, "training.progressed") if each["metrics"].get("epoch")]


def seconds_told(story: Story, made: TrainingRequested) -> float:
    """The CPU seconds that were last told of a job."""
    return float(story.told(made, "training.progressed")[-1]["compute_hours"]) * 3600


def workers(story: Story) -> list[psutil.Process]:
    """The processes of Ray Train's workers that the story's cluster has; other stories have clusters of their own."""
    found = []
    for each in psutil.process_iter(["cmdline"]):
        if any("RayTrainWorker" in part for part in each.info["cmdline"] or ()):
            with suppress(psutil.Error):
                if any(story.settings.ray_address in part for above in each.parents() for part in above.cmdline()):
                    found.append(each)
    return found


def kept(story: Story, made: TrainingRequested) -> bool:
    """Whether an epoch was kept: a later attempt goes on after it."""
    return (Path(story.settings.artifacts_url) / "named" / "checkpoints" / f"{made.job_id}.npz").exists()


async def at_work(story: Story, model: dict[str, Any], *, epochs: int) -> tuple[TrainingRequested, list[psutil.Process]]:
    """Begin a job; return it with its two workers when an epoch was told and kept."""
    before = {each.pid for each in workers(story)}
    made = await request(story, model, epochs=epochs)
    await until(lambda: bool(story.ends(made)) or (bool(epochs_of(story, made)) and kept(story, made)), within=WITHIN_S)
    assert story.ends(made) == []
    mine = [each for each in workers(story) if each.pid not in before]
    assert len(mine) == 2
    return made, mine


def are_gone(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def lines_of(story: Story, made: TrainingRequested) -> list[dict[str, Any]]:
    return [each for event in story.told(made) for each in event["logs"]]


def cpu_of(processes: list[psutil.Process]) -> float:
    """Return the CPU seconds that these processes have used since they were started."""
    return sum(sum(each.cpu_times()[:2]) for each in processes)


@pytest.mark.soak  # A killed process of a network's job has its story in test_networks_on_ray.py; here it is one of two.
@pytest.mark.timeout(1000)
async def test_a_job_whose_worker_is_killed_goes_on_after_the_epoch_that_was_kept(ray_story: Story) -> None:
    async with ray_story.service():
        made, mine = await at_work(ray_story, CLASSIFIER, epochs=100)
        mine[-1].kill()
        await until(lambda: bool(ray_story.ends(made)), within=WITHIN_S)

    (end,) = ray_story.ends(made)
    assert end["topic"] == "training.completed", end.get("error")
    told = [each["message"] for each in lines_of(ray_story, made)]
    assert any("it is tried again" in words for words in told)
    assert any(words.startswith("Goes on after epoch ") for words in told)
    assert any(words.startswith("Epoch 100 of 100") for words in told)
    assert end["result"]["training_metrics"]["epochs"] == 100
    assert end["result"]["run_card"]["parity"]["score_difference"] < 1e-6
    assert (await ray_story.job(made))["starts"] == 2, told
    assert are_gone(mine)


# A forecaster's workers take a minute to import what they need, and are the same workers.
@pytest.mark.timeout(1000)
@pytest.mark.parametrize("model", [CLASSIFIER, pytest.param(FORECASTER, marks=pytest.mark.soak)], ids=["GRU", "NHITS"])
async def test_workers_of_a_cancelled_job_are_gone_with_it_and_the_cpu_time_of_both_is_counted(
    ray_story: Story, model: dict[str, Any]
) -> None:
    async with ray_story.service():
        made, mine = await at_work(ray_story, model, epochs=500)
        told_s = seconds_told(ray_story, made)
        began = [cpu_of([each]) for each in mine]
        await until(lambda: min(cpu_of([each]) - before for each, before in zip(mine, began, strict=True)) > WORKED_S, within=WITHIN_S)

        answer = await ray_story.cancel(made)

        assert answer.state is JobState.CANCELLED
        await until(lambda: are_gone(mine))
    # More than one of them has worked: the job's own process only waits meanwhile.
    assert float(answer.compute_hours) * 3600 - told_s > 2 * WORKED_S - UNTOLD_S > WORKED_S


@pytest.mark.soak  # The stories above are of the same parts; here nothing disturbs them.
@pytest.mark.timeout(1000)
@pytest.mark.parametrize("model", [FORECASTER, CLASSIFIER], ids=WINDOW)
async def test_two_workers_train_one_model_and_both_their_times_are_counted(ray_story: Story, model: dict[str, Any]) -> None:
    async with ray_story.service():
        made = await request(ray_story, model, epochs=3)
        await until(lambda: bool(ray_story.ends(made)), within=WITHIN_S)

    (end,) = ray_story.ends(made)
    assert end["topic"] == "training.completed", end.get("error")
    assert any(each["message"].startswith("Epoch 3 of 3") for each in lines_of(ray_story, made))
    assert end["result"]["training_metrics"]["epochs"] == 3
    assert end["result"]["run_card"]["parity"]["score_difference"] < 1e-6
    assert float(end["compute_hours"]) > 0
