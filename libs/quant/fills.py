"""The loop of a backtest: fills, cash and shares, bar by bar."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers
from libs.quant.compiled import compiled

# Why a trade ended: by a signal at the open of its last bar, by a hole, the end or ruin at its close, by a stop or target inside it.
SIGNAL: Final = 0  # another position was wanted
GAP: Final = 1  # a hole in the candles follows
END: Final = 2  # there are no more candles
RUIN: Final = 3  # nothing was left
STOP_LOSS: Final = 4  # the price fell (for a short: rose) too far from the entry
TAKE_PROFIT: Final = 5  # the target was reached
TRAILING_STOP: Final = 6  # the price came back too far from its best since the entry


@compiled
def _fill(cash: float, shares: float, price: float, commission: float) -> float:
    """Return the cash after trading `shares` (negative: selling) at a price."""
    return cash - shares * price - abs(shares) * price * commission


@compiled
def play(  # noqa: PLR0917 - compiled functions take no keywords
    opens: Floats,
    closes: Floats,
    wanted: NDArray[np.int8],
    ends: NDArray[np.bool_],
    commission: float,
    slippage: float,
    borrowing: float,
    size: float,
) -> tuple[Floats, Integers, Floats]:
    """Return equity at each close, and two rows of numbers for each trade.

    The first has the bars it was entered and left on, its direction, and why it ended; the second the equity put in, the quotes at entry
    and exit before slippage, and the net return. `ends` marks the last bar of each segment: there what is held is closed, and nothing is
    decided. `borrowing` is what a short position costs for each close that it is held over, as a fraction of its value. Each entry takes
    `size` (a fraction; 1 where there are short positions) of the equity; the rest lies as cash.
    """
    bars = len(closes)
    equity, marks, values = np.empty(bars), np.empty((bars, 4), dtype=np.int64), np.empty((bars, 4))
    trades, held, cash, shares, idle = 0, 0, 1.0, 0.0, 0.0
    for bar in range(bars):
        target = wanted[bar - 1] if bar > 0 and not ends[bar - 1] else 0
        for closing in range(2):  # first what was decided on the close before, then the end of the segment
            if closing == 1 and not ends[bar]:
                break
            goal = 0 if closing == 1 else target
            quote = closes[bar] if closing == 1 else opens[bar]
            if goal == held:
                continue
            if held != 0:
                cash = max(_fill(cash, -shares, quote * (1.0 - slippage * held), commission), 0.0)
                marks[trades, 1], marks[trades, 3] = bar, SIGNAL if closing == 0 else END if bar == bars - 1 else GAP
                values[trades, 2], values[trades, 3] = quote, (cash - idle) / values[trades, 0] - 1.0
                trades += 1
                shares, held = 0.0, 0
            if goal != 0 and cash > 0.0:
                price = quote * (1.0 + slippage * goal)
                marks[trades, 0], marks[trades, 2] = bar, goal
                values[trades, 0], values[trades, 1], idle = size * cash, quote, cash - size * cash
                held, shares = goal, goal * values[trades, 0] / (price * (1.0 + commission))
                cash = _fill(cash, shares, price, commission)
        if held < 0:
            cash += shares * closes[bar] * borrowing
        equity[bar] = max(cash + shares * closes[bar], 0.0)
        if held != 0 and equity[bar] == 0.0:  # ruined: a short position ate all there was, and a later fall must not bring it back
            marks[trades, 1], marks[trades, 3] = bar, RUIN
            values[trades, 2], values[trades, 3] = closes[bar], -1.0
            trades += 1
            cash, shares, held = 0.0, 0.0, 0
    return equity, marks[:trades], values[:trades]
