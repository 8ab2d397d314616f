"""The same indicators, kept up bar by bar: a bar costs the same however long the past is, and the values are the batch's, bit for bit."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from libs.quant.analysis.indicators import EMA, LONGEST_WINDOW, MACD, NAMES, PERIOD, has_volume, newest, windowed_lines
from libs.quant.candles import Candles
from libs.quant.indicators.bars import Bars, bars_of
from libs.quant.ta_lib import talib

# So many of the newest bars are kept: enough for every window, and for opening what has not had enough bars so far.
KEPT: Final = 320
Handle = Any  # TA-Lib's streams, which have no types
_CLOSE: Final = ("close",)
_RANGE: Final = ("high", "low", "close")
_OPENED: Final[Mapping[str, tuple[tuple[str, ...], int, Callable[..., Handle]]]] = {
    **{f"ema_{n}": (_CLOSE, n, lambda close, n=n: talib.stream.EMA(close, timeperiod=n)) for n in EMA},
    "rsi_14": (_CLOSE, 15, lambda close: talib.stream.RSI(close, timeperiod=PERIOD)),
    "macd": (_CLOSE, 34, lambda close: talib.stream.MACD(close, **MACD)),
    "atr_14": (_RANGE, 15, lambda high, low, close: talib.stream.ATR(high, low, close, timeperiod=PERIOD)),
    "adx_14": (_RANGE, 28, lambda high, low, close: talib.stream.ADX(high, low, close, timeperiod=PERIOD)),
}


class LiveIndicators:
    """One series' indicators at its last bar, from the first bar of its last segment on. Not for several threads at once.

    Handles of TA-Lib cannot be kept elsewhere: after a restart it is made anew of the whole series.
    """

    def __init__(self, candles: Candles) -> None:
        rows = candles.segments()[-1]
        self._segment = int(candles.segment[-1])
        self.closed = int(candles.time[-1])
        bars = bars_of(candles, rows=rows)
        self._moved = bool((np.diff(bars.close) != 0).any())
        self._handles: dict[str, Handle] = {}
        self._open(bars)
        self.bars = newest(bars, KEPT)

    def follows(self, candles: Candles) -> bool:
        """Tell whether these are the same candles with some more: none that was read has changed, as far as it is remembered."""
        place = int(np.searchsorted(candles.time, self.closed))
        if place >= len(candles) or candles.time[place] != self.closed or candles.segment[-1] != candles.segment[place]:
            return False
        length = min(len(self.bars.close), place + 1)
        before = bars_of(candles, rows=slice(place + 1 - length, place + 1))
        names = ("time", "open", "high", "low", "close")
        return all(np.array_equal(getattr(self.bars, name)[-length:], getattr(before, name)) for name in names)

    def read(self, candles: Candles) -> None:
        """Read the bars that are newer than the last one read; they must follow it."""
        place = int(np.searchsorted(candles.time, self.closed, side="right"))
        if place == len(candles):
            return
        overlap = min(len(self.bars.close), place)
        bars = bars_of(candles, rows=slice(place - overlap, len(candles)))
        # Of a bar with an unknown volume the last known one counts, which may lie before those that are kept.
        came = len(candles) - place
        known = np.concatenate([self.bars.volume[-overlap:], bars.volume[overlap:]])
        unknown = candles.volume_unknown[place:]
        for index in np.flatnonzero(unknown).tolist():
            known[overlap + index] = known[overlap + index - 1]
        bars = Bars(bars.time, bars.open, bars.high, bars.low, bars.close, known)
        self._moved = self._moved or bool((np.diff(bars.close[-came - 1 :]) != 0).any())
        for name, handle in self._handles.items():
            columns = [getattr(bars, column)[-came:].tolist() for column in _OPENED[name][0]]
            for values in zip(*columns, strict=True):
                handle.update(*values)
        self._open(bars)
        self.bars, self.closed = newest(bars, KEPT), int(candles.time[-1])

    def values(self) -> dict[str, float | None]:
        """Return every indicator at the last bar by name; None where there are too few bars, or no volume."""
        last = {name: float(line[-1]) for name, line in windowed_lines(newest(self.bars, LONGEST_WINDOW)).items()}
        for name, handle in self._handles.items():
            if name == "macd":
                last |= dict(zip(("macd", "macd_signal", "macd_histogram"), handle.value, strict=True))
            else:
                last[name] = handle.value
        if "rsi_14" in last and not self._moved:
            last["rsi_14"] = 50.0
        if not has_volume(self.bars):
            last |= {"volume_sma_20": np.nan, "volume_ratio": np.nan}
        return {name: float(last[name]) if np.isfinite(last.get(name, np.nan)) else None for name in NAMES}

    def _open(self, bars: Bars) -> None:
        """Open what there are now enough bars for: all bars so far are here, or it would have been opened before."""
        for name, (columns, needed, opened) in _OPENED.items():
            if name not in self._handles and len(bars.close) >= needed:
                self._handles[name] = opened(*(getattr(bars, column) for column in columns))
