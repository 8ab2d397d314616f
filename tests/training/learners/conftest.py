"""What a training needs around it: an artifact store in a folder, real candles, and something that remembers."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.training import ModelType, TrainingSpec
from libs.market.candles import Market
from services.training.learners.progress import Progress
from services.training.learners.train import Trained, train

DOCUMENTED_FEATURES = ("rsi_14", "macd_signal", "bollinger_position", "volume_ma_ratio", "price_ma_50_ratio")


class InterruptionError(Exception):
    """The runner is gone, as if killed."""


@dataclass
class MemoryCheckpoints:
    """Keeps what was saved as JSON text and bytes, as the real one does; can be made to die after some saves of either kind."""

    text: str | None = None
    saves: int = 0
    dies_after: int | None = None
    fit: bytes | None = None
    fit_saves: int = 0
    dies_after_fits: int | None = None

    def load(self) -> dict[str, Any] | None:
        return None if self.text is None else json.loads(self.text)

    def save(self, state: dict[str, Any], /) -> None:
        self.text = json.dumps(state)
        self.saves += 1
        if self.saves == self.dies_after:
            raise InterruptionError

    def load_fit(self) -> bytes | None:
        return self.fit

    def save_fit(self, data: bytes, /) -> None:
        self.fit = data
        self.fit_saves += 1
        if self.fit_saves == self.dies_after_fits:
            raise InterruptionError


@dataclass
class Workshop:
    """Trains specs and keeps what was told; pictures, which take most of so small a training, only for whoever looks at them."""

    artifacts: Artifacts
    market: Market
    pictures: bool = False
    told: list[Progress] = field(default_factory=list)

    def train(self, spec: TrainingSpec, *, checkpoints: MemoryCheckpoints | None = None, **named: str) -> Trained:
        return train(
            spec,
            **{"job_id": "job_test", "version": "1.3", "model_name": "Momentum"} | named,
            artifacts=self.artifacts,
            market=self.market,
            report=self.told.append,
            checkpoints=checkpoints or MemoryCheckpoints(),
            pictures=self.pictures,
        )

    @property
    def messages(self) -> list[str]:
        return [each.message for each in self.told if each.message]


@pytest.fixture(scope="session")
def market() -> Market:
    return Market(None, synthetic_allowed=False)


@pytest.fixture
def workshop(tmp_path: Path, market: Market) -> Workshop:
    return Workshop(Artifacts(str(tmp_path / "artifacts")), market)


# Every learner with every task it takes; forecasters have stories of their own (test_forecasting.py).
CASES = [(each.name, kind) for each in ALGORITHMS.values() for kind in each.model_types if kind is not ModelType.TIME_SERIES]


def one_of_each_task(*algorithms: str) -> list[Any]:
    """Return all cases; what rests on code that all learners share is proven in the suite with these algorithms alone, the rest is soak."""
    return [pytest.param(*case, marks=() if case[0] in algorithms else pytest.mark.soak) for case in CASES]


@dataclass
class Once:
    """Trains the usual request of a learner once for all tests that look at what comes of it."""

    folder: Path
    market: Market
    pictures: bool = False
    done: dict[tuple[str, ModelType], tuple[Workshop, Trained]] = field(default_factory=dict)

    def __call__(self, algorithm: str, kind: ModelType) -> tuple[Workshop, Trained]:
        if (algorithm, kind) not in self.done:
            workshop = Workshop(Artifacts(str(self.folder / f"{algorithm}-{kind}")), self.market, self.pictures)
            self.done[algorithm, kind] = workshop, workshop.train(usual(algorithm, kind))
        return self.done[algorithm, kind]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, market: Market) -> Once:
    return Once(tmp_path_factory.mktemp("trained"), market)


def usual(algorithm: str, kind: ModelType) -> TrainingSpec:
    """Return a small request that leaves something to chance wherever the learner can."""
    return spec(algorithm, kind=kind, hyperparameters={"subsample": 0.7, "subsample_freq": 1} if algorithm == "LIGHTGBM" else None)


def spec(
    algorithm: str = "RANDOM_FOREST",
    *,
    kind: ModelType = ModelType.CLASSIFICATION,
    hyperparameters: dict[str, Any] | None = None,
    features: tuple[str, ...] = DOCUMENTED_FEATURES,
    **config: Any,
) -> TrainingSpec:
    """Return a small request: four years of two stocks, two folds."""
    small: dict[str, Any] = {}
    if algorithm in {"RANDOM_FOREST", "EXTRA_TREES", "XGBOOST", "LIGHTGBM"}:
        small = {"n_estimators": 10, "max_depth": 5}
    elif algorithm in {"LSTM", "GRU", "TRANSFORMER", "ENSEMBLE"}:
        small = {"sequence_length": 8, "hidden_size": 8, "max_epochs": 4, "learning_rate": 0.01}
    return TrainingSpec(
        model_type=kind,
        algorithm=algorithm,
        target_variable="signal_type" if kind is ModelType.CLASSIFICATION else "forward_return",
        features=features,
        hyperparameters=small | (hyperparameters or {}),
        training_config={"symbols": ["AAPL", "MSFT"], "start_date": "2009-01-01", "end_date": "2012-12-31", "cross_validation_folds": 2}
        | config,
    )
