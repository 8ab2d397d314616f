"""The candle's own columns as features: learners learn from them, and their files answer as they do."""

import pytest

from tests.training.learners.conftest import Workshop, spec

RAW = ("price_open", "price_high", "price_low", "price_close", "volume")
SMALL = {"max_epochs": 2, "early_stopping_patience": None}


@pytest.mark.parametrize("algorithm", ["LIGHTGBM", "LOGISTIC_REGRESSION", pytest.param("GRU", marks=pytest.mark.soak)])
def test_a_learner_learns_from_raw_columns(workshop: Workshop, algorithm: str) -> None:
    trained = workshop.train(spec(algorithm, features=RAW, hyperparameters=SMALL if algorithm == "GRU" else {}))

    assert trained.result.metrics["accuracy"] is not None
