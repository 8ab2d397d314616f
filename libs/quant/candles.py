"""A symbol's candles as arrays: what every indicator, label and backtest reads."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Adjustment = Literal["splits and dividends", "splits", "none"]

NANOSECONDS_A_DAY: Final = 86_400 * 10**9
NANOSECONDS_A_YEAR: Final = 365.25 * NANOSECONDS_A_DAY
# How long before its close a bar opens where nothing else is said; a daily one is a day of an exchange in New York, from 9:30 to 16:00.
LENGTHS: Final[Mapping[str, int]] = {
    name: seconds * 10**9
    for name, seconds in {
        "1m": 60, "5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600, "4h": 14_400, "1d": 23_400, "1w": 4 * 86_400 + 23_400,
    }.items()
}  # fmt: skip
_ARRAYS: Final = {
    "time": np.int64, "open": np.float64, "high": np.float64, "low": np.float64, "close": np.float64, "volume": np.float64,
    "segment": np.int32, "stale_open": np.bool_,
}  # fmt: skip


class CandlesError(ValueError):
    """The arrays are no candles: lengths differ, time does not grow, or a price is missing or impossible."""


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """One symbol's candles, oldest first; the arrays are read-only and of one length.

    `time` is the bar's close in nanoseconds since 1970, UTC: nothing of a bar is known before it. Bars of one `segment` follow each
    other without a hole in the data (a market that is closed makes no hole); no window may reach across segments.
    `stale_open` marks bars whose open is the close before them and no price that anybody could trade at. A bar whose price moved without
    any volume has a volume that the source does not know (`volume_unknown`).
    `columns` are further columns, by name, as they were known at each bar's close, NaN before the first value; they belong to candles of
    an account's own, and so do `calendar`, by which those are traded, and `opened`, when each bar opened by that.
    `source_hash` is the SHA-256 of the raw bytes the candles were read from, and `bars_per_year` counts the bars of the instrument's own
    calendar, by which ratios are annualised. Raises `CandlesError` for arrays that are no candles.
    """

    symbol: str
    timeframe: str
    time: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    segment: NDArray[np.int32]
    source: str
    source_hash: str
    adjustment: Adjustment
    synthetic: bool
    bars_per_year: float
    stale_open: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))  # none given: no open is stale
    columns: Mapping[str, Floats] = field(default_factory=dict)
    calendar: str | None = None
    opened: Integers | None = None  # none given: by the timeframe's length

    def __post_init__(self) -> None:
        if not len(self.stale_open):
            object.__setattr__(self, "stale_open", np.zeros(len(self), dtype=np.bool_))
        kinds = _ARRAYS if self.opened is None else _ARRAYS | {"opened": np.int64}
        for name, kind in kinds.items():
            array: NDArray[Any] = np.array(getattr(self, name), dtype=kind, order="C")  # a copy: nobody else can change it
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        columns = {name: np.array(values, dtype=np.float64, order="C") for name, values in self.columns.items()}
        for values in columns.values():
            values.flags.writeable = False
        object.__setattr__(self, "columns", columns)
        _check(self)

    def __len__(self) -> int:
        return len(self.time)

    def part(self, start: int, stop: int) -> "Candles":
        """Return the bars from `start` up to, not with, `stop`."""
        arrays = {each.name: getattr(self, each.name)[start:stop] for each in fields(self) if each.name in _ARRAYS}
        columns = {name: values[start:stop] for name, values in self.columns.items()}
        return replace(self, **arrays, columns=columns, opened=None if self.opened is None else self.opened[start:stop])

    @property
    def filled_at(self) -> Integers:
        """When what is decided on the bar before is filled: at the bar's open, at its close where its open is no price; (bars,)."""
        opened = self.time - LENGTHS[self.timeframe] if self.opened is None else self.opened
        return np.asarray(np.where(self.stale_open, self.time, opened))

    @property
    def volume_unknown(self) -> NDArray[np.bool_]:
        """Tell which bars' price moved although the source gives no volume; (bars,)."""
        return np.asarray((self.volume == 0) & (self.high > self.low))

    def segments(self) -> list[slice]:
        """Return the slice of each segment, in order."""
        edges = np.flatnonzero(np.diff(self.segment)) + 1
        bounds = [0, *edges.tolist(), len(self)]
        return [slice(first, last) for first, last in pairwise(bounds) if first < last]


def common_bars_per_year(calendars: Collection[float], *, clock: Integers) -> float:
    """Return the bars a year of several symbols on one clock (their closes, nanoseconds): their own where they agree, else the clock's.

    `calendars` are each symbol's `bars_per_year`. Of a clock of one bar, which has no span, the largest of them.
    """
    if len(set(calendars)) == 1 or len(clock) < 2:  # noqa: PLR2004 - one bar has no span
        return max(calendars)
    return float((len(clock) - 1) / ((int(clock[-1]) - int(clock[0])) / NANOSECONDS_A_YEAR))


def _check(candles: Candles) -> None:
    """Refuse arrays that would poison whatever is computed from them (one NaN spoils a moving average for good)."""
    prices = (candles.open, candles.high, candles.low, candles.close)
    others: list[NDArray[Any]] = [candles.volume, candles.segment, candles.stale_open, *candles.columns.values()]
    others += [] if candles.opened is None else [candles.opened]
    if any(array.shape != (len(candles),) for array in (*prices, *others)):
        message = f"{candles.symbol}: the arrays of candles differ in length"
    elif not all(np.isfinite(array).all() for array in (*prices, candles.volume)):
        message = f"{candles.symbol}: a price or a volume is not a finite number"
    elif any((array <= 0).any() for array in prices) or (candles.volume < 0).any():
        message = f"{candles.symbol}: a price is not above zero, or a volume is below it"
    elif (np.diff(candles.time) <= 0).any() or (np.diff(candles.segment) < 0).any():
        message = f"{candles.symbol}: time or segment does not grow"
    elif (candles.high < np.maximum(candles.open, candles.close)).any() or (candles.low > np.minimum(candles.open, candles.close)).any():
        message = f"{candles.symbol}: an open or a close lies outside its bar's low and high"
    else:
        return
    raise CandlesError(message)
