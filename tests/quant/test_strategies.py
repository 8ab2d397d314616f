"""Strategies by rules, against cases computed by hand."""

import numpy as np
import pytest

from libs.quant.backtest import backtest
from libs.quant.candles import Candles
from libs.quant.fills import END, SIGNAL
from libs.quant.lines import Lines
from libs.quant.strategies import STRATEGIES, crossing_positions, decisions_of, rsi_of, warm_up_of
from tests.quant.walks import candles_of, of_closes, walk

ONE = np.zeros(8, dtype=np.int32)


def test_the_index_is_wilders() -> None:
    # Changes +1 +1 -1 +1: averages over two bars are (1, 0), then (0.5, 0.5), then (0.75, 0.25).
    values = rsi_of(of_closes(10, 11, 12, 11, 12), period=2)

    assert np.isnan(values[:2]).all()
    assert values[2:].tolist() == pytest.approx([100.0, 50.0, 75.0])


def test_it_is_long_from_the_way_up_through_the_low_level_to_the_way_down_through_the_high_one() -> None:
    index = np.array([50, 25, 30, 31, 75, 70, 69, 40.0])

    wanted = crossing_positions(index, ONE, low=30, high=70)

    assert wanted.tolist() == [0, 0, 0, 1, 1, 1, 0, 0]


def test_touching_a_level_is_no_crossing_and_a_second_crossing_changes_nothing() -> None:
    index = np.array([31, 30, 31, 29, 31, 70, 71, 70.0])

    wanted = crossing_positions(index, ONE, low=30, high=70)

    assert wanted.tolist() == [0, 0, 1, 1, 1, 1, 1, 1]


def test_a_crossing_before_the_first_bar_is_not_traded_and_one_at_it_is() -> None:
    index = np.array([50, 25, 35, 40, 25, 35, 40, 45.0])

    assert crossing_positions(index, ONE, low=30, high=70, first=3).tolist() == [0, 0, 1, 1, 1]
    assert crossing_positions(index, ONE, low=30, high=70, first=2).tolist() == [1, 1, 1, 1, 1, 1]


def test_nothing_is_crossed_over_a_hole_or_while_the_index_warms_up() -> None:
    index = np.array([np.nan, 35, 25, 35, 25, 35, np.nan, 35.0])
    segment = np.array([0, 0, 0, 0, 0, 1, 1, 1], dtype=np.int32)

    wanted = crossing_positions(index, segment, low=30, high=70)

    assert wanted.tolist() == [0, 0, 0, 1, 1, 0, 0, 0]


def test_it_is_decided_at_the_close_and_filled_at_the_next_open_with_commission_on_both_sides() -> None:
    close, opens = np.array([10.0, 9, 10, 12, 11, 10]), np.array([10.0, 9, 9, 10, 12, 11])
    candles = candles_of(opens, np.maximum(opens, close), np.minimum(opens, close), close, np.ones(6))
    wanted = crossing_positions(np.array([50, 20, 40, 80, 60, 50.0]), np.zeros(6, dtype=np.int32), low=30, high=70)

    played = backtest(candles, wanted, commission=0.01, slippage=0.0)

    # Bought at 10 with 1/1.01 of the capital, sold at 11 less 1 %.
    assert wanted.tolist() == [0, 0, 1, 1, 0, 0]
    assert played.trades.net_return.tolist() == pytest.approx([11 * 0.99 / (10 * 1.01) - 1])
    assert (played.trades.entry_price[0], played.trades.exit_price[0], played.trades.reason[0]) == (10, 11, SIGNAL)
    assert played.equity[-1] == pytest.approx(11 * 0.99 / (10 * 1.01))


def test_what_is_held_at_the_end_is_sold_at_the_last_close() -> None:
    candles = of_closes(10, 10, 10, 20)

    played = backtest(candles, crossing_positions(np.array([20, 40, 50, 60.0]), ONE[:4], low=30, high=70), commission=0.0, slippage=0.0)

    assert played.trades.reason.tolist() == [END]
    assert played.equity[-1] == pytest.approx(2.0)


def met(name: str, candles: Candles, **parameters: float) -> tuple[list[int], list[int]]:
    """Return the bars at which a strategy goes up, and down."""
    decided = decisions_of(name, Lines(candles), parameters=parameters)
    assert decided.enter_long is decided.exit_short
    assert decided.exit_long is decided.enter_short
    return np.flatnonzero(decided.enter_long).tolist(), np.flatnonzero(decided.exit_long).tolist()


