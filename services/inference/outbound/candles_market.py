"""Candles as readers want to see them, from the market that features are computed from."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.candles import CandlePart, ReadCandles
from services.inference.domain.ports import Floats, Integers

# What kept series may take together; the last one is kept in any case, for who pages through it.
KEPT_BYTES: Final = 64_000_000
A_MILLISECOND: Final = 10**6
Key = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """All candles of a symbol; times in nanoseconds since 1970, volumes NaN where they are not known."""

    opened: Integers
    closed: Integers
    prices: dict[str, Floats]
    adjustment: str
    synthetic: bool

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return int(self.closed.nbytes) * (2 + len(self.prices))


class CandlesMarket:
    """Implements the port CandleParts. Neither candles of the packages nor a version of a dataset ever change, so they are kept."""

    def __init__(self, lake: Path | None, artifacts: Artifacts, kept_bytes: int = KEPT_BYTES) -> None:
        self._lake, self._artifacts, self._kept_bytes = lake, artifacts, kept_bytes
        self._kept: OrderedDict[Key, Series] = OrderedDict()
        self._turn = asyncio.Semaphore(1)

    async def part(self, ask: ReadCandles) -> CandlePart:
        """Return a part of a symbol's candles. Raise InvalidError for an unknown symbol or timeframe, ArtifactMissingError."""
        key = (ask.symbol, ask.timeframe, ask.own.sha256 if ask.own else "", ask.synthetic_allowed)
        series = self._kept.get(key)
        if series is None:
            # One at a time: there may be very many candles, and memory has a bound however many ask.
            async with self._turn:
                series = self._kept.get(key)
                if series is None:
                    series = await asyncio.to_thread(self._load, ask)
                self._keep(key, series)
        else:
            self._kept.move_to_end(key)
        return part_of(series, ask)

    def _keep(self, key: Key, series: Series) -> None:
        self._kept[key] = series
        while len(self._kept) > 1 and sum(each.nbytes for each in self._kept.values()) > self._kept_bytes:
            self._kept.popitem(last=False)

    def _load(self, ask: ReadCandles) -> Series:
        # Imported when first needed, as everywhere in this service: predictions may never need it.
        from libs.market.candles import Market  # noqa: PLC0415  # as said above
        from libs.quant.candles import LENGTHS  # noqa: PLC0415  # as said above

        market = Market(lake=self._lake, synthetic_allowed=False, artifacts=self._artifacts).with_own([ask.own] if ask.own else ())
        candles = market.latest(ask.symbol, ask.timeframe, synthetic_allowed=ask.synthetic_allowed)
        volume = np.where(candles.volume_unknown, np.nan, candles.volume)
        prices = {name: getattr(candles, name) for name in ("open", "high", "low", "close")}
        opened = candles.time - LENGTHS[ask.timeframe] if candles.opened is None else candles.opened
        return Series(opened, candles.time, prices | {"volume": volume}, candles.adjustment, candles.synthetic)


def part_of(series: Series, ask: ReadCandles) -> CandlePart:
    """Return the candles that are asked for, and where the next ones are to either side."""
    closed = series.closed
    begin = 0 if ask.start is None else int(np.searchsorted(closed, _nanoseconds(ask.start), side="left"))
    end = len(closed) if ask.end is None else int(np.searchsorted(closed, _nanoseconds(ask.end), side="right"))
    start = max(begin, end - ask.most) if ask.start is None else begin
    stop = max(start, min(end, start + ask.most))
    part = slice(start, stop)
    volume = [None if np.isnan(each) else each for each in series.prices["volume"][part].tolist()]
    prices: dict[str, Any] = {name: tuple(values[part].tolist()) for name, values in series.prices.items() if name != "volume"}
    return CandlePart(
        opened=tuple((series.opened[part] // A_MILLISECOND).tolist()),
        closed=tuple((closed[part] // A_MILLISECOND).tolist()),
        **prices,
        volume=tuple(volume),
        adjustment=series.adjustment,
        synthetic=series.synthetic,
        first=_moment(series.opened[0]),
        last=_moment(closed[-1]),
        before=_moment(closed[start - 1]) if start else None,
        after=_moment(closed[stop]) if stop < len(closed) else None,
    )


def _nanoseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000) * A_MILLISECOND


def _moment(time: Any) -> datetime:
    return datetime.fromtimestamp(int(time) // A_MILLISECOND / 1000, UTC)
