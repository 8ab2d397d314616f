"""Networks on windows that say numbers: they learn them in their own unit, whatever that is, and their files say the same."""

from dataclasses import replace

import numpy as np
import pytest

from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import ModelType
from services.training.learners.catalogue import make_learner
from services.training.learners.learner import Epoch, loss_of
from services.training.learners.parity import check_parity
from tests.training.learners.conftest import Workshop, spec
from tests.training.learners.test_sequences import SMALL, sample


@pytest.mark.parametrize("algorithm", ["GRU", *(pytest.param(name, marks=pytest.mark.soak) for name in ("LSTM", "TRANSFORMER"))])
def test_a_network_says_a_number_of_any_size_that_only_a_memory_can_tell_and_its_reasons_add_up(algorithm: str) -> None:
    told = sample()
    bars = told.rows.bars[told.rows.last - 2, 0]
    values = replace(told, targets=500.0 + 3.0 * bars)
    settings: dict[str, HyperparameterValue] = {"max_epochs": 12, "early_stopping_patience": None}
    network = make_learner(algorithm, model_type=ModelType.REGRESSION, hyperparameters=SMALL | settings, classes=0)
    epochs: list[Epoch] = []

    fitted = network.fit(values, watched=None, on_epoch=epochs.append)

    loss, accuracy = loss_of(fitted.scores(values.rows), values.targets, scale=fitted.scale)
    assert (fitted.scale, accuracy, {each.accuracy for each in epochs}) == ("value", None, {None})
    assert loss < 0.3 * np.var(values.targets)
    assert epochs[-1].loss < epochs[0].loss
    parity = check_parity(fitted, saved=fitted.save(), rows=values.rows[:100])
    assert parity.score_difference < 1e-3
    assert parity.additivity_error < 1e-6


def test_a_training_of_a_network_answers_a_return(workshop: Workshop) -> None:
    result = workshop.train(spec("GRU", kind=ModelType.REGRESSION)).result

    assert result.metrics["rmse"] == pytest.approx(result.baselines["mean_return"]["rmse"], rel=0.5)
    assert result.training_metrics["final_accuracy"] is None
    assert result.run_card["intervals"]["method"].startswith("split conformal")
    assert sum(result.feature_importance.values()) == pytest.approx(1.0)
