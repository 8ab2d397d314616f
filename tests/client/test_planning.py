"""What a training will take and what a tier may use, before one starts."""

import pytest

from modelbourse import Modelbourse
from tests.client.command import Command
from tests.client.conftest import Trained

pytestmark = pytest.mark.journey


def test_a_training_is_estimated_before_and_when_it_starts(ada_types: Command, trained: str, shorter: Trained) -> None:
    before, job = shorter.before, shorter.job

    assert before.estimate.hours > 0
    assert job.started is not None
    assert job.started.estimate.hours > 0
    # Three past jobs of hers are enough, else three of everybody's: what else has been trained here decides which.
    told = ada_types("models", "estimate", trained, "--json").json["estimate"]
    assert (told["jobs"] >= 3, told["basis"]) in {(True, "your past jobs"), (True, "all past jobs"), (False, "size only")}
    assert "rests on" in ada_types("models", "estimate", trained).out


def test_the_limits_of_a_tier_are_told(ada_client: Modelbourse, ada_types: Command) -> None:
    limits = ada_client.credits.limits()

    assert limits.tier == ada_client.me().tier
    assert limits.limits.models.used is not None
    assert ada_types("credits", "limits", "--json").json["tier"] == limits.tier
    assert "jobs at once" in ada_types("credits", "limits").out
