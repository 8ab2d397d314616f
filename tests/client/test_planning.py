"""What a training will take and what a tier may use, before one starts."""

from typing import Any

import httpx
import pytest

from modelbourse import Modelbourse
from modelbourse.answers.answer import Answer
from modelbourse.answers.limits import TierLimits
from modelbourse.answers.planning import TrainingEstimated
from tests.client.command import Command
from tests.client.conftest import Trained
from tests.client.test_answers import STUDIO, answered, missing
from tests.journeys.platform import Platform

pytestmark = pytest.mark.journey
TYPES: list[tuple[str, type[Answer]]] = [
    (f"{STUDIO}/models/{{model_id}}/estimate/", TrainingEstimated),
    (f"{STUDIO}/compute/limits/", TierLimits),
]


def test_a_training_is_estimated_before_and_when_it_starts(ada_types: Command, trained: str, shorter: Trained) -> None:
    before, job = shorter.before, shorter.job

    assert before.estimate.hours > 0
    assert job.started is not None
    assert job.started.estimate is not None
    assert ada_types("models", "estimate", trained, "--json").json["estimate"]["jobs"] >= before.estimate.jobs
    assert "rests on" in ada_types("models", "estimate", trained).out


def test_the_limits_of_a_tier_are_told(ada_client: Modelbourse, ada_types: Command) -> None:
    limits = ada_client.credits.limits()

    assert limits.tier == ada_client.me().tier
    assert limits.limits.models.used is not None
    assert ada_types("credits", "limits", "--json").json["tier"] == limits.tier
    assert "jobs at once" in ada_types("credits", "limits").out


@pytest.mark.parametrize(("path", "kind"), TYPES)
def test_every_documented_key_is_an_attribute(platform: Platform, path: str, kind: type[Answer]) -> None:
    document: dict[str, Any] = httpx.get(f"{platform.gateway}/openapi.json", timeout=60).raise_for_status().json()

    assert list(missing(kind, answered(document, "get", path), document)) == []
