"""Strategies by indicators: what each wants to enter or to leave at a bar's close."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.backtest import Positions
from libs.quant.candles import Candles, Floats, Integers
from libs.quant.decisions import Decisions, Flags
from libs.quant.features import compute_features
from libs.quant.lines import Lines

Parameters = Mapping[str, float]
SMOOTH: Final = 3
"""Bars over which the slow stochastic smooths %K (Lane 1984)."""


def rsi_of(candles: Candles, *, period: int) -> Floats:
    """Return Wilder's relative strength index (Wilder 1978, `indicators/oscillators.py`) at each bar, 0 to 100; NaN while it warms up."""
    return compute_features(candles, [f"rsi_{period}"])[:, 0]


def crossings(index: Floats, segment: NDArray[np.integer], *, low: float, high: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell of each bar whether the index comes from `low` or below to above it there, and whether from `high` or above to below it.

    A bar without a value crosses nothing, and neither does the first bar of a segment.
    """
    before = np.concatenate([[np.nan], index[:-1]])
    before[_begins(segment)] = np.nan
    # Comparisons with NaN are false.
    return (before <= low) & (index > low), (before >= high) & (index < high)


def crossing_positions(index: Floats, segment: NDArray[np.integer], *, low: float, high: float, first: int = 0) -> Positions:
    """Return the position (0 or 1) wanted after each bar from `first` on: long from a way up through `low` to a way down through `high`.

    It begins flat: a crossing before `first` is not traded. After the first bar of a segment everything is flat again.
    """
    enters, leaves = (each[first:] for each in crossings(index, segment, low=low, high=high))
    begins = _begins(segment)[first:]
    decided: Integers = np.where(enters | leaves | begins, np.arange(len(enters)), 0)
    return np.asarray(enters[np.maximum.accumulate(decided)], dtype=np.int8) if len(enters) else np.zeros(0, dtype=np.int8)


def _begins(segment: NDArray[np.integer]) -> NDArray[np.bool_]:
    return np.concatenate([[True], np.diff(segment) != 0])


@dataclass(frozen=True, slots=True)
class IndicatorStrategy:
    """One strategy: its parameters' defaults, where it goes up and down, and in how many bars of a segment nothing can be decided."""

    defaults: Parameters
    signals: Callable[[Lines, Parameters], tuple[Flags, Flags]]
    warm_up: Callable[[Parameters], float]


def decisions_of(name: str, lines: Lines, *, parameters: Parameters) -> Decisions:
    """Return what a strategy of `STRATEGIES` decides at each bar's close; parameters left out take their defaults.

    Its way up enters long and leaves short, its way down leaves long and enters short. A bar without a value decides nothing, nor does the
    first bar of a segment, and nothing reaches across segments. `lines` are those of the candles: points of a sweep that share them
    compute a line once. Raises `KeyError` for a strategy or a parameter that there is not.
    """
    strategy = STRATEGIES[name]
    up, down = strategy.signals(lines, given(name, parameters))
    begins = _begins(lines.candles.segment)
    up, down = up & ~begins, down & ~begins
    return Decisions(enter_long=up, exit_long=down, enter_short=down, exit_short=up)


def warm_up_of(name: str, *, parameters: Parameters) -> int:
    """Return at how many bars of a segment, its first ones, nothing can be decided."""
    return int(STRATEGIES[name].warm_up(given(name, parameters)))


def given(name: str, parameters: Parameters) -> Parameters:
    """Return a strategy's parameters with the defaults of those left out. Raises `KeyError` for one that it does not have."""
    defaults = STRATEGIES[name].defaults
    if unknown := parameters.keys() - defaults.keys():
        raise KeyError(*sorted(unknown))
    return {**defaults, **parameters}


def crosses_above(lines: Lines, values: Floats, others: Floats) -> Flags:
    """Tell where `values` come from `others` or below, at the bar before, to above them; where a value is missing, nowhere."""
    return np.asarray((lines.previous(values) <= lines.previous(others)) & (values > others))


def _stochastic(lines: Lines, parameters: Parameters) -> tuple[Flags, Flags]:
    """Lane (1984): slow %K crosses above %D below `oversold`; below %D above `overbought`."""
    window, signal = int(parameters["k_period"]), int(parameters["d_period"])
    k = lines.indicator("stoch_k", warmup=window + SMOOTH - 2, window=window, smooth=SMOOTH)
    d = lines.indicator("stoch_d", warmup=window + SMOOTH + signal - 3, window=window, smooth=SMOOTH, signal=signal)
    up, down = crosses_above(lines, k, d), crosses_above(lines, d, k)
    return up & (k < parameters["oversold"]), down & (k > parameters["overbought"])


def _rsi(lines: Lines, parameters: Parameters) -> tuple[Flags, Flags]:
    """Wilder (1978): up through `oversold`; down through `overbought`."""
    index = lines.feature(f"rsi_{int(parameters['period'])}")
    return crossings(index, lines.candles.segment, low=parameters["oversold"], high=parameters["overbought"])


def _macd(lines: Lines, parameters: Parameters) -> tuple[Flags, Flags]:
    """Appel (1979): MACD crosses above its signal line; below it."""
    periods = {name: int(parameters[f"{name}_period"]) for name in ("fast", "slow", "signal")}
    line, signal = lines.level("macd", **periods), lines.level("macd_signal", **periods)
    return crosses_above(lines, line, signal), crosses_above(lines, signal, line)


def _bollinger(lines: Lines, parameters: Parameters) -> tuple[Flags, Flags]:
    """Bollinger (2001): the close crosses back above the lower band; back below the upper."""
    bands = {"window": parameters["period"], "width": parameters["std_dev"]}
    close = lines.level("close")
    return crosses_above(lines, close, lines.level("bb_lower", **bands)), crosses_above(lines, lines.level("bb_upper", **bands), close)


def _volume(lines: Lines, parameters: Parameters) -> tuple[Flags, Flags]:
    """Volume above `threshold` times its mean over the bars before, and the close above the open; below it. An unknown volume is none."""
    before = lines.previous(lines.level("volume_sma", window=parameters["period"]))
    high = (lines.level("volume") > parameters["threshold"] * before) & ~lines.candles.volume_unknown
    return high & (lines.candles.close > lines.candles.open), high & (lines.candles.close < lines.candles.open)


STRATEGIES: Final[Mapping[str, IndicatorStrategy]] = {
    "stochastic": IndicatorStrategy(
        {"k_period": 14, "d_period": 3, "overbought": 80, "oversold": 20}, _stochastic, lambda p: p["k_period"] + SMOOTH + p["d_period"] - 2
    ),
    "rsi": IndicatorStrategy({"period": 14, "overbought": 70, "oversold": 30}, _rsi, lambda p: p["period"] + 1),
    "macd": IndicatorStrategy(
        {"fast_period": 12, "slow_period": 26, "signal_period": 9}, _macd, lambda p: p["slow_period"] + p["signal_period"] - 1
    ),
    "bollinger": IndicatorStrategy({"period": 20, "std_dev": 2}, _bollinger, lambda p: p["period"]),
    "volume": IndicatorStrategy({"period": 20, "threshold": 1.5}, _volume, lambda p: p["period"]),
}
