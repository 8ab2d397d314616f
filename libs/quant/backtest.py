"""Plays decisions against candles: decided on a bar's close, filled at the next bar's open, with costs on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import NANOSECONDS_A_DAY, Candles, Floats, Integers, common_bars_per_year
from libs.quant.fills import SIGNAL, play
from libs.quant.labels import BUY, SELL

Positions = NDArray[np.int8]

# Longer than any holiday or halt of a symbol that goes on.
ABSENT: Final = 30 * NANOSECONDS_A_DAY


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Trades in the order they ended, an array for each thing there is to say of them.

    `entered` and `left` are the times of the bars in which it was filled (nanoseconds), `bars` over how many bars it was held, `direction`
    is 1 for long and -1 for short. `entry_price` and `exit_price` are the candles' own, before slippage. `net_return` is after all costs.
    `stake` is what was put in and `profit` what it earned, as fractions of the capital at the start: profits sum to the total return.
    `reason` is why it ended (`fills`: SIGNAL, GAP, END, RUIN).
    """

    symbol: NDArray[np.str_]
    entered: Integers
    left: Integers
    bars: Integers
    direction: Positions
    entry_price: Floats
    exit_price: Floats
    net_return: Floats
    stake: Floats
    profit: Floats
    reason: NDArray[np.int8]

    @property
    def gross_return(self) -> Floats:
        """What each would have returned without costs: direction * (exit price / entry price - 1), and -1 where all was lost."""
        return np.maximum(self.direction * (self.exit_price / self.entry_price - 1.0), -1.0)

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


def backtest(
    candles: Candles, positions: Positions, *, commission: float, slippage: float, borrow_rate: float = 0.0, size: float = 1.0
) -> Backtest:
    """Trade one symbol: each entry takes `size` (a fraction) of the equity, and a short position all of it; the rest lies as cash.

    `positions[i]` (-1, 0 or 1) is decided on the close of bar i and filled at the open of bar i + 1, or at its close where its open is no
    price of its own (`Candles.stale_open`); what is decided on the last bar is not filled. A fill is `slippage` (fraction) worse than that,
    and costs `commission` (fraction of the traded value). A short position costs `borrow_rate` (fraction of its value a year) for each
    close that it is held over. A position is a number of shares bought at its entry and kept till its exit (nothing is rebalanced
    meanwhile); it is closed at the last close of its segment, as nobody can trade in a hole, and at the last close of all.
    Equity that is lost stays 0. A trade's net return is what is left of its stake after the exit's costs / the stake before the entry's,
    less one. Raises `ValueError` when positions and candles differ in length, and for short positions of less than all.
    """
    if len(positions) != len(candles):
        message = f"{len(positions)} positions for {len(candles)} candles"
        raise ValueError(message)
    if size != 1.0 and (positions < 0).any():
        message = "a short position is backed by all of the equity: it may lose more than a part of it"
        raise ValueError(message)
    ends = np.ones(len(candles), dtype=np.bool_)
    ends[:-1] = np.diff(candles.segment) != 0
    wanted = np.array(positions, dtype=np.int8)
    fills = np.where(candles.stale_open, candles.close, candles.open)
    borrowing = borrow_rate / candles.bars_per_year
    equity, marks, values = play(fills, candles.close.copy(), wanted, ends, commission, slippage, borrowing, size)
    entry, leave, direction, reason = marks.T
    stake, entry_price, exit_price, net_return = values.T
    trades = Trades(
        symbol=np.full(len(marks), candles.symbol),
        entered=candles.time[entry],
        left=candles.time[leave],
        # What is left at an open was not held over that bar; what is left at a close was.
        bars=leave - entry + (reason != SIGNAL),
        direction=direction.astype(np.int8),
        entry_price=entry_price,
        exit_price=exit_price,
        net_return=net_return,
        stake=stake,
        profit=stake * net_return,
        reason=reason.astype(np.int8),
    )
    return Backtest(candles.time, equity, trades, candles.bars_per_year)


def buy_and_hold(candles: Candles, *, commission: float, slippage: float) -> Backtest:
    """Return the backtest of being long on every bar, with the same costs: what any strategy must beat (it borrows nothing)."""
    return backtest(candles, np.ones(len(candles), dtype=np.int8), commission=commission, slippage=slippage)


def portfolio(parts: Sequence[Backtest], *, absent: int = ABSENT) -> Backtest:
    """Join several symbols' backtests, each of all its equity: each got the same share of the capital at the start, on one clock.

    Before its first bar a symbol's share lies as cash. A symbol without a bar for `absent` nanoseconds is out of the portfolio from then
    on: what it has is divided among those that go on, in proportion to what they have, so that nothing stands still for the rest of it.
    (From then on, not from its last bar: nobody knew at that bar that none would follow, and no day changes when later ones are known.)
    Otherwise nothing moves between symbols. Trades are those of all, by the time they ended. Bars a year are the symbols' own when they
    agree, else the clock's bars per year of its span. Raises `ValueError` for no parts.
    """
    if not parts:
        message = "there is no backtest to join"
        raise ValueError(message)
    if len(parts) == 1:
        return parts[0]
    clock = np.unique(np.concatenate([part.time for part in parts]))
    places = [np.searchsorted(part.time, clock, side="right") for part in parts]
    worth = np.array([np.concatenate([[1.0], part.equity])[place] for part, place in zip(parts, places, strict=True)])
    ends = np.minimum([part.time[-1] + absent for part in parts], clock[-1])
    total, scale, cash, start = np.empty(len(clock)), 1.0 / len(parts), 0.0, 0
    scales: list[tuple[int, float]] = []
    for end in np.unique(ends):
        stop = int(np.searchsorted(clock, end, side="right"))
        going = ends >= end
        total[start:stop] = cash + scale * worth[going, start:stop].sum(axis=0)
        scales.append((int(end), scale))
        capital, left = float(total[stop - 1]), float(worth[ends > end, stop - 1].sum())
        # Those that go on may have lost all: then nothing can be divided in proportion, and what is left lies as cash.
        scale, cash = (capital / left, 0.0) if left > 0 else (scale, capital)
        start = stop
    bars_per_year = common_bars_per_year([part.bars_per_year for part in parts], clock=clock)
    return Backtest(clock, total, _joined([_scaled(part, scales) for part in parts]), bars_per_year)


def _scaled(part: Backtest, scales: Sequence[tuple[int, float]]) -> Trades:
    """Return a part's trades as fractions of the whole capital: up to each of these times the part was so many times as large as alone.

    A trade that is held over such a time earns before it at one scale and after it at the next.
    """
    trades = part.trades
    before, after = trades.stake.copy(), trades.stake * (1.0 + trades.net_return)
    profit, stake, begun = np.zeros(len(trades)), np.zeros(len(trades)), np.iinfo(np.int64).min
    for end, scale in scales:
        running = (trades.entered <= end) & (trades.left > begun)
        place = int(np.searchsorted(part.time, end, side="right"))
        value = np.where(trades.left <= end, after, part.equity[place - 1] if place else 1.0)
        profit[running] += scale * (value - before)[running]
        before = np.where(running, value, before)
        entered = running & (trades.entered > begun)
        stake[entered] = scale * trades.stake[entered]
        begun = end
    return replace(trades, stake=stake, profit=profit)


def _joined(trades: Sequence[Trades]) -> Trades:
    order = np.argsort(np.concatenate([part.left for part in trades]), kind="stable")
    return Trades(**{field.name: np.concatenate([getattr(part, field.name) for part in trades])[order] for field in fields(Trades)})
