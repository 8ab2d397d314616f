"""What an episode traded as trades: from nothing held to nothing held, in compiled code."""

from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.compiled import compiled
from libs.quant.environments.stepping import Bars, Rules
from libs.quant.fills import END, GAP, RUIN, SIGNAL

COLUMNS: Final = (
    "symbol", "entry", "left", "direction", "reason", "entry_price", "exit_price", "shares", "stake", "profit", "commission",
)  # fmt: skip
"""A trade's row: the symbol's place, first and last bar of the window, 1 or -1, why it ended, mean quotes by shares, the most shares that
were held, the value of what was bought or sold short with its commission, what it earned after all costs, and the commission within."""


@compiled
def trips(opened: Floats, held: Floats, bars: Bars, rules: Rules) -> Floats:
    """Return the trades (trades, COLUMNS) of an episode whose window has held these shares (bars, symbols) after each open and each close.

    A trade begins when a symbol is bought or sold short from nothing, takes in what is added and sold meanwhile, and ends when nothing is
    left, or the side changes. Quotes are before slippage. Profit is the money that came back less the money that went out, what a short
    paid for its nights included; a ruin takes no more than the stake.
    """
    length, symbols = held.shape
    rows = np.empty((2 * length * symbols, 11))
    count = 0
    for symbol in range(symbols):
        before, stake, profit, bought, sold, most, entry_value, exit_value, commission, entry = (
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0,
        )
        for at in range(1, length):
            bar = rules.first + at
            for closing in range(2):
                after = held[at, symbol] if closing else opened[at, symbol]
                quote = bars.closes[bar, symbol] if closing else bars.fills[bar, symbol]
                while after != before:
                    whole = after * before < 0.0  # the other side is wanted: first all is left
                    target = 0.0 if whole else after
                    change = target - before
                    price = quote * (1.0 + rules.slippage * np.sign(change))
                    cost = abs(change) * price * rules.commission
                    if before == 0.0:
                        entry, stake, profit, bought, sold, most = at, 0.0, 0.0, 0.0, 0.0, 0.0
                        entry_value, exit_value, commission = 0.0, 0.0, 0.0
                    commission += cost
                    profit -= change * price + cost
                    if target == 0.0 or abs(target) < abs(before):
                        sold += abs(change)
                        exit_value += abs(change) * quote
                    else:
                        bought += abs(change)
                        entry_value += abs(change) * quote
                        stake += abs(change) * price + cost
                    most = max(most, abs(target))
                    if target == 0.0:
                        reason = SIGNAL
                        if closing:
                            reason = END if at == length - 1 else GAP if bars.ends[bar] else RUIN
                        row = rows[count]
                        row[0], row[1], row[2], row[3], row[4] = symbol, entry, at, np.sign(before), reason
                        row[5], row[6], row[7] = entry_value / bought, exit_value / sold, most
                        row[8], row[9], row[10] = stake, max(profit, -stake) if reason == RUIN else profit, commission
                        count += 1
                    before = target
            if before < 0.0:
                profit += before * bars.closes[bar, symbol] * rules.borrowing
    found = rows[:count]
    return found[np.argsort(found[:, 2], kind="mergesort")]
