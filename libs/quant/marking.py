"""What a play of signals came to day by day, so that candles that come later change no day before them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.quant.backtest import Backtest, Positions, portfolio
from libs.quant.candles import NANOSECONDS_A_DAY, Candles, Floats, Integers
from libs.quant.playing import Part, Rules, played_at
from libs.quant.trading import returns_of


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Arrays over days, oldest first. `day` counts from 1970, UTC; a bar that closes at midnight belongs to the day before.

    `returns` are simple ones from the last close of the day before to that of the day; `position` (-1 to 1) is the mean, over the symbols
    with a bar on the day, of what is wanted after their last one; `absent` tells where no symbol had a prediction.
    """

    day: Integers
    returns: Floats
    position: Floats
    absent: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.day)


def day_by_day(positions: Sequence[Positions], parts: Sequence[Part], *, rules: Rules) -> Days:
    """Return the days of what `play_positions` plays. Raises `ValueError` for no symbols.

    A backtest closes what is held at the last close, and at the last close before a hole, as there is nothing after it to trade on. In a
    record that goes on that would have to be taken back: here what is held there is worth its close, and the costs of closing it count on
    the next day that there is.
    """
    played = portfolio([_marked(part, wanted) for wanted, part in zip(positions, parts, strict=True)])
    days, last = _last_of_days(played.time)
    wanted_sum, symbols, absent = np.zeros(len(days)), np.zeros(len(days)), np.ones(len(days), dtype=np.bool_)
    for wanted, part in zip(positions, parts, strict=True):
        of_symbol, ends = _last_of_days(part.played.time)
        place = np.searchsorted(days, of_symbol)
        wanted_sum[place] += wanted[ends]
        symbols[place] += 1
        known = part.known(steps=rules.steps)
        starts = np.concatenate([[0], ends[:-1] + 1])
        absent[place] &= ~np.logical_or.reduceat(known, starts)
    return Days(days, returns_of(played.equity[last]), wanted_sum / symbols, absent)


def _last_of_days(time: Integers) -> tuple[Integers, Integers]:
    """Return the days that have bars, and the place of each one's last bar."""
    days = (time - 1) // NANOSECONDS_A_DAY
    last = np.flatnonzero(np.append(np.diff(days) != 0, True))
    return days[last], last


def _marked(part: Part, wanted: Positions) -> Backtest:
    """Play a symbol, with what is held at the end of a segment worth its close, and closed a moment later."""
    candles = part.played
    ends = np.flatnonzero(np.append(np.diff(candles.segment) != 0, True))
    begins = np.concatenate([[0], ends[:-1] + 1])
    held = np.where(ends > begins, wanted[np.maximum(ends - 1, 0)], 0)  # into the last bar of each segment
    kept = wanted.copy()
    kept[ends] = held
    real = np.ones(len(candles) + len(ends), dtype=np.bool_)
    real[ends + 1 + np.arange(len(ends))] = False
    played = played_at(part.costs, _with_closing_bars(candles, ends), np.insert(kept, ends + 1, 0))
    return replace(played, time=candles.time, equity=played.equity[real])


def _with_closing_bars(candles: Candles, ends: Integers) -> Candles:
    """Put a bar after each of `ends`, a nanosecond later, at its close."""
    copied = np.insert(np.arange(len(candles)), ends + 1, ends)
    new = ends + 1 + np.arange(len(ends))
    arrays: dict[str, Any] = {
        field.name: value[copied] for field in fields(candles) if isinstance(value := getattr(candles, field.name), np.ndarray)
    }
    for name in {"time", "opened"} & arrays.keys():
        arrays[name][new] += 1
    arrays["volume"][new] = 0.0
    for name in ("open", "high", "low"):
        arrays[name][new] = arrays["close"][new]
    return replace(candles, **arrays, columns={name: values[copied] for name, values in candles.columns.items()})
