"""The command makes a model of what comes by a pipe, trains it, and asks it, also by hand, where it abstains."""

import json
from dataclasses import dataclass

import pytest

from tests.client.command import Command, Done
from tests.journeys.customer import FEATURES, small_model

pytestmark = pytest.mark.journey


@dataclass(frozen=True)
class FromAPipe:
    """A model that came by a pipe, and how its training ended."""

    model_id: str
    training: Done


@pytest.fixture(scope="module")
def from_a_pipe(ada_types: Command) -> FromAPipe:
    """A model that abstains where it has seen nothing of the kind, trained by who waits for it."""
    model = small_model("from a pipe")
    model["training_config"] = {**model["training_config"], "abstain_when": {"quality_below": 0.01}}
    model_id = ada_types("models", "create", "--file", "-", "--json", stdin=json.dumps(model)).json["id"]
    return FromAPipe(model_id, ada_types("train", model_id, "--name", "first", "--json"))


def test_a_model_is_made_from_stdin_trained_and_asked(ada_types: Command, from_a_pipe: FromAPipe) -> None:
    trained = from_a_pipe.training

    assert trained.status == 0, trained.err
    assert (trained.json["status"], trained.json["job_name"]) == ("COMPLETED", "first")
    assert "completed" in trained.err
    predicted = ada_types("predict", from_a_pipe.model_id, "AAPL", "MSFT", "--json").json
    assert [row["symbol"] for row in predicted["predictions"]] == ["AAPL", "MSFT"]
    assert all(0 <= row["quality"] <= 1 and row["model_age_days"] >= 0 for row in predicted["predictions"])


def test_a_model_that_is_asked_by_hand_and_abstains_says_so_in_the_row_and_why(ada_types: Command, from_a_pipe: FromAPipe) -> None:
    features = json.dumps({"AAPL": dict.fromkeys(FEATURES, 0.5)})

    told = ada_types("predict", from_a_pipe.model_id, "AAPL", "--features", "-", stdin=features)
    by_hand = ada_types("predict", from_a_pipe.model_id, "AAPL", "--features", "-", "--json", stdin=features).json["predictions"][0]

    assert "ABSTAIN (quality_below)" in told.out
    assert "AAPL abstains: Its quality is 0, below 0.01" in told.err
    assert (by_hand["prediction"], by_hand["quality"], by_hand["abstained"]["rule"]) == ("ABSTAIN", 0.0, "quality_below")
    assert by_hand["as_of"] is None
    shown = ada_types("models", "show", from_a_pipe.model_id, "--json").json
    assert shown["training_config"]["abstain_when"] == {"quality_below": 0.01}
