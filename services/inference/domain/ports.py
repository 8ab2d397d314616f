"""What inference needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """What a model says about some rows, and why: arrays over rows."""

    outputs: Floats  # (rows, outputs) as served: probabilities, margins or values
    answered: NDArray[np.int64]  # (rows,) the output that is answered and explained
    contributions: Floats  # (rows, features)
    base: Floats  # (rows,)

    @property
    def finite(self) -> list[bool]:
        """Tell for each row whether all of its numbers are finite: given values may be as large as a float can be."""
        whole = np.concatenate([self.outputs, self.contributions], axis=1)
        return [bool(finite) for finite in np.isfinite(whole).all(axis=1)]


class Model(Protocol):
    """A loaded model version."""

    features: tuple[str, ...]
    classes: tuple[str, ...] | None
    scale: str
    explainer: str  # `trees` or `linear`
    synthetic: bool
    size: int  # bytes in memory
    row_s: float  # seconds that one row takes, as measured when the model was loaded

    def explain(self, rows: Floats) -> Explained:
        """Run the model over rows (rows, features) and explain each answer. Blocks."""


class Models(Protocol):
    """Model versions by the hash of their manifest."""

    async def get(self, artifact: str) -> Model:
        """Return a model, loading it if need be. Raise ArtifactMissingError or ModelUnreadableError."""


@dataclass(frozen=True, slots=True)
class LatestRow:
    """A symbol's features at its latest candle."""

    values: tuple[float, ...]
    as_of: datetime
    synthetic: bool


class Features(Protocol):
    """Features computed from the latest candles."""

    async def latest(self, symbol: str, *, timeframe: str, names: Sequence[str], synthetic_allowed: bool) -> LatestRow:
        """Return a symbol's row. Raise InvalidError for an unknown symbol, FeaturesNotReadyError for too few candles."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One prediction for the log."""

    model_id: str
    account_id: str
    version: str
    symbol: str
    prediction: str | float
    confidence: float | None
    as_of: datetime | None
    synthetic: bool
    at: datetime


class PredictionLog(Protocol):
    """Predictions are written behind; nobody waits for it."""

    def write(self, predictions: Sequence[Logged]) -> None:
        """Take predictions to be written soon; what does not fit is counted and dropped."""


class Meters(Protocol):
    """Who counts."""

    def answered(self, *, asks: int, predictions: int, seconds: float) -> None:
        """Hear of a batch of asks that was answered."""

    def missed(self, *, scale: str, error: float) -> None:
        """Hear of an explanation that does not add up to the served output."""
