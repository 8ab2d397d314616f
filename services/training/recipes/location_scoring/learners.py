"""What learns a place's worth from its columns, and how much each column has to do with an answer."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.linear_model import Ridge

from libs.contracts.manifests.location_scoring import Boosted, Linear
from libs.quant.candles import Floats
from services.training.learners.run_card import canonical_json
from services.training.recipes.boosting import answers, boost, opened, written

BOOSTER, COEFFICIENTS = "booster.txt", "coefficients.json"
Settings = Linear | Boosted
"""The manifest's learner."""


class Learned(Protocol):
    """A fitted learner over columns (rows, columns)."""

    @property
    def files(self) -> dict[str, bytes]:
        """What is kept of it."""
        ...

    def predict(self, x: Floats) -> Floats:
        """Return worth (rows,)."""
        ...

    def contributions(self, x: Floats) -> Floats:
        """Return how much each column adds to the answer (rows, columns); with the mean answer they add up to it."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Gradient boosting; contributions are exact Shapley values of trees (Lundberg et al. 2020), as LightGBM computes them."""

    booster: Any

    @property
    def files(self) -> dict[str, bytes]:
        """LightGBM's own text."""
        return {BOOSTER: written(self.booster)}

    def predict(self, x: Floats) -> Floats:
        """Return worth (rows,)."""
        return answers(self.booster, x)

    def contributions(self, x: Floats) -> Floats:
        """Return contributions (rows, columns)."""
        return np.asarray(self.booster.predict(x, pred_contrib=True, num_threads=1), dtype=np.float64)[:, :-1]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Ridge regression over standardised columns, what is missing taken as the mean; `means`, `spreads`, `slopes` are (columns,)."""

    means: Floats
    spreads: Floats
    slopes: Floats
    intercept: float

    @property
    def files(self) -> dict[str, bytes]:
        """All its numbers as JSON."""
        told = {name: getattr(self, name).tolist() for name in ("means", "spreads", "slopes")}
        return {COEFFICIENTS: canonical_json({**told, "intercept": self.intercept})}

    def predict(self, x: Floats) -> Floats:
        """Return worth (rows,)."""
        return np.asarray(self.contributions(x).sum(axis=1) + self.intercept)

    def contributions(self, x: Floats) -> Floats:
        """Return contributions (rows, columns): slope times distance from the mean."""
        unit = (np.where(np.isfinite(x), x, self.means) - self.means) / self.spreads
        return np.asarray(unit * self.slopes)


def learn(settings: Any, x: Floats, y: Floats, *, seed: int) -> Learned:
    """Return the manifest's learner, fitted to columns (rows, columns) and worth (rows,)."""
    if isinstance(settings, Boosted):
        return Trees(boost(x, y, settings=settings.hyperparameters, objective="regression", seed=seed))
    known = np.isfinite(x)
    count = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, x, 0.0).sum(axis=0) / count
    filled = np.where(known, x, means)
    spreads = filled.std(axis=0)
    spreads = np.where(spreads > 0, spreads, 1.0)
    fitted = Ridge(alpha=settings.hyperparameters.l2).fit((filled - means) / spreads, y)
    return Line(means, spreads, np.asarray(fitted.coef_, dtype=np.float64), float(fitted.intercept_))


def open_learned(files: dict[str, bytes]) -> Learned:
    """Return what was kept."""
    if BOOSTER in files:
        return Trees(opened(files[BOOSTER]))
    told = json.loads(files[COEFFICIENTS])
    means, spreads, slopes = (np.array(told[name], dtype=np.float64) for name in ("means", "spreads", "slopes"))
    return Line(means, spreads, slopes, float(told["intercept"]))
