"""Candles of tracked symbols, of live series and of the market lake, with indicators that are kept up bar by bar."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.analyses import TIMEFRAMES
from libs.contracts.own_candles import OwnCandles
from libs.contracts.sent_candles import CandleColumns, MarketData
from libs.market.age import Age, Ages, calendar_of
from libs.market.own import catalogue_of, check_instrument
from libs.market.pairs import names_of
from libs.quant.analysis.live import LiveIndicators
from libs.quant.analysis.reading import Reading, reading_live
from libs.quant.candles import LENGTHS, Candles
from services.inference.domain.analyses import NoView, Tracked
from services.inference.domain.performance import LiveCandles

SENT: Final = 250
# A series has six timeframes at most; each keeps some tens of kilobytes.
KEPT: Final = 200
MILLISECOND: Final = 1_000_000


class TrackedMarket:
    """Implements the port TrackedCandles."""

    def __init__(self, lake: Path | None, artifacts: Artifacts, live: LiveCandles, *, stale_after: int) -> None:
        self._lake, self._artifacts, self._live, self._stale_after = lake, artifacts, live, stale_after
        self._indicators: OrderedDict[tuple[str, str], LiveIndicators] = OrderedDict()
        self._turn = asyncio.Lock()

    async def load(self, symbol: str, *, at: datetime) -> Tracked | NoView:
        """Return what the symbol's candles say, or why there is nothing to be said now."""
        own = await self._live.of(list(names_of(symbol)))
        async with self._turn:
            return await asyncio.to_thread(self._load, symbol, own, at)

    def _load(self, symbol: str, own: Sequence[OwnCandles], at: datetime) -> Tracked | NoView:
        ages, old = Ages(self._stale_after, at.timestamp), list[str]()
        for name in names_of(symbol):
            found = [self._fresh(name, timeframe, own, ages) for timeframe in TIMEFRAMES]
            fresh = [each for each in found if isinstance(each, Candles)]
            if fresh:
                return _tracked(symbol, fresh, [self._read(each) for each in fresh], at)
            old += [each for each in found if isinstance(each, str)]
        return NoView(old[0] if old else f"there are no candles of {symbol}: neither a live series nor the platform's own data has it")

    def _fresh(self, name: str, timeframe: str, own: Sequence[OwnCandles], ages: Ages) -> Candles | str | None:
        """Return the candles of a timeframe; why they are too old for a signal; or None where there are none."""
        catalogue = catalogue_of(own)
        try:
            instrument = check_instrument(name, timeframe=timeframe, own=catalogue)
        except InvalidError:
            return None
        behind = catalogue.references([name], timeframe=timeframe)
        age = ages.of_symbols([name], timeframe=timeframe, own=behind)
        if age.stale:  # As is known without reading them: what comes with the platform is of the past.
            return _too_old(name, timeframe, age)
        # Imported when first needed: pandas and pyarrow are a tenth of a second and 60 MiB that predictions may never need.
        from libs.market.candles import Market  # noqa: PLC0415  # as said above

        candles = Market(lake=self._lake, synthetic_allowed=False, artifacts=self._artifacts, own=behind).latest(name, timeframe)
        closed = datetime.fromtimestamp(int(candles.time[-1]) / 1e9, UTC)
        age = ages.of(candles.calendar or calendar_of(instrument), timeframe=timeframe, as_of=closed)
        return _too_old(name, timeframe, age) if age.stale else candles

    def _read(self, candles: Candles) -> Reading:
        """Return what a series says now; its indicators go on from where they were read last, if nothing of that has changed."""
        key = (candles.symbol, candles.timeframe)
        kept = self._indicators.pop(key, None)
        if kept is not None and kept.follows(candles):
            kept.read(candles)
        else:
            kept = LiveIndicators(candles)
        self._indicators[key] = kept
        if len(self._indicators) > KEPT:
            self._indicators.popitem(last=False)
        return reading_live(candles.timeframe, kept)


def _tracked(symbol: str, series: Sequence[Candles], readings: Sequence[Reading], at: datetime) -> Tracked:
    market = MarketData(
        symbol=symbol,
        timeframe_data={each.timeframe: _columns(each) for each in series},  # type: ignore[misc]  # of the same names
        current_price=float(series[0].close[-1]),
        timestamp=int(at.timestamp() * 1000),
    )
    return Tracked(readings, market)


def _columns(candles: Candles) -> CandleColumns:
    """Return the newest candles of a series, the oldest first, by when they opened."""
    newest = candles.part(max(candles.segments()[-1].start, len(candles) - SENT), len(candles))
    opened = newest.time - LENGTHS[newest.timeframe] if newest.opened is None else newest.opened
    columns = (opened // MILLISECOND, newest.open, newest.high, newest.low, newest.close, newest.volume)
    return CandleColumns.of(zip(*(each.tolist() for each in columns), strict=True))


def _too_old(name: str, timeframe: str, age: Age) -> str:
    closed = f"{age.as_of:%Y-%m-%d %H:%M} UTC" if age.as_of else "at a time that was not written down"
    return f"its newest candle ({name}, {timeframe}) closed {closed}, {age.bars} bars ago: too old for a signal of now"
