"""Lines over a symbol's candles, each computed once: levels in units of the price, features of the grammar, columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Candles, Floats
from libs.quant.features import INDICATORS, compute_features
from libs.quant.indicators.bars import Bars, bars_of
from libs.quant.indicators.windows import window_highest, window_lowest, window_mean, window_std
from libs.quant.levels import parse_level
from libs.quant.ta_lib import talib

Parameters = Mapping[str, float]
LevelLine = Callable[[Bars, Parameters], Floats]


def _average(name: str) -> LevelLine:
    return lambda bars, parameters: np.asarray(getattr(talib, name)(bars.close, timeperiod=int(parameters["window"])))


def _atr(bars: Bars, parameters: Parameters) -> Floats:
    return np.asarray(talib.ATR(bars.high, bars.low, bars.close, timeperiod=int(parameters["window"])))


def _band(side: int) -> LevelLine:
    def line(bars: Bars, parameters: Parameters) -> Floats:
        window = int(parameters["window"])
        return window_mean(bars.close, window) + side * parameters["width"] * window_std(bars.close, window, 0)

    return line


def _macd(place: int) -> LevelLine:
    def line(bars: Bars, parameters: Parameters) -> Floats:
        fast, slow, signal = (int(parameters[each]) for each in ("fast", "slow", "signal"))
        return np.asarray(talib.MACD(bars.close, fastperiod=fast, slowperiod=slow, signalperiod=signal)[place])

    return line


_LINES: Final[Mapping[str, LevelLine]] = {
    "open": lambda bars, _: bars.open,
    "high": lambda bars, _: bars.high,
    "low": lambda bars, _: bars.low,
    "close": lambda bars, _: bars.close,
    "volume": lambda bars, _: bars.volume,
    "sma": lambda bars, parameters: window_mean(bars.close, int(parameters["window"])),
    "ema": _average("EMA"),
    "wma": _average("WMA"),
    "atr": _atr,
    "bb_upper": _band(1),
    "bb_middle": _band(0),
    "bb_lower": _band(-1),
    "macd": _macd(0),
    "macd_signal": _macd(1),
    "macd_histogram": _macd(2),
    "highest": lambda bars, parameters: window_highest(bars.high, int(parameters["window"])),
    "lowest": lambda bars, parameters: window_lowest(bars.low, int(parameters["window"])),
    "volume_sma": lambda bars, parameters: window_mean(bars.volume, int(parameters["window"])),
}


LINES_BYTES: Final = 192 * 1024**2
"""What lines may take together; a job of backtests may have a GiB."""


@dataclass(slots=True, eq=False)
class Lines:
    """The lines of one symbol's candles, computed when they are first asked for and kept: a sweep's points share what they agree on.

    Those asked for last are kept, in at most `room` bytes (the newest always), so that a grid of any size has the same memory. Each has
    shape (bars,), is NaN where a segment has too few bars before, and rests on no bar after its own.
    """

    candles: Candles
    room: int = LINES_BYTES
    # The one asked for last is the last.
    _kept: dict[tuple[object, ...], NDArray[np.float64]] = field(default_factory=dict)

    def named(self, name: str) -> Floats:
        """Return a level or a feature, or a column of the candles, by its name in a rule. Raises `InvalidError` for none of these."""
        level = parse_level(name)
        return self.feature(name) if level is None else self.level(level.kind, **level.parameters)

    def feature(self, name: str) -> Floats:
        """Return a feature of the grammar. Raises `UnknownFeatureError`."""
        return self.kept(("feature", name), lambda: compute_features(self.candles, [name])[:, 0])

    def level(self, kind: str, **parameters: float) -> Floats:
        """Return a level of `libs/quant/levels.py`, here also with numbers that are not whole."""
        return self.kept((kind, *sorted(parameters.items())), lambda: self._level(kind, parameters))

    def indicator(self, family: str, *, warmup: int, **parameters: int) -> Floats:
        """Return a feature's family with any numbers, also beyond those that the grammar's names allow."""

        def computed() -> Floats:
            values = np.full(len(self.candles), np.nan)
            for rows in self.candles.segments():
                if rows.stop - rows.start > warmup:
                    values[rows] = INDICATORS[family](bars_of(self.candles, rows=rows), parameters)
            return values

        return self.kept((family, *sorted(parameters.items())), computed)

    def kept(self, key: tuple[object, ...], compute: Callable[[], Floats]) -> Floats:
        """Return what was computed under this key, or compute it."""
        values = self._kept[key] = self._kept.pop(key) if key in self._kept else compute()
        # All have the same length.
        while len(self._kept) > max(self.room // max(values.nbytes, 1), 1):
            del self._kept[next(iter(self._kept))]
        return values

    def previous(self, values: Floats, *, bars: int = 1) -> Floats:
        """Return the values of `bars` bars before, NaN where the segment has none."""
        before = np.full(len(values), np.nan)
        before[bars:] = values[: len(values) - bars]
        for rows in self.candles.segments():
            before[rows.start : min(rows.start + bars, rows.stop)] = np.nan
        return before

    def _level(self, kind: str, parameters: Parameters) -> Floats:
        values = np.full(len(self.candles), np.nan)
        for rows in self.candles.segments():
            values[rows] = _LINES[kind](bars_of(self.candles, rows=rows), parameters)
        return values
