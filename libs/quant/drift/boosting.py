"""Small boosted trees that tell rows apart, or their losses: the same rows give the same trees, on one thread."""

from collections.abc import Iterator
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers

ROUNDS: Final = 60
FOLDS: Final = 5
_SETTINGS: Final[dict[str, Any]] = {
    "learning_rate": 0.08,
    "num_leaves": 15,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


def fit_trees(rows: Floats, targets: NDArray[Any], *, objective: Literal["binary", "regression"], seed: int) -> Any:
    """Return a LightGBM booster of rows (rows, columns), whose missing values go their own way (Ke et al. 2017)."""
    import lightgbm  # noqa: PLC0415 - a second, which whoever fits nothing need not take

    least = max(5, min(100, len(rows) // 50))
    settings = {**_SETTINGS, "objective": objective, "min_data_in_leaf": least, "seed": seed}
    data = lightgbm.Dataset(rows, label=targets, params={"verbosity": -1, "max_bin": _SETTINGS["max_bin"], "num_threads": 1})
    return lightgbm.train(settings, data, num_boost_round=ROUNDS)


def said_by(trees: Any, rows: Floats) -> Floats:
    """Return what trees say of rows (rows,)."""
    return np.asarray(trees.predict(rows, num_threads=1), dtype=np.float64)


def stretches(rows: int, *, folds: int = FOLDS) -> Iterator[tuple[Integers, Integers]]:
    """Yield the rows to learn from and those to be judged on, of folds that are stretches: neighbours stay together."""
    every = np.arange(rows)
    for part in np.array_split(every, folds):
        yield np.concatenate([every[: part[0]], every[part[-1] + 1 :]]), part
