"""What came of a target, by the symbol's own candles and the labels that training learns from."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.outcomes import Came, ReadOutcomes
from libs.contracts.own_candles import SECONDS
from libs.quant.targets import Target, parse_target

NANOSECONDS: Final = 10**9
A_DAY: Final = 86_400 * NANOSECONDS
NO_BARRIER: Final = "The version was trained before it was kept where its barriers lie: train the model again."
TOO_FEW: Final = "The candles before it are too few to say where its barriers lie."
NO_VALUE: Final = "The candles of {symbol} have no value of '{column}' then."
Told = Callable[[int], float | str | None]


class OutcomesMarket:
    """Implements the port Outcomes. Nothing is kept: what is asked again is read from the candles that there are then."""

    def __init__(self, lake: Path | None, artifacts: Artifacts) -> None:
        self._lake, self._artifacts = lake, artifacts

    async def after(self, ask: ReadOutcomes, *, barrier: float | None) -> tuple[Came, ...]:
        """Return what came after each moment; `barrier` is the triple barrier's distance. Raise InvalidError for an unknown symbol."""
        return await asyncio.to_thread(self._after, ask, barrier)

    def _after(self, ask: ReadOutcomes, barrier: float | None) -> tuple[Came, ...]:
        # Imported when first needed, as everywhere in this service: predictions may never need it.
        from libs.market.candles import Market  # noqa: PLC0415  # as said above

        market = Market(lake=self._lake, synthetic_allowed=False, artifacts=self._artifacts).with_own([ask.own] if ask.own else ())
        candles = market.latest(ask.symbol, ask.timeframe, synthetic_allowed=ask.synthetic_allowed)
        target = parse_target(ask.target)
        if target.column == "signal" and barrier is None:
            return (Came(value=None, known_at=None, reason=NO_BARRIER),) * len(ask.moments)
        due = _due_of(target, candles, ask)
        told = _told_by(target, candles, due=due, horizon=ask.horizon, barrier=barrier)
        unknown = candles.volume_unknown if target.column == "volume" else None
        return tuple(_came(at, candles, ask, told, due=due, unknown=unknown) for at in ask.moments)


def _due_of(target: Target, candles: Any, ask: ReadOutcomes) -> Any:
    """Return for each bar the place of the one that decides, as training counts; below 0 where there is none, or not yet."""
    from libs.market.sessions_ahead import NOT_YET, candles_ahead  # noqa: PLC0415  # as said above

    if ask.horizon_in == "sessions":
        return candles_ahead(candles, target=target)
    due = np.arange(len(candles.time)) + ask.horizon
    return np.where(due < len(candles.time), due, NOT_YET)


def _told_by(target: Target, candles: Any, *, due: Any, horizon: int, barrier: float | None) -> Told:
    """Return what tells the outcome of the bar at a place, None where it is not known."""
    from libs.quant.labels import CLASSES, UNLABELLED, triple_barrier  # noqa: PLC0415  # as said above

    if target.column == "signal":
        assert barrier is not None
        labels = triple_barrier(candles, horizon=horizon, barrier=barrier).values
        return lambda place: None if labels[place] == UNLABELLED else CLASSES[int(labels[place])]
    if (own := target.own_column) is not None:
        return _level_of(candles.columns.get(own), due)
    column = "close" if target.name == "close" else target.level
    if column is not None:
        levels = getattr(candles, column)
        return lambda place: float(levels[due[place]])
    close = candles.close
    if target.column == "direction":
        return lambda place: "BUY" if close[due[place]] > close[place] else "SELL"
    return lambda place: float(close[due[place]] / close[place] - 1)


def _level_of(levels: Any, due: Any) -> Told:
    """Return what tells the level of a further column, None where it has none."""
    return lambda place: None if levels is None or not np.isfinite(levels[due[place]]) else float(levels[due[place]])


def _came(at: datetime, candles: Any, ask: ReadOutcomes, told: Told, *, due: Any, unknown: Any) -> Came:
    from libs.market.sessions_ahead import NOT_YET  # noqa: PLC0415  # as said above

    place = _place_of(at, candles, timeframe=ask.timeframe)
    newest = f"the newest candle of {ask.symbol} closed at {_moment(candles.time[-1]):%Y-%m-%d %H:%M} UTC"
    if place is None:
        later = _day(candles.time[-1]) < _day(round(at.timestamp() * NANOSECONDS))
        reason = f"There is no {ask.timeframe} candle of {ask.symbol} at {at:%Y-%m-%d %H:%M} UTC" + (f" yet: {newest}." if later else ".")
        return Came(value=None, known_at=None, reason=reason, final=not later)
    decides = int(due[place])
    if decides == NOT_YET:
        return Came(value=None, known_at=None, reason=f"Its time has not come: {newest}.", final=False)
    if decides < 0 or candles.segment[decides] != candles.segment[place]:
        return Came(value=None, known_at=None, reason=f"The candles of {ask.symbol} have a hole before its time came.")
    if unknown is not None and unknown[decides]:
        return Came(
            value=None,
            known_at=None,
            reason=f"The source does not know the volume of {ask.symbol} at {_moment(candles.time[decides]):%Y-%m-%d %H:%M} UTC.",
        )
    value = told(place)
    if value is None:
        column = parse_target(ask.target).own_column
        reason = NO_VALUE.format(column=column, symbol=ask.symbol) if column else TOO_FEW
        return Came(value=None, known_at=None, reason=reason)
    return Came(value=value, known_at=_moment(candles.time[decides]))


def _place_of(at: datetime, candles: Any, *, timeframe: str) -> int | None:
    """Return the bar that a moment means: of days and weeks the one of its day, else the last that had closed; None where there is none."""
    moment = round(at.timestamp() * NANOSECONDS)
    if SECONDS[timeframe] >= SECONDS["1d"]:
        # A bar that closes at midnight belongs to the day before.
        days = (candles.time - 1) // A_DAY
        place = int(np.searchsorted(days, _day(moment), side="right")) - 1
        longest = SECONDS[timeframe] // SECONDS["1d"]
        return place if place >= 0 and _day(moment) - int(days[place]) < longest else None
    place = int(np.searchsorted(candles.time, moment, side="right")) - 1
    return place if place >= 0 and moment - int(candles.time[place]) < SECONDS[timeframe] * NANOSECONDS else None


def _day(moment: Any) -> int:
    return (int(moment) - 1) // A_DAY


def _moment(time: Any) -> datetime:
    return datetime.fromtimestamp(int(time) / NANOSECONDS, UTC)
