"""Features of candles, by the same code that computed them for training."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.quant.windows import streaks
from services.inference.domain.errors import FeaturesNotReadyError
from services.inference.domain.ports import LatestRow, LatestWindow, Table, Wanted

if TYPE_CHECKING:
    from libs.market.candles import Market

ROWS_KEPT: Final = 10_000
# Tables are kept for the pages of a range, and for who asks for another range of the same symbol.
TABLES_BYTES: Final = 64_000_000


class FeaturesMarket:
    """Implements the port Features. Neither candles of the packages nor a version of a dataset ever change, so what is computed is kept.

    A newer version of a dataset is something else that is wanted, and so is computed from it.
    """

    def __init__(self, lake: Path | None, artifacts: Artifacts | None = None) -> None:
        self._lake, self._artifacts = lake, artifacts
        self._market: Market | None = None
        self._rows: OrderedDict[Wanted, LatestRow] = OrderedDict()
        self._tables: OrderedDict[Wanted, Table] = OrderedDict()
        self._own_turn = asyncio.Semaphore(1)

    async def latest(self, wanted: Wanted) -> LatestRow:
        """Return a symbol's row. Raise InvalidError for an unknown symbol, FeaturesNotReadyError for too few candles."""
        row = self._rows.get(wanted)
        if row is None:
            row = self._rows[wanted] = _last_of(await self.table(wanted), symbol=wanted.symbol, names=wanted.names)
            if len(self._rows) > ROWS_KEPT:
                self._rows.popitem(last=False)
        return row

    async def window(self, wanted: Wanted, *, steps: int, newest: Sequence[float] | None) -> LatestWindow:
        """Return a symbol's latest `steps` candles, the `newest` values in place of the last one's where they are given.

        Raise InvalidError for an unknown symbol, FeaturesNotReadyError for too few candles.
        """
        return _window_of(await self.table(wanted), symbol=wanted.symbol, steps=steps, newest=newest)

    async def table(self, wanted: Wanted) -> Table:
        """Return the features at all of a symbol's candles. Raise InvalidError for an unknown symbol."""
        table = self._tables.get(wanted)
        if table is None:
            # Of one's own there may be very many candles: of those one at a time, so that memory has a bound.
            async with self._own_turn if wanted.own else nullcontext():
                table = self._tables.get(wanted)
                if table is None:
                    table = await asyncio.to_thread(self._compute, wanted)
            self._tables[wanted] = table
            while len(self._tables) > 1 and sum(kept.values.nbytes for kept in self._tables.values()) > TABLES_BYTES:
                self._tables.popitem(last=False)
        else:
            self._tables.move_to_end(wanted)
        return table

    def _compute(self, wanted: Wanted) -> Table:
        # Imported when first needed: pandas and pyarrow are a tenth of a second and 60 MiB that given features never need.
        from libs.market.age import bars_since, calendar_of  # noqa: PLC0415  # as said above
        from libs.market.candles import Market  # noqa: PLC0415  # as said above
        from libs.market.catalogue import check_symbol  # noqa: PLC0415  # as said above
        from libs.quant.candles import NANOSECONDS_A_DAY  # noqa: PLC0415  # as said above
        from libs.quant.features import compute_features  # noqa: PLC0415  # as said above
        from libs.quant.indicators.bars import level_of  # noqa: PLC0415  # as said above

        if self._market is None:
            self._market = Market(lake=self._lake, synthetic_allowed=False, artifacts=self._artifacts)
        # All candles there are: an indicator that never forgets has then the value that it had in training.
        market = self._market.with_own([wanted.own] if wanted.own else ())
        candles = market.latest(wanted.symbol, wanted.timeframe, synthetic_allowed=wanted.synthetic_allowed)
        values = compute_features(candles, wanted.names)
        streak = streaks(np.all(np.isfinite(values), axis=1), candles.segment)
        calendar = candles.calendar or calendar_of(check_symbol(wanted.symbol, synthetic_allowed=wanted.synthetic_allowed))
        # A calendar's first count takes long, and is made here beside the event loop.
        closed = datetime.fromtimestamp(int(candles.time[-1]) / 1e9, UTC)
        bars_since(calendar, timeframe=wanted.timeframe, as_of=closed, at=datetime.now(UTC))
        level = level_of(candles, column=wanted.level)
        if wanted.level == "volume":
            level = np.where(level > 0, level, np.nan)  # Of no volume, or of one that was never known, no change can be told.
        return Table(candles.time, (candles.time - 1) // NANOSECONDS_A_DAY, values, level, streak, candles.synthetic, calendar)


def _last_of(table: Table, *, symbol: str, names: Sequence[str]) -> LatestRow:
    values = table.values[-1]
    if missing := [name for name, value in zip(names, values, strict=True) if not np.isfinite(value)]:
        message = f"The latest candles of {symbol} are too few for {', '.join(missing)}."
        raise FeaturesNotReadyError(message, details={f"features.{symbol}": [message]})
    return LatestRow(tuple(values.tolist()), float(table.close[-1]), _close(table), table.synthetic, table.calendar)


def _window_of(table: Table, *, symbol: str, steps: int, newest: Sequence[float] | None) -> LatestWindow:
    # Given features stand for the latest candle, whatever that lacks itself; the ones before come from candles all the same.
    place, wanted = (-1, steps) if newest is None else (-2, steps - 1)
    found = int(table.streak[place]) if len(table.streak) >= -place else 0
    if found < wanted:
        given = "" if newest is None else " before the one whose features are given"
        message = f"{symbol} has only {found} candles in a row with all features{given}; the model looks at windows of {steps}."
        raise FeaturesNotReadyError(message, details={f"features.{symbol}": [message]})
    values = table.values[-steps:].copy()
    if newest is not None:
        values[-1, : len(newest)] = newest
        if not np.isfinite(values[-1]).all():
            message = f"The latest candle of {symbol} lacks what the model looks at besides the features that are given."
            raise FeaturesNotReadyError(message, details={f"features.{symbol}": [message]})
    return LatestWindow(values, float(table.close[-1]), _close(table), table.synthetic, table.calendar)


def _close(table: Table) -> datetime:
    return datetime.fromtimestamp(int(table.time[-1]) / 1e9, UTC)
