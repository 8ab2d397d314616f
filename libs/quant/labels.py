"""Labels: what came after a bar, and when that was known.

A label looks into the future by design; `known_at` says how far, so that splits can keep it from the parts it must not tell about.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Candles, Floats, Integers
from libs.quant.indicators.volatility import volatility_of

CLASSES: Final = ("BUY", "HOLD", "SELL")  # a label's class is its place in here
BUY, HOLD, SELL = range(3)
UNLABELLED: Final = -1
VOLATILITY_WINDOW: Final = 20  # bars

_LIKE_SIZED_HOLD: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class ClassLabels:
    """Classes of the bars (places in `CLASSES`; `UNLABELLED` where there is none) and the bar at whose close each is known (else -1)."""

    values: NDArray[np.int8]
    known_at: Integers
    barrier: float


@dataclass(frozen=True, slots=True)
class ValueLabels:
    """Values of the bars (NaN where there is none) and the bar at whose close each is known (else -1)."""

    values: Floats
    known_at: Integers


def _scaled_paths(candles: Candles, *, horizon: int) -> Floats:
    """Return ln(close h bars later / close) over the volatility known at the bar; shape (bars, horizon), NaN where there is none.

    A row is NaN as a whole unless all its `horizon` bars lie in its segment: labelling the end of a segment by early touches alone would
    leave out the quiet cases there. Where the close has not moved for a whole window, each move counts as infinitely many volatilities.
    """
    paths = np.full((len(candles), horizon), np.nan)
    for rows in candles.segments():
        close = candles.close[rows].copy()
        whole = len(close) - horizon
        if whole <= VOLATILITY_WINDOW:
            continue
        ahead = np.lib.stride_tricks.sliding_window_view(np.log(close), horizon + 1)
        moves = ahead[:, 1:] - ahead[:, :1]
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = moves / volatility_of(close, window=VOLATILITY_WINDOW)[:whole, None]
        scaled[VOLATILITY_WINDOW:][moves[VOLATILITY_WINDOW:] == 0] = 0.0  # 0/0: neither moved nor volatile
        paths[rows.start : rows.start + whole] = scaled
    return paths


def excursions(candles: Candles, *, horizon: int) -> Floats:
    """Return how far the close gets from each bar's within `horizon` bars, either way, in volatilities; NaN where no label can be.

    A bar is labelled HOLD by every barrier that is at least as far.
    """
    return np.asarray(np.abs(_scaled_paths(candles, horizon=horizon)).max(axis=1))


def balanced_barrier(reached: Floats) -> float:
    """Return the barrier by which a third of the bars with these `excursions` is HOLD.

    The share of HOLD grows with the barrier alone, so its third is a quantile and needs no search; how the rest divides into BUY and SELL
    is the market's. Give it only training rows whose `horizon` bars all end before the test begins: an excursion has seen every one of
    them. Raises `ValueError` when none is a number above zero.
    """
    usable = reached[np.isfinite(reached)]
    barrier = float(np.quantile(usable, _LIKE_SIZED_HOLD)) if usable.size else 0.0
    if not barrier > 0:
        message = "no barrier divides these bars: they are too few, or their close does not move"
        raise ValueError(message)
    return barrier


def triple_barrier(candles: Candles, *, horizon: int, barrier: float) -> ClassLabels:
    """Label each bar by the barrier that the close meets first (López de Prado 2018, chapter 3).

    The upper (BUY) and lower (SELL) barriers lie `barrier` volatilities from the bar's close in logarithms, the vertical one (HOLD)
    `horizon` bars ahead. The volatility is the sample deviation of the last 20 one-bar log returns, known at the bar. Closes decide, not
    highs and lows, as in the book: within one bar nobody can tell whether the high or the low came first, and a close is what a signal is
    decided on.
    """
    paths = _scaled_paths(candles, horizon=horizon)
    labelled = ~np.isnan(paths).any(axis=1)
    beyond = np.abs(paths) > barrier
    touched = beyond.any(axis=1)
    first = np.where(touched, beyond.argmax(axis=1), horizon - 1)
    side = np.where(np.take_along_axis(paths, first[:, None], axis=1)[:, 0] > 0, BUY, SELL)
    values = np.where(labelled, np.where(touched, side, HOLD), UNLABELLED).astype(np.int8)
    known = np.where(labelled, np.arange(len(candles)) + first + 1, UNLABELLED).astype(np.int64)
    return ClassLabels(values, known, barrier)


def forward_return(candles: Candles, *, horizon: int) -> ValueLabels:
    """Label each bar with the simple return of the close over the next `horizon` bars of its segment."""
    return forward_change(candles, column="close", horizon=horizon)


def forward_change(candles: Candles, *, column: str, horizon: int) -> ValueLabels:
    """Label each bar with the relative change of a column (open, high, low, close, volume) over the next `horizon` bars of its segment."""
    return change_to(candles, column=column, due=bars_ahead(candles, horizon=horizon))


def bars_ahead(candles: Candles, *, horizon: int) -> Integers:
    """Return for each bar the place of the one `horizon` bars ahead in its segment; `UNLABELLED` where there is none."""
    due: Integers = np.arange(len(candles)) + horizon
    inside = due < len(candles)
    inside[inside] = candles.segment[due[inside]] == candles.segment[inside]
    return np.where(inside, due, UNLABELLED)


def change_to(candles: Candles, *, column: str, due: Integers) -> ValueLabels:
    """Label each bar with the relative change of a column (open, high, low, close, volume) to the bar at its place in `due` (bars,).

    There is none where that is below 0; nor where the column is not above zero at the bar, as a volume may be, or a volume is not known at
    either end.
    """
    levels: Floats = getattr(candles, column)
    told = ~candles.volume_unknown if column == "volume" else np.ones(len(candles), dtype=np.bool_)
    place = np.maximum(due, 0)
    later = levels[place]
    has = (due >= 0) & (levels > 0) & told & told[place]
    values = np.divide(later, levels, out=np.full(len(candles), np.nan), where=has) - 1.0
    return ValueLabels(values, np.where(has, due, UNLABELLED).astype(np.int64))


def level_at(candles: Candles, *, column: str, due: Integers) -> ValueLabels:
    """Label each bar with what is known of a further column at the close of the bar at its place in `due` (bars,), in its own unit.

    There is none where that is below 0, or the column had no value yet. Raises `KeyError` for a column that the candles lack.
    """
    later = candles.columns[column][np.maximum(due, 0)]
    has = (due >= 0) & np.isfinite(later)
    return ValueLabels(np.where(has, later, np.nan), np.where(has, due, UNLABELLED).astype(np.int64))


def direction(candles: Candles, *, due: Integers) -> ClassLabels:
    """Label each bar by whether the close is higher at the bar at its place in `due` (bars,): 0 (BUY) where it is, else 1 (SELL).

    There is no barrier.
    """
    moves = change_to(candles, column="close", due=due)
    labelled = np.isfinite(moves.values)
    values = np.where(labelled, np.where(moves.values > 0, 0, 1), UNLABELLED).astype(np.int8)
    return ClassLabels(values, moves.known_at, 0.0)
