"""How signals are scored by what the market did, and what many scores say: the rules that docs/signal-scores.md tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Any, Final, Literal, Protocol

from libs.contracts.analyses import Origin, Signal, SignalGenerated
from libs.contracts.own_candles import SECONDS
from libs.contracts.signals import GiveFeedback, OriginScores, ReliabilityBin
from libs.quant.intervals import wilson

# Bars after which a signal is judged: some hours for an hour's candles, a week for a day's (López de Prado 2018, ch. 3.2: fixed horizon).
HORIZON_BARS: Final[Mapping[str, int]] = {"1m": 60, "5m": 24, "15m": 16, "30m": 12, "1h": 12, "4h": 6, "1d": 5}
# A round trip at the usual commission of 0.1 % a side: who earns less has earned nothing.
COSTS: Final = 0.002
# Of the usual move over the horizon, which grows with the square root of time; what is less is noise.
ATR_SHARE: Final = 0.25
ATR_BARS: Final = 14
# A price that differs by more from the market's was sent for something else.
PRICE_OFF: Final = 0.05
# A request's own moment that is further from when it was made is one of the past: who knows what came of it could choose.
APART: Final = timedelta(minutes=5)
# How long candles are waited for after the horizon.
PATIENCE: Final = timedelta(days=7)
BINS: Final = 10
State = Literal["waiting", "hit", "miss", "neutral", "unscored"]
OPPOSITE: Final[Mapping[str, Signal]] = {"Long": "Short", "Short": "Long"}


def horizon_of(timeframe: str) -> timedelta | None:
    """Return how long after it a signal of candles so long is judged; None for a timeframe that has no horizon."""
    bars = HORIZON_BARS.get(timeframe)
    return None if bars is None else timedelta(seconds=bars * SECONDS[timeframe])


def band_of(timeframe: str, atr_share: float | None) -> float:
    """Return the smallest move that counts, as a fraction of the price.

    The larger of a round trip's costs and a quarter of the usual move over the horizon: `atr_share` (the average true range of 14 bars of
    the timeframe, Wilder 1978, as a fraction of the price) times the root of the horizon's bars. None: the costs alone.
    """
    return COSTS if atr_share is None else max(COSTS, ATR_SHARE * atr_share * sqrt(HORIZON_BARS[timeframe]))


def judge(signal: Signal, *, move: float, band: float) -> tuple[State, Signal]:
    """Return what became of a signal whose price moved by a fraction, and which signal would have been right.

    Long and Short hit or miss where the price moved by more than the band, else they are neutral; Neutral hits where it did not.
    """
    right: Signal = "Long" if move > band else "Short" if move < -band else "Neutral"
    if signal == right:
        return "hit", right
    return ("neutral" if right == "Neutral" else "miss"), right


@dataclass(frozen=True, slots=True)
class SignalScore:
    """A signal that was made. It is looked at from `due_at` on; `requested_by` has asked for it, of `account_id` is its symbol."""

    signal_id: str
    symbol: str
    account_id: str | None
    requested_by: str | None
    signal: Signal
    confidence: float
    price: float
    timeframe: str
    synthetic: bool
    at: datetime
    due_at: datetime
    origin: Origin | None = None  # None of a signal that was kept before that was


@dataclass(frozen=True, slots=True)
class Scored:
    """What has become of a signal; `reason` says why it is unscored."""

    state: State
    right: Signal | None = None
    move: float | None = None
    band: float | None = None
    judged_at: datetime | None = None  # the close that it was judged by
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """What the market did after a signal: the last close before it, the first at or after its horizon, and the usual range before it.

    The latter is None where it is not known.
    """

    price: float
    close: float
    closed_at: datetime
    atr_share: float | None


class Closes(Protocol):
    """Candles by which signals are judged."""

    async def after(self, score: SignalScore) -> Followed | str:
        """Return what the market did, or in words why that is not known yet. Raise InvalidError where it never will be."""


class SignalScores(Protocol):
    """The signals that were made, and what became of each."""

    async def add(self, score: SignalScore) -> None:
        """Keep a signal that waits to be scored; one that is known stays as it is."""

    async def take(self, *, at: datetime, until: datetime) -> SignalScore | None:
        """Take a signal that is due; nobody else has it before `until`."""

    async def keep(self, signal_id: str, scored: Scored) -> None:
        """Keep what has become of a signal."""

    async def put_back(self, signal_id: str, *, until: datetime) -> None:
        """Have a signal looked at later."""

    async def known(self, signal_id: str, *, account_id: str | None) -> SignalScore | None:
        """Return a signal that an account may know of."""

    async def tallies(self, *, account_id: str | None, since: datetime | None) -> Sequence["Tally"]:
        """Count an account's signals (all that are public, for None): by the market where there is no feedback in this scope."""

    async def forget(self, account_id: str) -> None:
        """Remove what is of an account; the second time there is nothing."""


