"""Plays decisions against candles: decided on a bar's close, filled at the next bar's open, with costs on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Candles, Floats, Integers
from libs.quant.fills import play
from libs.quant.labels import BUY, SELL

Positions = NDArray[np.int8]

_YEAR: Final = 365.25 * 86_400 * 1e9  # nanoseconds


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Trades in the order they ended: times of the fills (nanoseconds), direction (1 long, -1 short) and return net of all costs."""

    entered: Integers
    left: Integers
    direction: Positions
    net_return: Floats

    def __len__(self) -> int:
        return len(self.net_return)


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """What came of it: equity at each bar's close (it starts at 1.0 before the first), and the trades."""

    time: Integers
    equity: Floats
    trades: Trades
    bars_per_year: float


def positions_from_classes(predicted: NDArray[np.integer[Any]], *, short_selling: bool = True) -> Positions:
    """Return the position wanted after each bar: BUY is long (1), SELL short (-1; flat without short selling), HOLD flat (0).

    HOLD means flat, not "keep what you have": the label says that no move worth a barrier is coming.
    """
    wanted = np.zeros(len(predicted), dtype=np.int8)
    wanted[predicted == BUY] = 1
    if short_selling:
        wanted[predicted == SELL] = -1
    return wanted


def positions_from_returns(predicted: Floats, *, threshold: float = 0.0, short_selling: bool = True) -> Positions:
    """Return the position wanted after each bar: with the sign of the predicted return where it is beyond the threshold, flat elsewhere."""
    wanted = np.where(predicted > threshold, 1, np.where(predicted < -threshold, -1, 0)).astype(np.int8)
    return wanted if short_selling else np.maximum(wanted, 0).astype(np.int8)


def backtest(candles: Candles, positions: Positions, *, commission: float, slippage: float, borrow_rate: float = 0.0) -> Backtest:
    """Trade one symbol with all of the equity.

    `positions[i]` (-1, 0 or 1) is decided on the close of bar i and filled at the open of bar i + 1, or at its close where its open is no
    price of its own (`Candles.stale_open`); what is decided on the last bar is not filled. A fill is `slippage` (fraction) worse than that,
    and costs `commission` (fraction of the traded value). A short position costs `borrow_rate` (fraction of its value a year) for each
    close that it is held over. A position is a number of shares bought with the equity of its entry and kept till its exit (nothing is
    rebalanced meanwhile); it is closed at the last close of its segment, as nobody can trade in a hole, and at the last close of all.
    Equity that is lost stays 0. A trade's net return is equity after its exit's costs / equity before its entry's, less one. Raises
    `ValueError` when positions and candles differ in length.
    """
    if len(positions) != len(candles):
        message = f"{len(positions)} positions for {len(candles)} candles"
        raise ValueError(message)
    ends = np.ones(len(candles), dtype=np.bool_)
    ends[:-1] = np.diff(candles.segment) != 0
    wanted = np.array(positions, dtype=np.int8)
    fills = np.where(candles.stale_open, candles.close, candles.open)
    borrowing = borrow_rate / candles.bars_per_year
    equity, entry, leave, direction, net = play(fills, candles.close.copy(), wanted, ends, commission, slippage, borrowing)
    trades = Trades(candles.time[entry], candles.time[leave], direction, net)
    return Backtest(candles.time, equity, trades, candles.bars_per_year)


def buy_and_hold(candles: Candles, *, commission: float, slippage: float) -> Backtest:
    """Return the backtest of being long on every bar, with the same costs: what any strategy must beat (it borrows nothing)."""
    return backtest(candles, np.ones(len(candles), dtype=np.int8), commission=commission, slippage=slippage)


def portfolio(parts: Sequence[Backtest]) -> Backtest:
    """Join several symbols' backtests: each got the same share of the capital at the start, on one clock.

    Before its first bar a symbol's share lies as cash. After its last bar a symbol is out of the portfolio: what it has is divided among
    those that go on, in proportion to what they have, so that nothing stands still for the rest of the time. Otherwise nothing moves
    between symbols. Trades are those of all, by the time they ended. Bars a year are the symbols' own when they agree, else the clock's
    bars per year of its span. Raises `ValueError` for no parts.
    """
    if not parts:
        message = "there is no backtest to join"
        raise ValueError(message)
    if len(parts) == 1:
        return parts[0]
    clock = np.unique(np.concatenate([part.time for part in parts]))
    places = [np.searchsorted(part.time, clock, side="right") for part in parts]
    worth = np.array([np.concatenate([[1.0], part.equity])[place] for part, place in zip(parts, places, strict=True)])
    ends = np.array([part.time[-1] for part in parts])
    total, scale, cash, start = np.empty(len(clock)), 1.0 / len(parts), 0.0, 0
    for end in np.unique(ends):
        stop = int(np.searchsorted(clock, end, side="right"))
        going = ends >= end
        total[start:stop] = cash + scale * worth[going, start:stop].sum(axis=0)
        capital, left = float(total[stop - 1]), float(worth[ends > end, stop - 1].sum())
        # Those that go on may have lost all: then nothing can be divided in proportion, and what is left lies as cash.
        scale, cash = (capital / left, 0.0) if left > 0 else (scale, capital)
        start = stop
    return Backtest(clock, total, _joined([part.trades for part in parts]), _bars_per_year(parts, clock=clock))


def _bars_per_year(parts: Sequence[Backtest], *, clock: Integers) -> float:
    calendars = {part.bars_per_year for part in parts}
    if len(calendars) == 1 or len(clock) < 2:  # noqa: PLR2004 - one bar has no span
        return max(calendars)
    return float((len(clock) - 1) / ((int(clock[-1]) - int(clock[0])) / _YEAR))


def _joined(trades: Sequence[Trades]) -> Trades:
    left = np.concatenate([part.left for part in trades])
    order = np.argsort(left, kind="stable")
    return Trades(
        entered=np.concatenate([part.entered for part in trades])[order],
        left=left[order],
        direction=np.concatenate([part.direction for part in trades])[order],
        net_return=np.concatenate([part.net_return for part in trades])[order],
    )
