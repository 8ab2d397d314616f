"""What a policy of actions is worth, told from rows at which other actions may have been done: doubly robust estimates.

Of each row and action: what the model expects, and where that action was done what came of it beyond that, by the chance of the action
(Robins, Rotnitzky and Zhao 1994; Dudík, Langford and Li 2011). The model has not learned from these rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from services.training.recipes.next_best_action.actions import Codes
from services.training.recipes.table import Floats


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its interval."""

    value: float
    low: float
    high: float


def row_values(expected: Floats, *, codes: Codes, outcome: Floats, chances: Floats) -> Floats:
    """Return the doubly robust outcome of each action on each row (rows, actions).

    `expected` and `chances` are (rows, actions), `codes` and `outcome` what was done and what came of it (rows,).
    """
    rows = np.arange(len(codes))
    out = expected.astype(np.float64, copy=True)
    out[rows, codes] += (outcome - expected[rows, codes]) / chances[rows, codes]
    return out


def certain(policy: Codes, *, actions: int) -> Floats:
    """Return the chances (rows, actions) of a policy that leaves nothing to chance (rows,)."""
    return np.asarray(np.eye(actions)[policy], dtype=np.float64)


def worth(values: Floats, *, policy: Floats, costs: Floats) -> Floats:
    """Return what each row is worth (rows,) under a policy's chances (rows, actions): `values` in money, less `costs` (actions,)."""
    return np.asarray((policy * (values - costs)).sum(axis=1), dtype=np.float64)


def effective_rows(policy: Floats, *, codes: Codes, chances: Floats) -> float:
    """Return Kish's effective sample size of the weights with which rows tell of a policy: its chance of what was done, by that chance."""
    rows = np.arange(len(codes))
    weights = policy[rows, codes] / chances[rows, codes]
    return float(weights.sum()) ** 2 / max(float(weights @ weights), 1e-300)


def mean_of(values: Floats, *, clusters: NDArray[np.int64], confidence: float) -> Mean:
    """Return the mean of values (rows,) with a normal interval whose error is clustered."""
    mean = float(values.mean())
    sums = np.bincount(clusters, values - mean)
    groups = len(sums)
    error = float(np.sqrt(groups / max(groups - 1, 1) * float(sums @ sums))) / len(values)
    half = float(norm.ppf(0.5 + confidence / 2)) * error
    return Mean(mean, mean - half, mean + half)


def choose(gain: Floats, *, budget_share: float) -> Codes:
    """Return the action of each row that gains the most (rows,), 0 where none gains; at most a share of the rows is treated.

    `gain` is (rows, actions), in money and less costs; its first column is 0.
    """
    best: Codes = np.asarray(np.argmax(gain, axis=1), dtype=np.int64)
    allowed = int(budget_share * len(gain))
    if int((best > 0).sum()) > allowed:
        order = np.argsort(-gain[np.arange(len(gain)), best], kind="stable")
        best[order[allowed:]] = 0
    return best
