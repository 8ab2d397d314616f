"""Candles of tracked symbols, of live series and of the market lake, with indicators that are kept up bar by bar."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.analyses import Bar, MarketData
from libs.contracts.own_candles import OwnCandles
from libs.market.age import Age, Ages, calendar_of
from libs.market.own import catalogue_of
from libs.quant.analysis.live import LiveIndicators
from libs.quant.analysis.reading import TIMEFRAMES, Reading, reading_live
from libs.quant.candles import LENGTHS, Candles
from services.inference.domain.analyses import NoView, Tracked
from services.inference.domain.performance import LiveCandles
from services.inference.outbound.closes_market import names_of

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
        ages, old = Ages(self._stale_after, lambda: at.timestamp()), list[str]()
        for name in names_of(symbol):
            found = list(self._series(name, own))
            fresh = [candles for candles, calendar in found if not _age(ages, candles, calendar).stale]
            if fresh:
                return _tracked(symbol, fresh, [self._read(each) for each in fresh], at)
            old += [_too_old(candles, _age(ages, candles, calendar)) for candles, calendar in found[:1]]
        return NoView(old[0] if old else f"there are no candles of {symbol}: neither a live series nor the platform's own data has it")

    def _series(self, name: str, own: Sequence[OwnCandles]) -> Iterator[tuple[Candles, str]]:
        """Yield the candles of each timeframe that a symbol has, the shortest first, with the calendar that counts them."""
        # Imported when first needed: pandas and pyarrow are a tenth of a second and 60 MiB that predictions may never need.
        from libs.market.candles import Market  # noqa: PLC0415  # as said above
        from libs.market.catalogue import check_symbol  # noqa: PLC0415  # as said above

        catalogue = catalogue_of(own)
        for timeframe in TIMEFRAMES:
            behind = catalogue.references([name], timeframe=timeframe)
            market = Market(lake=self._lake, synthetic_allowed=False, artifacts=self._artifacts, own=behind)
            try:
                candles = market.latest(name, timeframe)
                yield candles, candles.calendar or calendar_of(check_symbol(name, synthetic_allowed=False))
            except InvalidError:
                continue  # There are none of this timeframe.

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
        timeframe_data={each.timeframe: tuple(_bars(each)) for each in series},  # type: ignore[misc]  # of the same names
        current_price=float(series[0].close[-1]),
        timestamp=int(at.timestamp() * 1000),
    )
    return Tracked(readings, market)


def _bars(candles: Candles) -> Iterator[Bar]:
    """Yield the newest candles of a series, the oldest first, by when they opened."""
    newest = candles.part(max(candles.segments()[-1].start, len(candles) - SENT), len(candles))
    opened = newest.time - LENGTHS[newest.timeframe] if newest.opened is None else newest.opened
    columns = (opened // MILLISECOND, newest.open, newest.high, newest.low, newest.close, newest.volume)
    for time, first, high, low, last, volume in zip(*(each.tolist() for each in columns), strict=True):
        yield Bar(timestamp=time, open=first, high=high, low=low, close=last, volume=volume)


def _age(ages: Ages, candles: Candles, calendar: str) -> Age:
    return ages.of(calendar, timeframe=candles.timeframe, as_of=_closed(candles))


def _too_old(candles: Candles, age: Age) -> str:
    closed = f"{_closed(candles):%Y-%m-%d %H:%M} UTC"
    return f"its newest candle ({candles.symbol}, {candles.timeframe}) closed at {closed}, {age.bars} bars ago: too old for a signal of now"


def _closed(candles: Candles) -> datetime:
    return datetime.fromtimestamp(int(candles.time[-1]) / 1e9, UTC)
