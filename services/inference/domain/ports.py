"""What inference needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from libs.contracts.candles import CandlePart, ReadCandles
from libs.contracts.exports import ExportPart
from libs.contracts.own_candles import OwnCandles
from libs.quant.calibration_maps import Calibration
from libs.quant.conformal import Conformal
from services.inference.domain.abstaining import AbstainRule

Floats = NDArray[np.float64]


Integers = NDArray[np.int64]


@dataclass(slots=True, eq=False)  # not frozen: two are made for each prediction that waits alone, and frozen ones take three times as long
class Served:
    """What a model says about some rows: arrays over rows. Nobody changes it."""

    outputs: Floats  # (rows, outputs) as served: probabilities, margins or values
    answered: Integers  # (rows,) the output that is answered
    interval: Floats | None = field(default=None, kw_only=True)  # (rows, 2) low and high, of a forecaster
    quality: Floats | None = field(default=None, kw_only=True)  # (rows,) see `Model.quality`

    @property
    def output(self) -> Floats:
        """The output that is answered, (rows,)."""
        return self.outputs[np.arange(len(self.outputs)), self.answered]

    @property
    def finite(self) -> list[bool]:
        """Tell for each row whether all of its numbers are finite."""
        return _finite(*self._numbers())

    def _numbers(self) -> list[Floats]:
        return [self.outputs] if self.interval is None else [self.outputs, self.interval]


@dataclass(slots=True, eq=False)
class Explained(Served):
    """What a model says about some rows, and why: arrays over rows. It is the answered output that is explained."""

    contributions: Floats  # (rows, features)
    base: Floats  # (rows,)
    interactions: Floats | None = field(default=None, kw_only=True)  # (rows, features, features) where they were asked for

    @property
    def finite(self) -> list[bool]:
        """Tell for each row whether all of its numbers are finite: given values may be as large as a float can be."""
        return _finite(*self._numbers(), self.contributions)


def _finite(*parts: Floats) -> list[bool]:
    finite: list[bool] = np.logical_and.reduce(np.isfinite(np.concatenate(parts, axis=1)), axis=1).tolist()
    return finite


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a forecaster says: the close so many candles ahead, and an interval that it lies in as often as `level` says."""

    horizon: int
    level: float


class Model(Protocol):
    """A loaded model version."""

    features: tuple[str, ...]
    classes: tuple[str, ...] | None
    scale: str
    explainer: str  # `trees`, `linear` or `coalitions`
    given: int  # features that whoever gives any gives: the first of them; a forecaster sees more
    forecast: Forecast | None  # of a forecaster, whose outputs are simple returns from the latest close
    level: str | None  # the column whose level is answered by a model that says a relative change to the latest candle; else None
    is_traded: bool  # whether a position follows from what it says
    steps: int  # candles in a row that it looks at; 0 when a row is one candle's features
    synthetic: bool
    # By symbol, the closes of the first and the last candle that it was trained on (nanoseconds); None where its training did not say.
    learned: Mapping[str, tuple[int, int]] | None
    measures_quality: bool  # false for a version that was trained before that was done
    horizon: int | None  # candles that its labels look ahead; None where its training did not say
    abstain_when: AbstainRule | None  # None for a version that never abstains
    barrier: float | None  # of a classifier: where its triple barrier lies, in volatilities; None where its training did not keep that
    conformal: Conformal | None  # how far it was off out of sample; None where its training did not keep that
    calibration: Calibration | None  # of a classifier: from its outputs to the probabilities that it answers; None: they are its own
    size: int  # bytes in memory
    row_s: float  # seconds that one row takes, as measured when the model was loaded

    def serve(self, rows: Floats) -> Served:
        """Run the model over rows (rows, features), with `steps` over windows (rows, steps, features). Blocks."""

    def explain(self, rows: Floats, *, interactions: bool = False) -> Explained:
        """Run the model over rows, or windows, and explain each answer, with `interactions` by pairs of features too. Blocks.

        Models that have no interaction values (`coalitions`) leave them out.
        """

    def quality(self, bars: Floats) -> Floats:
        """Return the share of training rows that are at least as unusual as each of these bars (rows, features); NaN where not known."""


class Models(Protocol):
    """Model versions by the hash of their manifest."""

    async def get(self, artifact: str) -> Model:
        """Return a model, loading it if need be. Raise ArtifactMissingError or ModelUnreadableError."""


@dataclass(frozen=True, slots=True)
class LatestRow:
    """A symbol's features at its latest candle, and its close there, or what `Wanted.level` names."""

    values: tuple[float, ...]
    close: float
    as_of: datetime
    synthetic: bool
    calendar: str  # by which its bars are counted (libs/market/age.py)


@dataclass(frozen=True, slots=True, eq=False)
class LatestWindow:
    """A symbol's features at its latest candles in a row, (steps, features), the newest last."""

    values: Floats
    close: float
    as_of: datetime
    synthetic: bool
    calendar: str


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A symbol's features at each of its candles, oldest first; a row rests on its candle and those before it alone."""

    time: Integers  # (candles,) close, nanoseconds since 1970, UTC
    day: Integers  # (candles,) days since 1970, UTC; a candle that closes at midnight belongs to the day before
    values: Floats  # (candles, features), NaN where a feature has too few candles before
    close: Floats  # (candles,) the price, or what `Wanted.level` names
    streak: Integers  # (candles,) how many candles in a row, up to this one and without a hole between, have all features
    synthetic: bool
    calendar: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which features of which candles; `own` is what stands behind a symbol that is the caller's own."""

    symbol: str
    timeframe: str
    names: tuple[str, ...]
    synthetic_allowed: bool
    own: OwnCandles | None = None
    level: str = "close"  # the column that answers are levels of: open, high, low, close or volume


class Features(Protocol):
    """Features computed from candles."""

    async def table(self, wanted: Wanted) -> Table:
        """Return the features at all of a symbol's candles. Raise InvalidError for an unknown symbol."""

    async def latest(self, wanted: Wanted) -> LatestRow:
        """Return a symbol's row. Raise InvalidError for an unknown symbol, FeaturesNotReadyError for too few candles."""

    async def window(self, wanted: Wanted, *, steps: int, newest: Sequence[float] | None) -> LatestWindow:
        """Return a symbol's latest `steps` candles, the `newest` values in place of the last one's where they are given.

        Raise InvalidError for an unknown symbol, FeaturesNotReadyError for too few candles.
        """


@dataclass(slots=True)  # not frozen: one is made for each prediction, and a frozen one takes three times as long
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

    async def forget(self, account_id: str) -> None:
        """Remove an account's predictions; the second time there are none."""


class Meters(Protocol):
    """Who counts."""

    def answered(self, *, asks: int, predictions: int, seconds: float) -> None:
        """Hear of a batch of asks that was answered."""

    def ranged(self, *, predictions: int, seconds: float) -> None:
        """Hear of a page of a range that was answered."""

    def missed(self, *, scale: str, error: float) -> None:
        """Hear of an explanation that does not add up to the served output."""


class Exports(Protocol):
    """What is kept of accounts, for whoever it is kept of."""

    async def part(self, account_id: str, *, after: str, most: int) -> ExportPart:
        """Return up to `most` documents behind a place, without secrets."""
        ...


class CandleParts(Protocol):
    """Who has the candles."""

    async def part(self, ask: ReadCandles) -> CandlePart:
        """Return a part of a symbol's candles. Raise InvalidError for an unknown symbol or timeframe, ArtifactMissingError."""
        ...
