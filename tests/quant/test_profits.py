"""Trades by what they earned in money, against cases computed by hand."""

import numpy as np
import pytest

from libs.quant.candles import NANOSECONDS_A_DAY
from libs.quant.profits import largest_fall, longest_drawdown_days, longest_streak, profit_metrics


def days(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64) * NANOSECONDS_A_DAY


def test_profits_are_summed_averaged_and_set_against_the_largest_fall() -> None:
    measured = profit_metrics(np.array([30.0, 10.0, -5.0, 0.0, 20.0]), largest_fall=11.0)

    assert (measured.values["gross_profit"], measured.values["gross_loss"], measured.values["net_profit"]) == (60.0, -5.0, 55.0)
    assert (measured.values["avg_win"], measured.values["avg_loss"], measured.values["avg_trade"]) == (20.0, -2.5, 11.0)
    assert (measured.values["largest_win"], measured.values["largest_loss"]) == (30.0, -5.0)
    assert (measured.values["profit_factor"], measured.values["risk_reward_ratio"], measured.values["recovery_factor"]) == (12.0, 8.0, 5.0)
    assert (measured.values["max_consecutive_wins"], measured.values["max_consecutive_losses"]) == (2, 2)
    assert measured.reasons == {}


def test_what_cannot_be_divided_is_null_with_its_reason() -> None:
    none, won = profit_metrics(np.zeros(0), largest_fall=0.0), profit_metrics(np.array([1.0]), largest_fall=0.0)

    assert (none.values["net_profit"], none.values["risk_reward_ratio"], none.values["recovery_factor"]) == (0.0, None, None)
    assert (none.reasons["risk_reward_ratio"], none.reasons["recovery_factor"]) == ("there were no trades", "equity never fell")
    assert (won.values["risk_reward_ratio"], won.reasons["risk_reward_ratio"]) == (None, "no trade lost")
    assert (won.values["largest_win"], won.values["largest_loss"], won.reasons["largest_loss"]) == (1.0, None, "no trade lost")


@pytest.mark.parametrize(("happened", "longest"), [([], 0), ([0, 0], 0), ([1, 0, 1, 1], 2), ([1, 1, 1], 3)])
def test_the_longest_streak_is_found_wherever_it_is(happened: list[int], longest: int) -> None:
    assert longest_streak(np.array(happened, dtype=bool)) == longest


@pytest.mark.parametrize(
    ("equity", "longest"),
    [
        ([1.0, 1.1, 1.1, 1.2], 0),
        ([1.0, 1.1, 1.0, 1.2], 5),  # from the peak on day 3 to the close that is above it on day 8
        ([1.0, 1.2, 1.1, 1.0], 5),
        ([0.9, 1.0, 1.1, 1.2], 3),  # below the start from the first close on
    ],
)
def test_a_drawdown_lasts_from_its_peak_to_the_close_that_is_back(equity: list[float], longest: int) -> None:
    assert longest_drawdown_days(np.array(equity), days(0, 3, 7, 8)) == longest


def test_the_largest_fall_is_in_money_from_the_peak_before() -> None:
    assert largest_fall(np.array([0.9, 2.0, 1.5, 3.0])) == 0.5
    assert largest_fall(np.array([1.0, 1.1])) == 0.0
