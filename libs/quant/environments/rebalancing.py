"""Fills of an environment in compiled code: from what is held to what is wanted, at the prices and costs of a backtest."""

import numpy as np

from libs.quant.candles import Floats
from libs.quant.compiled import compiled, inlined


@inlined
def _traded(cash: float, shares: float, price: float, commission: float) -> float:
    """Return the cash after trading `shares` (negative: selling) at a price."""
    return cash - shares * price - abs(shares) * price * commission


@inlined
def close_all(cash: float, shares: Floats, quotes: Floats, commission: float, slippage: float) -> float:
    """Leave all positions (`shares` (symbols,) is zeroed) and return the cash, never below zero."""
    for place in range(len(shares)):
        held = shares[place]
        if held != 0.0:
            cash = max(_traded(cash, -held, quotes[place] * (1.0 - slippage * np.sign(held)), commission), 0.0)
            shares[place] = 0.0
    return cash


@compiled
def rebalance(cash: float, shares: Floats, quotes: Floats, goals: Floats, commission: float, slippage: float) -> float:  # noqa: PLR0917 - compiled
    """Trade towards `goals` (symbols,), weights of the equity at these quotes, NaN to keep what is held; return the cash.

    First what is wanted no more, or on the other side, is left; of the equity that is then there each weight takes its part: what is above
    it is sold, what is below it bought, as far as the cash goes, costs included. Between the shares that the weight buys and those that it
    would take to sell down to it nothing is traded: a step back and forth would only cost. `shares` is changed in place. An entry from
    nothing at weight 1 is the entry of a backtest, to the last digits.
    """
    worth = 0.0
    for place in range(len(shares)):
        goal, held = goals[place], shares[place]
        if held != 0.0 and goal * held <= 0.0:
            cash = max(_traded(cash, -held, quotes[place] * (1.0 - slippage * np.sign(held)), commission), 0.0)
            shares[place] = 0.0
        worth += shares[place] * quotes[place]
    worth += cash
    if worth <= 0.0:
        return cash
    for place in range(len(shares)):
        side, kept = np.sign(shares[place]), abs(goals[place]) * worth / (quotes[place] * (1.0 - slippage) * (1.0 - commission))
        if abs(shares[place]) > kept:
            over = shares[place] - side * kept
            cash = _traded(cash, -over, quotes[place] * (1.0 - slippage * side), commission)
            shares[place] = side * kept
    needed = 0.0
    for place in range(len(shares)):
        lacking = _lacking(shares[place], goals[place], quotes[place], worth, commission, slippage)
        if lacking > 0.0:
            needed += lacking * quotes[place] * (1.0 + slippage) * (1.0 + commission)
    share = min(1.0, max(cash, 0.0) / needed) if needed > 0.0 else 1.0
    for place in range(len(shares)):
        lacking = _lacking(shares[place], goals[place], quotes[place], worth, commission, slippage)
        if lacking != 0.0:
            lacking *= share if lacking > 0.0 else 1.0
            cash = _traded(cash, lacking, quotes[place] * (1.0 + slippage * np.sign(lacking)), commission)
            shares[place] += lacking
    return cash


@inlined
def _lacking(shares: float, goal: float, quote: float, worth: float, commission: float, slippage: float) -> float:  # noqa: PLR0917 - compiled
    """Return how many shares the weight `goal` lacks (negative: to be sold short); 0 where there are enough, or it is NaN."""
    if not goal or np.isnan(goal):
        return 0.0
    side = np.sign(goal)
    wanted = side * abs(goal) * worth / (quote * (1.0 + slippage * side) * (1.0 + commission))
    return wanted - shares if abs(wanted) > abs(shares) else 0.0