def test_stochastic_counts_a_crossing_below_oversold_or_above_overbought_alone() -> None:
    candles = walk(300)
    k, d = (Lines(candles).feature(name) for name in ("stoch_k_14_3", "stoch_d_14_3_3"))

    up, down = met("stochastic", candles)

    assert up == [bar for bar in range(1, 300) if k[bar - 1] <= d[bar - 1] and k[bar] > d[bar] and k[bar] < 20]
    assert down == [bar for bar in range(1, 300) if k[bar - 1] >= d[bar - 1] and k[bar] < d[bar] and k[bar] > 80]
    assert up
    assert down


def test_macd_goes_with_the_crossings_of_its_signal_line() -> None:
    # Averages over 1 bar of signal are the line itself: it never crosses; over 2 the line leads where the trend turns.
    closes = of_closes(10, 10, 10, 10, 12, 14, 13, 11, 9, 10, 13)

    assert met("macd", closes, fast_period=2, slow_period=3, signal_period=1) == ([], [])
    assert met("macd", closes, fast_period=2, slow_period=3, signal_period=2) == ([4, 9], [6])


def test_bollinger_waits_until_the_close_is_back_inside_the_bands() -> None:
    candles = walk(120)
    close = candles.close
    windows = [close[bar - 9 : bar + 1] for bar in range(9, 120)]
    lower, upper = ([None] * 9 + [w.mean() + side * 1.5 * w.std() for w in windows] for side in (-1, 1))

    up, down = met("bollinger", candles, period=10, std_dev=1.5)

    assert up == [bar for bar in range(10, 120) if close[bar - 1] <= lower[bar - 1] and close[bar] > lower[bar]]
    assert down == [bar for bar in range(10, 120) if close[bar - 1] >= upper[bar - 1] and close[bar] < upper[bar]]
    assert up
    assert down


def test_volume_is_compared_with_the_bars_before_and_an_unknown_one_says_nothing() -> None:
    close, opens = np.array([10.0, 10, 11, 9, 9, 12]), np.array([10.0, 10, 10, 10, 10, 9])
    volume = np.array([10.0, 10, 16, 30, 10, 0])
    candles = candles_of(opens, np.maximum(opens, close), np.minimum(opens, close), close, volume)

    assert met("volume", candles, period=2, threshold=1.5) == ([2], [3])


def test_no_strategy_decides_before_its_warm_up_or_over_a_hole() -> None:
    candles = walk(2000, segments=4, seed=2)
    for name in STRATEGIES:
        first = warm_up_of(name, parameters={})
        decided = decisions_of(name, Lines(candles), parameters={})
        whole = np.flatnonzero(decided.enter_long | decided.exit_long)
        parts = []
        for rows in candles.segments():
            part = decisions_of(name, Lines(candles.part(rows.start, rows.stop)), parameters={})
            parts += (rows.start + np.flatnonzero(part.enter_long | part.exit_long)).tolist()
        assert whole.tolist() == parts
        assert min(bar - rows.start for rows in candles.segments() for bar in whole if rows.start <= bar < rows.stop) >= first


def test_lines_are_computed_once_however_many_points_ask_for_them() -> None:
    lines = Lines(walk(100))

    assert lines.feature("rsi_14") is lines.feature("rsi_14")
    assert lines.level("bb_lower", window=20, width=2.5) is lines.level("bb_lower", width=2.5, window=20)


def test_the_index_is_that_of_a_published_worksheet() -> None:
    # The worked example of RSI (14) in StockCharts' ChartSchool, "Relative Strength Index (RSI)": closes of QQQ and the index it gives.
    closes = of_closes(
        44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.6140, 46.2820,
        46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783,
        44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
    )  # fmt: skip

    index = rsi_of(closes, period=14)[14:]

    assert index.tolist() == pytest.approx(
        [
            70.53,
            66.32,
            66.55,
            69.41,
            66.36,
            57.97,
            62.93,
            63.26,
            56.06,
            62.38,
            54.71,
            50.42,
            39.99,
            41.46,
            41.87,
            45.46,
            37.30,
            33.08,
            37.77,
        ],
        abs=0.01,
    )


def test_lines_forget_those_that_were_asked_for_longest_ago() -> None:
    lines = Lines(walk(100), room=3 * 100 * 8)
    kept = [lines.level("sma", window=window) for window in (5, 6, 7)]

    assert lines.level("sma", window=5) is kept[0]
    lines.level("sma", window=8)

    assert lines.level("sma", window=5) is kept[0]
    assert lines.level("sma", window=6) is not kept[1]
    np.testing.assert_array_equal(lines.level("sma", window=6), kept[1])
