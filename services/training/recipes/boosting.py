"""Gradient boosting by LightGBM for recipes: the same rows and settings give the same trees, kept as LightGBM's own text."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import lightgbm
import numpy as np

from services.training.recipes.table import Floats

# Left to itself LightGBM times two layouts and takes the faster, which may differ from run to run.
FIXED: Final[Mapping[str, Any]] = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1, "metric": "none"}


class Settings(Protocol):
    """What a manifest says of LightGBM."""

    @property
    def n_estimators(self) -> int:
        """Trees."""
        ...

    @property
    def learning_rate(self) -> float:
        """How much each tree counts."""
        ...

    @property
    def num_leaves(self) -> int:
        """Leaves of a tree."""
        ...

    @property
    def min_child_samples(self) -> int:
        """Rows of a leaf at least."""
        ...

    @property
    def l2(self) -> float:
        """How much large leaves are held back."""
        ...


def boost(
    matrix: Floats,
    targets: Floats,
    *,
    settings: Settings,
    objective: str,
    seed: int,
    categorical: Sequence[int] = (),
    monotone: Sequence[int] | None = None,
    weights: Floats | None = None,
    on_round: Any = None,
) -> Any:
    """Return a booster of `objective` (`regression`, `binary`, `poisson`) over matrix (rows, columns) and targets (rows,).

    `categorical` are the columns of codes; `monotone` says of each column -1, 0 or 1. `on_round` is called with each finished round and
    how many there are.
    """
    chosen: dict[str, Any] = {
        "objective": objective,
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": settings.min_child_samples,
        "lambda_l2": settings.l2,
        "seed": seed,
        **FIXED,
    }
    if monotone is not None:
        chosen["monotone_constraints"] = list(monotone)
    rows = lightgbm.Dataset(matrix, label=targets, weight=weights, categorical_feature=list(categorical), free_raw_data=True)
    told = [] if on_round is None else [lambda env: on_round(env.iteration + 1, env.end_iteration)]
    # As it is kept, so that a fit that was taken up answers, and weighs its features, as one that was not interrupted.
    return opened(written(lightgbm.train(chosen, rows, settings.n_estimators, callbacks=told)))


def answers(booster: Any, matrix: Floats) -> Floats:
    """Return a booster's answers (rows,): chances of a binary one, means of the others."""
    if not len(matrix):
        return np.zeros(0)
    return np.asarray(booster.predict(matrix, num_threads=1), dtype=np.float64)


def written(booster: Any) -> bytes:
    """Return a booster as LightGBM's text, which `opened` reads back to the same answers."""
    return str(booster.model_to_string(num_iteration=-1)).encode()


def opened(data: bytes) -> Any:
    """Return the booster of such a text."""
    return lightgbm.Booster(model_str=data.decode())


def shares(booster: Any, names: Sequence[str]) -> dict[str, float]:
    """Return how much each feature gained of the whole, summing to 1; empty where no tree was split."""
    gained = np.asarray(booster.feature_importance(importance_type="gain"), dtype=np.float64)
    total = float(gained.sum())
    return {} if total <= 0 else {name: float(gain / total) for name, gain in zip(names, gained, strict=True)}
