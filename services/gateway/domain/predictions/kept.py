"""Predictions that are kept: what was said of which moment, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Final, Literal, Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.own_candles import SECONDS
from libs.contracts.training_config import HorizonIn
from libs.quant.conformal import adapted, usable
from services.gateway.domain.errors import NotFoundError

PREFIX: Final = "pred"
Value = float | str
State = Literal["waiting", "known", "untold"]
# Outcomes that a model's live score and the level of its intervals rest on: the newest.
SCORED_MOST: Final = 1_000
ADAPTED_BY: Final = 200
# An outcome that has not come is looked for again after a quarter of the time since it was due, within these.
AGAIN_LEAST, AGAIN_MOST = timedelta(minutes=5), timedelta(days=1)


class PredictionNotFoundError(NotFoundError):
    """There is no such prediction, or it is somebody else's."""

    def __init__(self, prediction_id: str = "") -> None:
        super().__init__(f"There is no prediction {prediction_id[:60]}." if prediction_id else "There is no such prediction.")


@dataclass(frozen=True, slots=True)
class Came:
    """What came: the value, by how much the prediction was off (of classes 0 or 1), and whether it lay inside the interval, or the set.

    `inside` is None for a prediction without either.
    """

    value: Value
    error: float | None
    inside: bool | None
    known_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPrediction:
    """One prediction. `at` is the moment of its last row and `predicted_for` the one that it is about; `due_at` is when to look for it.

    `interval` is (low, high) of `level`; it was made with the level `used`, which is another one where outcomes have told so.
    """

    id: str
    account_id: str
    model_id: str
    version: str
    artifact: str
    symbol: str | None
    timeframe: str
    target: str
    horizon: int
    horizon_in: HorizonIn | None = None
    rows: int
    input_hash: str
    created_at: datetime
    latency_ms: float
    at: datetime
    predicted_for: datetime
    value: Value | None
    level: float
    used: float
    interval: tuple[float, float] | None
    method: str | None
    classes: tuple[str, ...] | None
    probabilities: Mapping[str, float] | None
    quality: float | None
    abstained: Mapping[str, str | float] | None
    synthetic: bool
    ignored: tuple[str, ...]
    reasons: Mapping[str, str]
    due_at: datetime
    state: State = "waiting"
    outcome: Came | None = None
    untold: str | None = None

    def judged(self, value: Value, *, known_at: datetime) -> Came:
        """Return what came of it. The error is what came less what was said; of classes 0 where it was right, else 1."""
        error: float | None = None
        inside: bool | None = None
        if isinstance(value, str):
            error = None if self.value is None else float(value != self.value)
            inside = None if self.classes is None else value in self.classes
        else:
            error = value - self.value if isinstance(self.value, float) else None
            inside = None if self.interval is None else self.interval[0] <= value <= self.interval[1]
        return Came(value, error, inside, known_at)

    def again_at(self, now: datetime) -> datetime:
        """Return when to look for its outcome again."""
        return now + min(max((now - self.created_at) / 4, AGAIN_LEAST), AGAIN_MOST)


@dataclass(frozen=True, slots=True)
class LiveMetrics:
    """How good a model's kept predictions were, by those whose outcome is known: the newest `SCORED_MOST`.

    `mae` is the mean of |error|: of classes the share that was wrong. `coverage` is the share inside interval or set, None without any.
    """

    n: int
    mae: float | None
    coverage: float | None
    since: datetime | None


NONE_KNOWN: Final = LiveMetrics(0, None, None, None)


def live_metrics(known: Sequence[tuple[datetime, Came]]) -> LiveMetrics:
    """Return the score of outcomes, each with the moment when its prediction was made."""
    errors = [abs(came.error) for _, came in known if came.error is not None]
    inside = [came.inside for _, came in known if came.inside is not None]
    return LiveMetrics(
        n=len(known),
        mae=sum(errors) / len(errors) if errors else None,
        coverage=sum(inside) / len(inside) if inside else None,
        since=min((at for at, _ in known), default=None),
    )


def level_to_use(level: float, *, inside: Sequence[bool]) -> float:
    """Return the level that holds what is wanted, by whether past truths lay inside, the oldest first (Gibbs and Candès 2021)."""
    return usable(reduce(lambda used, held: adapted(used, level=level, inside=held), inside, level))


def due(at: datetime, *, timeframe: str, horizon: int, ahead: timedelta | None = None) -> datetime:
    """Return the earliest moment at which the outcome of a row at `at` is looked for: `ahead` where sessions are counted."""
    return at + (ahead or timedelta(seconds=SECONDS[timeframe]) * horizon)


@dataclass(frozen=True, slots=True)
class PredictionFilter:
    """Which predictions a list has: an account's, the newest first."""

    account_id: str
    model_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class KeptPredictions(Protocol):
    """Where they are kept. All raise UnavailableError while the store is away."""

    async def add(self, prediction: KeptPrediction) -> KeptPrediction:
        """Keep one; the one that is there under its id already is returned in its place."""

    async def get(self, prediction_id: str, *, account_id: str) -> KeptPrediction:
        """Return one. Raise PredictionNotFoundError."""

    async def find(self, wanted: PredictionFilter, part: Part) -> Page[KeptPrediction]:
        """Return a part of a list."""

    async def known(self, model_id: str, *, account_id: str, most: int) -> Sequence[tuple[datetime, Came]]:
        """Return the newest outcomes of a model, the newest first, and when each prediction was made."""

    async def held(self, model_id: str, *, account_id: str, version: str, level: float, most: int) -> Sequence[bool]:
        """Return whether the newest truths lay inside intervals of a level, the oldest first."""

    async def moments(self, prediction_ids: Sequence[str], *, model_id: str, account_id: str) -> Mapping[str, tuple[datetime, str | None]]:
        """Return, of those of these predictions that are a model's, the moment and the symbol that each was made at, by its id."""

    async def take(self, *, at: datetime, until: datetime) -> KeptPrediction | None:
        """Take one that is due, for oneself until then; None where none is. Any number may take at once."""

    async def judge(self, prediction_id: str, came: Came) -> None:
        """Keep what came of one."""

    async def put_back(self, prediction_id: str, *, until: datetime, why: str, final: bool) -> None:
        """Look for its outcome again then, or, if it is `final`, never; and say why it is not known."""
