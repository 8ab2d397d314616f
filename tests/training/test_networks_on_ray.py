"""Real networks on a real Ray cluster: epochs are told while they run, a killed process costs nothing but time, a cancelled one is gone."""

import os
import signal
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import JobState, TrainingRequested
from libs.market.candles import Market
from services.training.learners.train import train
from tests.training.conftest import Story, pids_in, until
from tests.training.learners.conftest import MemoryCheckpoints
from tests.training.trainers import network_spec

# What a killed or cancelled process costs any job is in test_on_ray.py, that a fit goes on in its middle in learners/test_sequences.py.
pytestmark = pytest.mark.soak

NETWORK = {"sequence_length": 30, "hidden_size": 64, "max_epochs": 30, "early_stopping_patience": None}
ENDLESS = {"sequence_length": 120, "hidden_size": 128, "num_layers": 3, "batch_size": 1024, "max_epochs": 500}


def epochs_told(story: Story, request: TrainingRequested) -> list[float]:
    return [each["metrics"]["epoch"] for each in story.told(request, "training.progressed") if each["metrics"].get("epoch")]


def checkpoint_of(story: Story, request: TrainingRequested) -> Path:
    return Path(story.settings.artifacts_url) / "named" / "checkpoints" / f"{request.job_id}.npz"


def measured(result: dict[str, Any]) -> dict[str, Any]:
    """All that was measured, durations apart, and the plots, whose titles have the model's name."""
    return result | {"run_card": {name: value for name, value in result["run_card"].items() if name != "durations"}, "plots": None}


def files(artifacts: Artifacts, manifest: str) -> dict[str, Any]:
    """The model's files, to the last bit."""
    return dict(orjson.loads(artifacts.get(manifest))["files"])


async def test_a_network_whose_process_is_killed_between_two_epochs_ends_as_if_nothing_had_happened(
    ray_story: Story, tmp_path: Path
) -> None:
    other = Artifacts(str(tmp_path / "other"))
    undisturbed = train(
        network_spec(NETWORK, config={}),
        job_id="job_undisturbed",
        version="1.0.0",
        model_name="",
        artifacts=other,
        market=Market(None, synthetic_allowed=False),
        report=lambda _: None,
        checkpoints=MemoryCheckpoints(),
        pictures=False,
    )

    async with ray_story.service():
        request = await ray_story.request(network=NETWORK, config={}, pids=str(ray_story.folder))
        await until(lambda: checkpoint_of(ray_story, request).exists() and bool(epochs_told(ray_story, request)), within=120)
        os.kill(*pids_in(ray_story.folder), signal.SIGKILL)
        await until(lambda: bool(ray_story.ends(request)), within=120)
        end = await ray_story.ended(request)
        await until(lambda: not checkpoint_of(ray_story, request).exists())

    assert end["topic"] == "training.completed"
    assert (await ray_story.job(request))["starts"] == 2
    assert any(line["message"].startswith("Goes on after epoch ") for line in (await ray_story.job(request))["logs"])
    assert files(Artifacts(ray_story.settings.artifacts_url), end["artifact"]["sha256"]) == files(other, undisturbed.artifact.sha256)
    assert measured(end["result"]) == measured(undisturbed.result.model_dump(mode="json"))
    assert {30.0} <= {each["metrics"].get("total_epochs") for each in ray_story.told(request, "training.progressed")}


async def test_a_network_cancelled_in_the_middle_of_an_epoch_is_gone_when_the_answer_comes(ray_story: Story) -> None:
    whole = {"start_date": None, "end_date": None}

    async with ray_story.service():
        request = await ray_story.request(network=ENDLESS, config=whole, pids=str(ray_story.folder))
        fitting = "fitting the final model"
        await until(lambda: any(each["stage"] == fitting for each in ray_story.told(request, "training.progressed")), within=120)
        (pid,) = pids_in(ray_story.folder)

        answer = await ray_story.cancel(request)

    assert answer.state is JobState.CANCELLED
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert len(epochs_told(ray_story, request)) < 500
    assert not checkpoint_of(ray_story, request).exists()
