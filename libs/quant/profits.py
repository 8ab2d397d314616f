"""What trades earned in money, one after the other, and what that is worth beside the falls on the way."""

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import NANOSECONDS_A_DAY, Floats, Integers
from libs.quant.measured import Measured, Measuring
from libs.quant.trading import drawdowns, trade_metrics


def profit_metrics(profits: Floats, *, largest_fall: float) -> Measured:
    """Measure trades by their profits in money, in the order in which they ended; `largest_fall` is equity's from a peak, in money too.

    Gross profit and loss: the sums of those above zero and of the others; net profit: both together. Averages and profit factor:
    `trade_metrics` of profits. Largest win and loss: the most that one of those above zero, or of the others, made. Risk/reward ratio:
    average win / |average loss|. Recovery factor: net profit / the largest fall. Streaks: the most in a row that won, or lost; a trade that
    earned nothing has lost.
    """
    of_trades, out = trade_metrics(profits), Measuring()
    out.set("gross_profit", float(profits[profits > 0].sum()))
    out.set("gross_loss", float(profits[profits <= 0].sum()))
    out.set("net_profit", float(profits.sum()))
    out.set("max_consecutive_wins", longest_streak(profits > 0))
    out.set("max_consecutive_losses", longest_streak(profits <= 0))
    out.divide("recovery_factor", float(profits.sum()), largest_fall, reason="equity never fell")
    win, loss = of_trades.values["avg_win"], of_trades.values["avg_loss"]
    for side, average, most in (("win", win, profits.max(initial=0.0)), ("loss", loss, profits.min(initial=0.0))):
        if average is None:
            out.lacking(f"largest_{side}", reason=of_trades.reasons[f"avg_{side}"])
            out.lacking("risk_reward_ratio", reason=of_trades.reasons[f"avg_{side}"])
        else:
            out.set(f"largest_{side}", float(most))
    if win is not None and loss is not None:
        out.divide("risk_reward_ratio", win, abs(loss), reason="no trade lost anything")
    return of_trades | out.done()


def longest_streak(happened: NDArray[np.bool_]) -> int:
    """Return the length of the longest run of true values."""
    others = np.flatnonzero(np.concatenate([[True], ~happened, [True]]))
    return int(np.diff(others).max()) - 1


def largest_fall(equity: Floats) -> float:
    """Return the largest fall from a peak in equity's own unit; the start (1.0) counts as a peak."""
    peaks = np.maximum.accumulate(np.concatenate([[1.0], equity]))[1:]
    return float((peaks - equity).max(initial=0.0))


def longest_drawdown_days(equity: Floats, time: Integers) -> float:
    """Return the days of the longest time below a peak, 0 where equity never fell.

    It lasts from the last close at a peak (or the first close of all) to the close that is back, or the last one.
    """
    below = drawdowns(equity) > 0
    places = np.unique(np.concatenate([[0], np.flatnonzero(~below), [len(equity) - 1]]))
    fell = (np.diff(places) > 1) | below[places[:-1]] | below[places[1:]]
    return float(np.diff(time[places])[fell].max(initial=0)) / NANOSECONDS_A_DAY
