"""Which of a symbol's candles a range means, and what of it has no features: pure functions on its table."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

import numpy as np

from services.inference.domain.ports import Integers, Table

EPOCH: Final = date(1970, 1, 1)
NANOSECONDS_A_SECOND: Final = 10**9
NANOSECONDS_A_MILLISECOND: Final = 10**6


def candles_of(table: Table, *, start: date | None, end: date | None, last: int) -> slice:
    """Return the candles from `start` to `end` (days, both inclusive); without a start, the `last` ones up to `end`."""
    stop = len(table.day) if end is None else int(np.searchsorted(table.day, _number(end), side="right"))
    first = max(0, stop - last) if start is None else int(np.searchsorted(table.day, _number(start), side="left"))
    return slice(min(first, stop), stop)


def days_without(table: Table, candles: slice, *, start: date | None, end: date | None) -> int:
    """Return how many days of the range have no candle; a bound that was left open is that of the candles."""
    day = table.day[candles]
    if start is None and not len(day):
        return 0
    first = int(day[0]) if start is None else _number(start)
    stop = _number(end) if end is not None else int(day[-1]) if len(day) else first
    there = int(np.count_nonzero(np.diff(day))) + 1 if len(day) else 0  # they grow
    return max(0, stop - first + 1) - there


def without_window(table: Table, candles: slice, *, steps: int) -> int:
    """Count the candles that have all their features and yet end no window of `steps` candles in a row that have."""
    streak = table.streak[candles]
    return int(((streak > 0) & (streak < steps)).sum())


def lacking(table: Table, candles: slice, *, names: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Count the candles whose features are not all there, by the features that are missing."""
    found: dict[tuple[str, ...], int] = {}
    absent = ~np.isfinite(table.values[candles])
    for row in absent[absent.any(axis=1)].tolist():
        missing = tuple(name for name, is_missing in zip(names, row, strict=True) if is_missing)
        found[missing] = found.get(missing, 0) + 1
    return found


def page_of(table: Table, candles: slice, *, after: datetime | None, size: int, steps: int = 0) -> tuple[Integers, datetime | None]:
    """Return the next candles that have all features (places, at most `size`), and the close of the last of them if others follow.

    With `steps`, those that end a window of so many candles in a row that have them.
    """
    ready = candles.start + np.flatnonzero(table.streak[candles] >= max(steps, 1))
    if after is not None:
        ready = ready[table.time[ready] > round(after.timestamp() * 1000) * 1_000_000]
    page = ready[:size]
    return page, close_of(table, int(page[-1])) if len(ready) > size else None


def close_of(table: Table, place: int) -> datetime:
    """Return when a candle closed."""
    return datetime.fromtimestamp(int(table.time[place]) / NANOSECONDS_A_SECOND, UTC)


def closes_of(table: Table, page: Integers) -> list[str]:
    """Return when each of these candles closed, as JSON has it."""
    moments = (table.time[page] // NANOSECONDS_A_MILLISECOND).astype("datetime64[ms]")
    told: list[str] = np.datetime_as_string(moments, unit="ms", timezone="UTC").tolist()
    return told


def days_of(table: Table, page: Integers) -> list[str]:
    """Return the day of each of these candles, as JSON has it."""
    told: list[str] = np.datetime_as_string(table.day[page].astype("datetime64[D]")).tolist()
    return told


def in_sample(table: Table, page: Integers, *, symbol: str, learned: Mapping[str, tuple[int, int]] | None) -> list[bool | None]:
    """Tell of each of these candles whether a version was trained on it, by what it `learned`; None where that is not known."""
    if learned is None:
        return [None] * len(page)
    first, last = learned.get(symbol, (1, 0))
    time = table.time[page]
    found: list[bool | None] = ((time >= first) & (time <= last)).tolist()
    return found


def _number(day: date) -> int:
    return (day - EPOCH).days
