"""What an episode traded as trades: from nothing held to nothing held, in compiled code."""

from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.compiled import compiled, inlined
from libs.quant.environments.stepping import Bars, Rules
from libs.quant.fills import END, GAP, RUIN, SIGNAL

COLUMNS: Final = (
    "symbol", "entry", "left", "direction", "reason", "entry_price", "exit_price", "shares", "stake", "profit", "commission",
)  # fmt: skip
"""A trade's row: the symbol's place, first and last bar of the window, 1 or -1, why it ended, mean quotes by shares, the most shares that
were held, the value of what was bought or sold short with its commission, what it earned after all costs, and the commission within."""


# What is known of a trade that goes on.
_STAKE, _EARNED, _BOUGHT, _SOLD, _MOST, _ENTRY_VALUE, _EXIT_VALUE, _COMMISSION, _ENTRY = range(9)


@inlined
def _take(trip: Floats, before: float, target: float, quote: float, rules: Rules) -> None:
    """Add a fill from `before` to `target` shares to a trade."""
    change = target - before
    price = quote * (1.0 + rules.slippage * np.sign(change))
    cost = abs(change) * price * rules.commission
    trip[_COMMISSION] += cost
    trip[_EARNED] -= change * price + cost
    if abs(target) < abs(before):
        trip[_SOLD] += abs(change)
        trip[_EXIT_VALUE] += abs(change) * quote
    else:
        trip[_BOUGHT] += abs(change)
        trip[_ENTRY_VALUE] += abs(change) * quote
        trip[_STAKE] += abs(change) * price + cost
    trip[_MOST] = max(trip[_MOST], abs(target))


@inlined
def _write(row: Floats, trip: Floats, symbol: int, left: int, side: float, reason: int) -> None:  # noqa: PLR0917 - compiled
    row[0], row[1], row[2], row[3], row[4] = symbol, trip[_ENTRY], left, side, reason
    row[5], row[6], row[7] = trip[_ENTRY_VALUE] / trip[_BOUGHT], trip[_EXIT_VALUE] / trip[_SOLD], trip[_MOST]
    earned = max(trip[_EARNED], -trip[_STAKE]) if reason == RUIN else trip[_EARNED]
    row[8], row[9], row[10] = trip[_STAKE], earned, trip[_COMMISSION]


@compiled
def trips(opened: Floats, held: Floats, bars: Bars, rules: Rules) -> Floats:
    """Return the trades (trades, COLUMNS) of an episode whose window has held these shares (bars, symbols) after each open and each close.

    A trade begins when a symbol is bought or sold short from nothing, takes in what is added and sold meanwhile, and ends when nothing is
    left, or the side changes. Quotes are before slippage. Profit is the money that came back less the money that went out, what a short
    paid for its nights included; a ruin takes no more than the stake.
    """
    length, symbols = held.shape
    rows, trip, count = np.empty((2 * length * symbols, len(COLUMNS))), np.zeros(9), 0
    for symbol in range(symbols):
        before = 0.0
        for at in range(1, length):
            bar = rules.first + at
            for closing in range(2):
                after = held[at, symbol] if closing else opened[at, symbol]
                quote = bars.closes[bar, symbol] if closing else bars.fills[bar, symbol]
                while after != before:
                    target = 0.0 if after * before < 0.0 else after  # Where the other side is wanted, first all is left.
                    if before == 0.0:
                        trip[:] = 0.0
                        trip[_ENTRY] = at
                    _take(trip, before, target, quote, rules)
                    if target == 0.0:
                        at_close = END if at == length - 1 else GAP if bars.ends[bar] else RUIN
                        _write(rows[count], trip, symbol, at, np.sign(before), at_close if closing else SIGNAL)
                        count += 1
                    before = target
            trip[_EARNED] += min(before, 0.0) * bars.closes[bar, symbol] * rules.borrowing
    found = rows[:count]
    return found[np.argsort(found[:, 2], kind="mergesort")]
