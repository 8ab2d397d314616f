"""ENSEMBLE: three networks in one, each as it would be alone, as sure as it is right and counting for what it helps."""

from typing import Any

import numpy as np
import pytest

from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import ModelType
from libs.quant.calibration import chances_of
from services.training.learners.catalogue import make_learner
from services.training.learners.ensembles import EnsembleClassifier, FittedEnsemble, pooled
from services.training.learners.learner import Epoch, Fitted, loss_of, probabilities
from services.training.learners.networks import set_aside
from services.training.learners.parity import check_parity
from services.training.learners.unfinished import Memory
from tests.training.learners.conftest import InterruptionError, MemoryCheckpoints, Once
from tests.training.learners.test_sequences import STEPS, no_report, sample

SMALL: dict[str, HyperparameterValue] = {"sequence_length": STEPS, "hidden_size": 8, "dim_feedforward": 16, "max_epochs": 3}
MEMBERS = ("LSTM", "GRU", "TRANSFORMER")


def fit(algorithm: str, **settings: HyperparameterValue) -> Any:
    learner = make_learner(algorithm, model_type=ModelType.CLASSIFICATION, hyperparameters=SMALL | settings, classes=3)
    return learner.fit(sample(), watched=None, on_epoch=no_report)


def ensemble(memory: Memory | None = None) -> EnsembleClassifier:
    learner = make_learner("ENSEMBLE", model_type=ModelType.CLASSIFICATION, hyperparameters=SMALL | {"learning_rate": 0.02}, classes=3)
    assert isinstance(learner, EnsembleClassifier)
    return learner if memory is None else learner.remembering(memory)


@pytest.fixture(scope="module")
def undisturbed() -> FittedEnsemble:
    return ensemble().fit(sample(), watched=None, on_epoch=no_report)


@pytest.fixture(scope="module")
def alone() -> dict[str, Fitted]:
    """Each member, trained by itself."""
    return {name: fit(name, learning_rate=0.02) for name in MEMBERS}


def test_it_answers_with_the_weighted_mean_of_what_its_members_would_say_alone(undisturbed: Any, alone: dict[str, Fitted]) -> None:
    unseen = sample(rows=400, seed=1).rows
    members = undisturbed.pool["members"]

    told = [
        members[name]["weight"] * chances_of(member.scores(unseen), temperature=members[name]["temperature"])
        for name, member in alone.items()
    ]

    assert sum(each["weight"] for each in members.values()) == pytest.approx(1.0)
    assert probabilities(undisturbed.scores(unseen), scale=undisturbed.scale) == pytest.approx(np.sum(told, axis=0), abs=1e-5)
    assert undisturbed.pool["validation_loss"] <= min(each["validation_loss"] for each in members.values()) + 1e-5
    assert all(each["validation_loss"] <= each["uncalibrated_validation_loss"] + 1e-9 for each in members.values())


def test_its_one_file_answers_and_explains_as_the_trained_members(undisturbed: FittedEnsemble) -> None:
    saved, unseen = undisturbed.save(), sample(rows=2000, seed=1).rows

    parity = check_parity(undisturbed, saved=saved, rows=unseen)

    assert (saved.explainer, saved.scale, saved.sequence_length, saved.inputs) == ("coalitions", "log-odds", STEPS, {"x": "window"})
    assert parity.score_difference < 1e-5
    assert parity.additivity_error < 1e-6
    assert undisturbed.scores(unseen).sum(axis=1) == pytest.approx(np.zeros(2000), abs=1e-5)


def test_a_member_that_learned_nothing_counts_for_little_or_nothing() -> None:
    _, held = set_aside(sample(), share=0.15)
    good: Any = fit("GRU", learning_rate=0.02, max_epochs=12)
    poor = {name: fit(name, learning_rate=1e-9, max_epochs=1) for name in ("LSTM", "TRANSFORMER")}

    found = pooled({"GRU": good, **poor}, held=held)

    members = found.pool["members"]
    assert members["GRU"]["weight"] > 0.9
    assert members["GRU"]["validation_loss"] < min(members[name]["validation_loss"] for name in poor)
    assert loss_of(found.scores(held.rows), held.targets, scale=found.scale)[0] <= members["GRU"]["validation_loss"] + 1e-5
    assert found.parameters <= sum(each.parameters for each in (good, *poor.values()))


def test_a_fit_that_died_within_a_member_goes_on_there_and_ends_with_the_same_bytes(
    undisturbed: FittedEnsemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.training.learners.unfinished.KEEP_EVERY_S", 0.0)
    said: list[str] = []
    told: list[Epoch] = []
    # The first member keeps its three epochs and its end: the second dies after its second epoch.
    checkpoints = MemoryCheckpoints(dies_after_fits=6)
    with pytest.raises(InterruptionError):
        ensemble(Memory(checkpoints, "key", said.append)).fit(sample(), watched=None, on_epoch=no_report)

    resumed = ensemble(Memory(checkpoints, "key", said.append)).fit(sample(), watched=None, on_epoch=told.append)

    assert said == [
        f"{name}: Goes on after epoch {epoch}, which the attempt before had reached" for name, epoch in (("LSTM", 3), ("GRU", 2))
    ]
    assert [(each.member, each.number, each.total) for each in told] == [
        ("GRU", 6, 9),
        *(("TRANSFORMER", number, 9) for number in (7, 8, 9)),
    ]
    assert resumed.save() == undisturbed.save()
    assert resumed.pool == undisturbed.pool


def test_the_run_card_says_what_it_is_made_of_and_progress_counts_on_over_all_members(once: Once) -> None:
    workshop, trained = once("ENSEMBLE", ModelType.CLASSIFICATION)

    result = trained.result
    pool = result.run_card["ensemble"]
    assert tuple(pool["members"]) == MEMBERS
    assert pool["rows"] == result.run_card["held_rows"] > 0
    assert (result.training_metrics["epochs"], result.training_metrics["best_epoch"]) == (12, None)
    assert "run card" in result.reasons["best_epoch"]
    assert result.run_card["parameters"] > 0
    assert "Fitting at most 12 epochs" in workshop.messages
    lines = [each for each in workshop.messages if each.startswith("Epoch ")]
    assert [each.split(":")[0] for each in lines] == [f"Epoch {n} of 12 ({MEMBERS[(n - 1) // 4]})" for n in range(1, 13)]
