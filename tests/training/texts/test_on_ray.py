"""A training on texts on a real Ray cluster: two workers learn one model together."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.ids import new_id
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobRequested
from libs.contracts.texts import TextConfig, TextData, TextResult, TextSpec
from libs.contracts.training import Priority
from tests.training.conftest import Story
from tests.training.texts.conftest import TINY
from tests.training.texts.headlines import headlines


async def request(story: Story, **training: Any) -> JobRequested:
    data = Artifacts(story.settings.artifacts_url).put(json.dumps(headlines(120)).encode())
    config = {"training": {"backbone": TINY, "method": "full", "num_epochs": 2, **training}, "preprocessing": {"max_length": 32}}
    spec = TextSpec(data=TextData(path="data/news.json", artifact=data), config=TextConfig.model_validate(config))
    made = JobRequested(
        sequence=1, kind=JobKind.TRAIN_TEXT, job_id=new_id("job"), account_id="account_1", tier="free", job_name="news", priority=Priority.NORMAL,
        spec=spec.model_dump(mode="json"), reserved_hours=Decimal(1),
    )  # fmt: skip
    await story.gateway.publish(made)
    return made


@pytest.mark.soak  # That the sums of two are those of one is proved in test_loop.py.
@pytest.mark.timeout(600)
async def test_two_workers_learn_one_model(ray_story: Story, backbones: Path) -> None:
    ray_story.settings = ray_story.settings.model_copy(update={"backbones": backbones})
    async with ray_story.service():
        made = await request(ray_story, num_workers=2)
        end = await ray_story.job_ended(made)

    assert end["topic"] == "job.completed", end.get("error")
    result = TextResult.model_validate(end["result"])
    assert result.run_card["processes"] == 2
    assert result.run_card["onnx_difference"] < 1e-5
    assert [each.epoch for each in result.history] == [1, 2]
    assert {"checkpoint-1/state.json", "checkpoint-2/state.json"} <= result.files.keys()