class Feedback(Protocol):
    """What those who traded signals say of them."""

    async def put(self, ask: GiveFeedback, known: SignalScore | None, *, at: datetime) -> bool:
        """Keep feedback; tell whether the caller had given some on this signal."""

    async def tallies(self, *, account_id: str, since: datetime | None) -> Sequence["Tally"]:
        """Count the feedback of an account on signals that the platform made."""

    async def forget(self, account_id: str) -> None:
        """Remove an account's; the second time there is nothing."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many signals alike: which, what became of them, which would have been right, in which bin of confidence, and their sums."""

    signal: Signal
    state: State
    right: Signal | None
    bin: int
    count: int
    confidence: float
    confidence_squared: float
    feedback: int = 0  # how many of them have some
    reason: str | None = None
    origin: Origin | None = None


def right_by_feedback(signal: Signal, outcome: State) -> Signal | None:
    """Return which signal would have been right, by what came of trading one; None where that is not known."""
    if outcome == "hit":
        return signal
    return OPPOSITE.get(signal) if outcome == "miss" else None


def figures_of(tallies: Sequence[Tally]) -> dict[str, Any]:
    """Return the fields of SignalPerformance that scores decide, with the reason of each that is null."""
    decided = [each for each in tallies if each.state in {"hit", "miss"}]
    hits, misses = (_count(decided, state=state) for state in ("hit", "miss"))
    made, tried = _count(tallies), hits + misses
    values: dict[str, Any] = {
        "predictions": made,
        "hits": hits,
        "misses": misses,
        **{state: _count(tallies, state=state) for state in ("neutral", "waiting", "unscored")},
        "feedback": sum(each.feedback for each in tallies),
        "accuracy": hits / tried if tried else None,
        "accuracy_interval": wilson(hits, tried) if tried else None,
        "average_confidence": sum(each.confidence for each in tallies) / made if made else None,
        "brier_score": sum(map(_squared_error, decided)) / tried if tried else None,
        "unscored_reasons": _reasons_why(tallies),
        **_macro(decided),
        **_calibration(decided),
    }
    nothing = "no signal has been made yet" if not made else "no signal has an outcome yet that is a hit or a miss"
    reasons = {name: nothing for name, value in values.items() if value is None}
    for name in ("precision", "recall", "f1"):
        if values[name] is None and tried:
            reasons[name] = "no Long and no Short signal has an outcome yet that it could be computed of"
    return values | {"reasons": reasons}


def by_origin(tallies: Sequence[Tally]) -> tuple[OriginScores, ...]:
    """Return the figures of each origin apart: whoever sends candles chooses what is judged, and the platform does not."""
    origins: dict[str, list[Tally]] = {}
    for each in tallies:
        origins.setdefault(each.origin or "unknown", []).append(each)
    shown = set(OriginScores.model_fields) - {"origin", "reasons"}
    found = []
    for origin, those in sorted(origins.items()):
        figures = figures_of(those)
        reasons = {name: why for name, why in figures["reasons"].items() if name in shown}
        found.append(OriginScores.model_validate({name: figures[name] for name in shown} | {"origin": origin, "reasons": reasons}))
    return tuple(found)


