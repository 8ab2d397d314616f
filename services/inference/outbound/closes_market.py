"""What the market did after a signal, by the platform's own candles of its symbol."""

import asyncio
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.own_candles import SECONDS, TIMEFRAMES, OwnCandles
from libs.market.own import NOTHING, catalogue_of
from libs.market.pairs import names_of
from services.inference.domain.performance import LiveCandles
from services.inference.domain.signal_scores import ATR_BARS, Followed, SignalScore

NANOSECONDS: Final = 10**9
# A close that comes so many bars after the horizon is not the close of the horizon: the market was shut, or there is a hole.
LATE_BARS: Final = 12


class ClosesMarket:
    """Implements the port Closes."""

    def __init__(self, lake: Path | None, artifacts: Artifacts, live: LiveCandles) -> None:
        self._lake, self._artifacts, self._live = lake, artifacts, live

    async def after(self, score: SignalScore) -> Followed | str:
        """Return what the market did, or why that is not known yet. Raise InvalidError where there never will be candles."""
        if score.account_id is not None:
            message = "it is of an account's own symbol, whose candles are read for that account alone"
            raise InvalidError(message)
        names = list(names_of(score.symbol))
        live = await self._live.of(names)
        return await asyncio.to_thread(self._after, score, names, live)

    def _after(self, score: SignalScore, names: list[str], live: Any) -> Followed | str:
        # Imported when first needed, as everywhere in this service: predictions may never need it.
        from libs.market.candles import Market  # noqa: PLC0415  # as said above

        catalogue = catalogue_of(live) if live else NOTHING
        reasons: list[str] = []
        for name in names:
            for timeframe in _up_to(score.timeframe):
                own: tuple[OwnCandles, ...] = catalogue.references([name], timeframe=timeframe)
                market = Market(lake=self._lake, synthetic_allowed=score.synthetic, artifacts=self._artifacts, own=own)
                try:
                    candles = market.latest(name, timeframe)
                except InvalidError:
                    continue  # There are none of this name and timeframe.
                found = _followed(score, candles, timeframe)
                if isinstance(found, Followed):
                    return found
                reasons.append(found)
        if not reasons:
            message = f"there are no candles of {score.symbol} of {score.timeframe} or less"
            raise InvalidError(message)
        return reasons[0]


def _up_to(timeframe: str) -> list[str]:
    """Return the timeframes up to one, the longest first: a shorter candle closes at its horizon, too."""
    return [each for each in reversed(TIMEFRAMES) if SECONDS[each] <= SECONDS[timeframe]]


def _followed(score: SignalScore, candles: Any, timeframe: str) -> Followed | str:
    """Return the first close at or after the horizon, or why there is none."""
    due, made = (round(at.timestamp()) * NANOSECONDS for at in (score.due_at, score.at))
    place = int(np.searchsorted(candles.time, due, side="left"))
    if place == len(candles.time):
        return (
            f"the newest candle of {candles.symbol} closed at {_moment(candles.time[-1]):%Y-%m-%d %H:%M} UTC, before the horizon was over"
        )
    if candles.time[place] > due + LATE_BARS * SECONDS[score.timeframe] * NANOSECONDS:
        return f"the candles of {candles.symbol} have a hole where the horizon ends"
    before = int(np.searchsorted(candles.time, made, side="right"))
    if before == 0 or candles.time[before - 1] < made - LATE_BARS * SECONDS[score.timeframe] * NANOSECONDS:
        return f"there is no candle of {candles.symbol} shortly before it was made"
    price = float(candles.close[before - 1])
    return Followed(
        price=price,
        close=float(candles.close[place]),
        closed_at=_moment(candles.time[place]),
        atr_share=_atr_share(candles, before, price=price, bars_in_one=SECONDS[score.timeframe] / SECONDS[timeframe]),
    )


def _moment(time: Any) -> datetime:
    return datetime.fromtimestamp(int(time) / NANOSECONDS, UTC)


def _atr_share(candles: Any, before: int, *, price: float, bars_in_one: float) -> float | None:
    """Return the mean true range of the bars before a place as a fraction of the price, for a bar of the signal's timeframe."""
    if before <= ATR_BARS:
        return None
    bars = slice(before - ATR_BARS, before)
    previous = candles.close[before - ATR_BARS - 1 : before - 1]
    true_range = np.maximum(candles.high[bars], previous) - np.minimum(candles.low[bars], previous)
    # A range grows with the root of time.
    return float(true_range.mean()) * sqrt(bars_in_one) / price
