"""Strategies by rules, against cases computed by hand."""

import numpy as np
import pytest

from libs.quant.backtest import backtest
from libs.quant.fills import END, SIGNAL
from libs.quant.strategies import crossing_positions, rsi_of
from tests.quant.walks import candles_of, of_closes

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
