"""Turns candles, decisions and terms into what the loop of a portfolio reads."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, product
from math import inf
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Candles, Floats
from libs.quant.decisions import Decisions
from libs.quant.indicators.volatility import volatility_of
from libs.quant.portfolio_fills import Tape, coded
from libs.quant.positions import FIXED, FRACTION, VOLATILITY, Rules
from libs.quant.trading_terms import Direction, TradingTerms

VOLATILITY_BARS: Final = 20
_SIZINGS: Final = {"fraction": FRACTION, "fixed": FIXED, "volatility_target": VOLATILITY}

Part = tuple[Candles, Decisions]
T = TypeVar("T", bound=np.generic)


def codes_of(candles: Candles, decisions: Decisions, *, first: int, direction: Direction) -> tuple[NDArray[np.uint8], int]:
    """Return what is decided at each bar from the first one on as bits (`coded`), and count the signals.

    Those that the direction uses count; where both are, a signal is up (enter long, exit short) or down, and counts once.
    """
    if len(decisions) != len(candles):
        message = f"{len(decisions)} decisions for {len(candles)} candles"
        raise ValueError(message)
    decisions = decisions.part(first, len(decisions))
    longs, shorts = (decisions.enter_long, decisions.exit_long), (decisions.enter_short, decisions.exit_short)
    met = (longs[0] | shorts[1], longs[1] | shorts[0]) if direction == "both" else {"long": longs, "short": shorts}[direction]
    bits = [_frozen(np.ascontiguousarray(flags).view(np.uint8)) for flags in (*longs, *shorts)]
    return _frozen(coded(bits[0], bits[1], bits[2], bits[3], candles.segment[first:])), sum(int(np.count_nonzero(flags)) for flags in met)


@lru_cache(maxsize=64)
def rules_of(terms: TradingTerms) -> Rules:
    """Return the terms as the numbers that the loop reads."""
    stops, slippage = terms.stops, terms.slippage
    each = (stops.loss, stops.profit, stops.trailing)
    loss, profit, trailing = (inf if stop is None else stop for stop in each)
    by_volume = slippage.model == "volume_share"
    return Rules(
        commission=float(terms.commission),
        by_volume=by_volume,
        rate=0.0 if by_volume else float(slippage.rate),
        impact=float(slippage.impact),
        limit=float(slippage.limit),
        sizing=_SIZINGS[terms.sizing.method],
        value=float(terms.sizing.value),
        stopped=any(stop is not None for stop in each),
        loss=float(loss),
        profit=float(profit),
        trailing=float(trailing),
    )


@lru_cache
def _goals(direction: Direction) -> NDArray[np.int8]:
    """Return what is wanted, by what is held (-1, 0, 1; rows) and what was decided (columns); entries of both directions cancel out.

    What is decided where a segment ends (from 16 on) is not filled: nothing is held then, and nothing wanted.
    """
    goals = np.zeros((3, 32), dtype=np.int8)
    for held, code in product((-1, 0, 1), range(16)):
        enter_long, exit_long, enter_short, exit_short = (bool(code & bit) for bit in (1, 2, 4, 8))
        long = enter_long and not exit_long and direction != "short"
        short = enter_short and not exit_short and direction != "long"
        fresh = int(long) - int(short)
        stays = (held == 1 and not exit_long) or (held == -1 and not exit_short)
        goals[held + 1, code] = held if stays and fresh != -held else fresh
    goals.flags.writeable = False
    return goals


def tape_of(parts: Sequence[Part], *, terms: TradingTerms, first: Sequence[int], capital: float) -> tuple[Tape, int]:
    """Return all parts' bars from their first ones on, and how many signals there are. Raises `ValueError` as `play_portfolio` says."""
    if not parts or len(first) != len(parts) or not capital > 0:
        message = f"{len(parts)} parts, {len(first)} first bars, a capital of {capital}"
        raise ValueError(message)
    played = [(candles, start) for (candles, _), start in zip(parts, first, strict=True)]

    def flat(name: str) -> NDArray[Any]:
        return _flat([getattr(candles, name)[start:] for candles, start in played])

    time = flat("time")
    volatile = terms.sizing.method == "volatility_target"
    sizes = [allowed_by_volatility(each, target=terms.sizing.value)[start:] for each, start in played] if volatile else [np.empty(0)]
    decided = [
        codes_of(candles, decisions, first=start, direction=terms.direction)
        for (candles, decisions), start in zip(parts, first, strict=True)
    ]
    tape = Tape(
        clock=time if len(parts) == 1 else _frozen(np.unique(time)),
        time=time,
        open=flat("open"),
        high=flat("high"),
        low=flat("low"),
        close=flat("close"),
        volume=flat("volume"),
        stale_open=flat("stale_open"),
        code=_flat([codes for codes, _ in decided]),
        goals=_goals(terms.direction),
        size=_flat(sizes),
        first=_frozen(np.array([0, *accumulate(len(candles) - start for candles, start in played)])),
        borrowing=_frozen(np.array([terms.borrow_rate / candles.bars_per_year for candles, _ in played])),
    )
    return tape, sum(signals for _, signals in decided)


def allowed_by_volatility(candles: Candles, *, target: float) -> Floats:
    """Return the fraction of the equity at which a position's volatility is `target` a year, at most 1, as known at each bar's close.

    The volatility is the sample standard deviation of the last 20 bars' log returns in the segment times the root of the bars a year;
    NaN while there are fewer, and 1 where the price has not moved.
    """
    allowed = np.full(len(candles), np.nan)
    for rows in candles.segments():
        if rows.stop - rows.start > VOLATILITY_BARS:
            year = volatility_of(candles.close[rows].copy(), window=VOLATILITY_BARS) * np.sqrt(candles.bars_per_year)
            allowed[rows] = np.minimum(np.divide(target, year, out=np.full(len(year), inf), where=year != 0), 1.0)
    return allowed


def _flat(arrays: Sequence[NDArray[T]]) -> NDArray[T]:
    """Put the symbols' arrays one after the other, read-only as candles' are."""
    return _frozen(arrays[0] if len(arrays) == 1 else np.concatenate(arrays))


def _frozen(array: NDArray[T]) -> NDArray[T]:
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array
