"""The one way to get candles: by symbol, timeframe and days."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import numpy as np

from libs.chassis.errors import UnavailableError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.own_candles import OwnCandles
from libs.market import real, synthetic
from libs.market.catalogue import NoCandlesError, check_range, check_symbol
from libs.market.lake import Lake
from libs.market.own import catalogue_of, check_instrument, source_of
from libs.market.own_files import load_own
from libs.quant.candles import NANOSECONDS_A_DAY, Candles

_MOST_LOADED: Final = 32  # series kept in memory; one has a few hundred kilobytes
_BARS_LOADED: Final = 2_000_000  # a bar has some 60 bytes, and 8 more for each further column


@dataclass(frozen=True)
class Market:
    """Loads candles of known instruments, through the `lake` (a folder) when there is one; generates others where that is allowed.

    `own` is what stands behind symbols of the account that asks: it goes before the packaged candles of the same symbol, and comes from
    the store of `artifacts`. Candles are kept in memory once loaded. Safe to use from several threads.
    """

    lake: Path | None
    synthetic_allowed: bool
    artifacts: Artifacts | None = None
    own: Sequence[OwnCandles] = ()
    _loaded: dict[tuple[str, str, str], Candles] = field(default_factory=dict, repr=False, compare=False)

    def with_own(self, own: Sequence[OwnCandles]) -> "Market":
        """Return the market of an account that has these candles of its own; what is loaded is shared."""
        return self if tuple(own) == tuple(self.own) else replace(self, own=tuple(own))

    def candles(
        self, symbol: str, timeframe: str, *, start: date | None = None, end: date | None = None, synthetic_allowed: bool | None = None
    ) -> Candles:
        """Return the symbol's candles from `start` to `end` (days in UTC, both inclusive; None: all there are).

        `synthetic_allowed` overrules the market's own. Raises `UnknownSymbolError`, `NoCandlesError` and `DataPackageMissingError`; for
        candles of one's own also `ArtifactMissingError`, and `UnavailableError` while the store is away.
        """
        allowed = self.synthetic_allowed if synthetic_allowed is None else synthetic_allowed
        own = catalogue_of(self.own)
        instrument = check_instrument(symbol, timeframe=timeframe, own=own, synthetic_allowed=allowed)
        check_range(instrument, timeframe=timeframe, start=start, end=end)
        mine = own.behind(symbol, timeframe=timeframe)
        whole = self._whole(symbol, timeframe=timeframe) if mine is None else self._own(mine, timeframe=timeframe)
        days = (whole.time - 1) // NANOSECONDS_A_DAY  # a bar that closes at midnight belongs to the day before
        first = 0 if start is None else int(np.searchsorted(days, _day(start), side="left"))
        stop = len(whole) if end is None else int(np.searchsorted(days, _day(end), side="right"))
        if first >= stop:
            message = f"{symbol} has no {timeframe} candles from {start or instrument.start} to {end or instrument.end}."
            raise NoCandlesError(message, field="start_date")
        return whole if (first, stop) == (0, len(whole)) else whole.part(first, stop)

    def latest(self, symbol: str, timeframe: str, bars: int | None = None, *, synthetic_allowed: bool | None = None) -> Candles:
        """Return the symbol's last candles; None for all, so that an indicator that never forgets equals its value in training."""
        whole = self.candles(symbol, timeframe, synthetic_allowed=synthetic_allowed)
        return whole if bars is None or bars >= len(whole) else whole.part(len(whole) - bars, len(whole))

    def _whole(self, symbol: str, *, timeframe: str) -> Candles:
        key = (symbol, timeframe, "")
        found = self._loaded.get(key)
        if found is None:
            if check_symbol(symbol, synthetic_allowed=True).synthetic:
                donor = synthetic.donor_of(symbol, timeframe=timeframe)
                found = synthetic.generate(symbol, timeframe=timeframe, donor=self._whole(donor, timeframe=timeframe))
            else:
                found = self._real(symbol, timeframe=timeframe)
            self._keep(key, found)
        return found

    def _own(self, own: OwnCandles, *, timeframe: str) -> Candles:
        key = (own.symbol, timeframe, own.sha256)
        found = self._loaded.get(key)
        if found is None or found.source != source_of(own, timeframe=timeframe):
            if self.artifacts is None:
                msg = f"There is no store to read the candles of {own.symbol} from."
                raise UnavailableError(msg)
            found = load_own(own, timeframe=timeframe, artifacts=self.artifacts, lake=self.lake)
            self._keep(key, found)
        return found

    def _keep(self, key: tuple[str, str, str], candles: Candles) -> None:
        if len(self._loaded) >= _MOST_LOADED or sum(len(each) for each in list(self._loaded.values())) > _BARS_LOADED:
            self._loaded.clear()  # rare, and loading again takes milliseconds
        self._loaded[key] = candles

    def _real(self, symbol: str, *, timeframe: str) -> Candles:
        if self.lake is None:
            return real.load(symbol, timeframe=timeframe)
        lake = Lake(self.lake, real.LOADER_VERSION)
        found = lake.read(symbol, timeframe=timeframe, source_hash=real.source_hash(symbol))
        if found is None:
            found = real.load(symbol, timeframe=timeframe)
            lake.write(found)
        return found


def _day(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) // 86_400
