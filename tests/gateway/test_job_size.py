"""How large a training is before it starts: what makes it longer makes its estimate longer, and it is near what was measured."""

from typing import Any

import pytest

from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.training import TrainingSpec
from services.gateway.domain.jobs.job_size import FAMILIES, size_hours

FEATURES = tuple(f"rsi_{length}" for length in range(2, 14))


def seconds(algorithm: str, *, features: int = 5, symbols: int = 1, folds: int = 0, num_workers: int = 1, **settings: Any) -> float:
    spec = TrainingSpec(
        model_type=ALGORITHMS[algorithm].model_types[0],
        algorithm=algorithm,
        target_variable="signal_type",
        features=FEATURES[:features],
        hyperparameters=settings,
        training_config={"symbols": ["AAPL"] * symbols, "cross_validation_folds": folds, "num_workers": num_workers},
    )
    return size_hours(spec) * 3600


def test_every_algorithm_has_a_size() -> None:
    assert FAMILIES.keys() == ALGORITHMS.keys()


@pytest.mark.parametrize(
    ("algorithm", "larger"),
    [
        ("LSTM", {"hidden_size": 128}), ("LSTM", {"sequence_length": 120}), ("LSTM", {"num_layers": 3}), ("LSTM", {"max_epochs": 200}),
        ("GRU", {"hidden_size": 128}), ("TRANSFORMER", {"num_layers": 3}), ("ENSEMBLE", {"dim_feedforward": 512}), ("TFT", {"encoder_length": 120}), ("TFT", {"hidden_size": 128}), ("DEEPAR", {"num_layers": 4}),
        ("NHITS", {"hidden_size": 256}), ("NHITS", {"max_epochs": 500}), ("RANDOM_FOREST", {"n_estimators": 500}),
        ("RANDOM_FOREST", {"max_depth": 20}), ("RANDOM_FOREST", {"max_features": None}), ("EXTRA_TREES", {"max_depth": None}),
        ("XGBOOST", {"max_depth": 12}), ("XGBOOST", {"n_estimators": 500}), ("LIGHTGBM", {"num_leaves": 255}),
        ("LOGISTIC_REGRESSION", {"features": 12}), ("RIDGE", {"symbols": 6}), ("LSTM", {"features": 12}), ("LSTM", {"folds": 5}),
        ("XGBOOST", {"folds": 10}), ("LSTM", {"num_workers": 4}),
    ],
    ids=str,
)  # fmt: skip
def test_what_makes_a_training_longer_makes_it_larger(algorithm: str, larger: dict[str, Any]) -> None:
    assert seconds(algorithm, **larger) > seconds(algorithm)


# CPU seconds of one core, as docs/guides/compute.md has them.
@pytest.mark.parametrize(
    ("measured", "algorithm", "work"),
    [
        (3.2, "RANDOM_FOREST", {"symbols": 2, "folds": 2}),
        (27.1, "RANDOM_FOREST", {"symbols": 2, "folds": 2, "features": 12, "n_estimators": 200, "max_depth": 20}),
        (31.0, "EXTRA_TREES", {"symbols": 2, "folds": 2, "features": 12, "n_estimators": 200, "max_depth": 20}),
        (8.8, "XGBOOST", {"symbols": 2, "folds": 2, "features": 12, "n_estimators": 500}),
        (12.0, "LIGHTGBM", {"symbols": 2, "folds": 2, "features": 12, "n_estimators": 500}),
        (3.8, "LSTM", {"sequence_length": 2, "hidden_size": 4, "max_epochs": 3}),
        (51.9, "LSTM", {"sequence_length": 120, "hidden_size": 128, "num_layers": 3, "max_epochs": 1}),
        (50.5, "GRU", {"sequence_length": 120, "hidden_size": 128, "num_layers": 3, "max_epochs": 1}),
        (10.9, "TRANSFORMER", {"max_epochs": 2}),
        (25.8, "TRANSFORMER", {"sequence_length": 60, "hidden_size": 64, "num_layers": 2, "dim_feedforward": 128, "max_epochs": 1}),
        (
            108.2,
            "TRANSFORMER",
            {"sequence_length": 120, "hidden_size": 128, "num_layers": 3, "dim_feedforward": 256, "max_epochs": 1},
        ),
        (8.5, "ENSEMBLE", {"max_epochs": 2}),
        (37.1, "TFT", {"max_epochs": 2}),
        (73.2, "TFT", {"encoder_length": 60, "hidden_size": 64, "num_layers": 2, "max_epochs": 1}),
        (7.2, "NHITS", {"max_epochs": 2}),
        (38.7, "DEEPAR", {"max_epochs": 2}),
    ],
    ids=str,
)
def test_a_size_is_near_what_was_measured(measured: float, algorithm: str, work: dict[str, Any]) -> None:
    assert measured / 2 < seconds(algorithm, **work) < 2.5 * measured