def _count(tallies: Sequence[Tally], *, state: State | None = None) -> int:
    return sum(each.count for each in tallies if state in {None, each.state})


def _squared_error(tally: Tally) -> float:
    """Return the sum of (confidence - hit)² (Brier 1950)."""
    return tally.confidence_squared - (2 * tally.confidence - tally.count if tally.state == "hit" else 0)


def _macro(decided: Sequence[Tally]) -> dict[str, float | None]:
    """Return precision, recall and F1 as means over Long and Short; a side without a signal and without a case has none.

    F1 is 2 TP / (2 TP + FP + FN), 0 for a side that was right and never said; precision takes a signal, recall a case.
    """
    sides: dict[str, list[float]] = {"precision": [], "recall": [], "f1": []}
    for side in ("Long", "Short"):
        hits = sum(each.count for each in decided if each.signal == side and each.state == "hit")
        said = sum(each.count for each in decided if each.signal == side)
        was = sum(each.count for each in decided if each.right == side)
        for name, share, of in (("precision", hits, said), ("recall", hits, was), ("f1", 2 * hits, said + was)):
            if of:
                sides[name].append(share / of)
    return {name: sum(found) / len(found) if found else None for name, found in sides.items()}


def _calibration(decided: Sequence[Tally]) -> dict[str, Any]:
    """Return reliability bins of equal width (DeGroot and Fienberg 1983) and the expected calibration error (Naeini et al. 2015)."""
    bins = []
    for number in range(BINS):
        inside = [each for each in decided if each.bin == number]
        if count := _count(inside):
            confidence, rate = sum(each.confidence for each in inside) / count, _count(inside, state="hit") / count
            low, high = number / BINS, (number + 1) / BINS
            bins.append(ReliabilityBin(low=low, high=high, signals=count, mean_confidence=confidence, hit_rate=rate))
    tried = _count(decided)
    error = sum(each.signals * abs(each.mean_confidence - each.hit_rate) for each in bins) / tried if tried else None
    return {"calibration": tuple(bins), "calibration_error": error}


def _reasons_why(tallies: Sequence[Tally]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in tallies:
        if each.state == "unscored" and each.reason:
            found[each.reason] = found.get(each.reason, 0) + each.count
    return found


def scored_by(score: SignalScore, found: Followed) -> Scored:
    """Return what has become of a signal: both ends of the move are the platform's own closes, whatever price was sent."""
    if abs(score.price / found.price - 1) > PRICE_OFF:
        return Scored("unscored", reason=f"the price that was sent for {score.symbol} is not the market's")
    move, band = found.close / found.price - 1, band_of(score.timeframe, found.atr_share)
    state, right = judge(score.signal, move=move, band=band)
    return Scored(state, right, move, band, found.closed_at)


def of_another_time(event: SignalGenerated) -> Scored | None:
    """Return why a signal is not scored that was asked for at another time than its request says; None for one of its own time."""
    apart = abs(event.occurred_at - datetime.fromtimestamp(event.timestamp / 1000, UTC))
    if apart <= max(APART, timedelta(seconds=SECONDS[event.timeframe])):
        return None
    return Scored("unscored", reason="its request was of another time than it was made")


def score_of(event: SignalGenerated) -> SignalScore | None:
    """Return the signal that waits to be scored; None for one whose timeframe has no horizon."""
    horizon = horizon_of(event.timeframe)
    if horizon is None:
        return None
    return SignalScore(
        signal_id=event.signal_id,
        symbol=event.symbol,
        account_id=event.account_id,
        requested_by=event.requested_by,
        signal=event.signal,
        confidence=event.confidence,
        price=event.price,
        timeframe=event.timeframe,
        synthetic=event.synthetic,
        at=event.occurred_at,
        due_at=event.occurred_at + horizon,
        origin=event.origin,
    )
