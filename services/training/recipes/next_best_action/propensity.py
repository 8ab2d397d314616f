"""With which chance each action was done to each customer: as the data say, or by a logistic regression on what is known of them."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from libs.contracts.envelope import JsonObject
from services.training.recipes.encoding import Encoding
from services.training.recipes.next_best_action.actions import Codes
from services.training.recipes.table import Floats

ROUNDS: Final = 500
KNOWN: Final = "as the data say"
ESTIMATED: Final = "a multinomial logistic regression on the features"
SHARES: Final = "the shares of the actions, as nothing is known of the customers"


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """A multinomial logistic regression over standardised columns, words as ones and zeros."""

    mean: Floats
    scale: Floats
    weights: Floats
    """(actions, columns)."""
    offsets: Floats
    """(actions,)."""

    @classmethod
    def fit(cls, matrix: Floats, codes: Codes, *, encoding: Encoding, actions: int) -> "Propensity":
        """Return the regression of actions (rows,) on a table's matrix (rows, features); of none, the actions' shares."""
        shares = np.log(np.maximum(np.bincount(codes, minlength=actions), 1) / len(codes))
        wide = _wide(matrix, encoding)
        mean, scale = (np.zeros(0), np.zeros(0)) if not wide.shape[1] else (np.nanmean(wide, axis=0), np.nanstd(wide, axis=0))
        scale = np.where(scale > 0, scale, 1.0)
        if not wide.shape[1]:
            return cls(mean, scale, np.zeros((actions, 0)), shares)
        learned = LogisticRegression(max_iter=ROUNDS, C=1.0).fit(_standard(wide, mean, scale), codes)
        weights, offsets = np.asarray(learned.coef_), np.asarray(learned.intercept_)
        if actions == 2:  # noqa: PLR2004 - of two, the library has the second's alone
            weights, offsets = np.vstack([np.zeros_like(weights), weights]), np.append(0.0, offsets)
        return cls(mean, scale, weights, offsets)

    def chances(self, matrix: Floats, *, encoding: Encoding) -> Floats:
        """Return (rows, actions), summing to 1."""
        scores = _standard(_wide(matrix, encoding), self.mean, self.scale) @ self.weights.T + self.offsets
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)

    @property
    def how(self) -> str:
        """What it is, in words."""
        return ESTIMATED if self.weights.shape[1] else SHARES

    def written(self) -> JsonObject:
        """Return it as JSON."""
        return {name: getattr(self, name).tolist() for name in ("mean", "scale", "weights", "offsets")}

    @classmethod
    def read(cls, told: Any) -> "Propensity":
        """Return what was written so."""
        offsets = np.array(told["offsets"], dtype=np.float64)
        weights = np.array(told["weights"], dtype=np.float64).reshape(len(offsets), -1)
        return cls(np.array(told["mean"], dtype=np.float64), np.array(told["scale"], dtype=np.float64), weights, offsets)


def _wide(matrix: Floats, encoding: Encoding) -> Floats:
    """Return the matrix with a column for each word in place of words' codes."""
    columns = []
    for place, words in enumerate(encoding.words):
        if words is None:
            columns.append(matrix[:, place])
        else:
            columns += [np.where(matrix[:, place] == code, 1.0, 0.0) for code in range(len(words))]
    return np.column_stack(columns) if columns else np.zeros((len(matrix), 0))


def _standard(wide: Floats, mean: Floats, scale: Floats) -> Floats:
    # What is missing is as the mean.
    return np.nan_to_num((wide - mean) / scale)
