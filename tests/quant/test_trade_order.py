"""The same trades in another order, and other samples of them: against every order that there is, and by hand."""

from itertools import combinations

import numpy as np
import pytest

from libs.quant.trade_order import FEWEST_TRADES, trade_order

LOST, WON, TRADES = -0.1, 0.05, 10


def deepest(returns: list[float]) -> float:
    equity, peak, fall = 1.0, 1.0, 0.0
    for each in returns:
        equity *= 1.0 + each
        peak = max(peak, equity)
        fall = max(fall, 1.0 - equity / peak)
    return fall


def test_reshuffled_drawdowns_are_spread_as_those_of_all_orders() -> None:
    # An order of three losses among ten trades is told by their places alone.
    orders = [[LOST if place in lost else WON for place in range(TRADES)] for lost in combinations(range(TRADES), 3)]
    falls = np.array([deepest(order) for order in orders])

    found = trade_order(np.array(orders[0]), seed=3, samples=2000)

    assert found is not None
    assert found.drawdown == pytest.approx(deepest(orders[0]))
    assert found.final_equity == pytest.approx(0.9**3 * 1.05**7)
    for level, fall in found.shuffled_drawdown.items():
        assert (falls < fall - 1e-9).mean() - 0.03 <= level <= (falls < fall + 1e-9).mean() + 0.03
    assert found.deeper == pytest.approx((falls > found.drawdown + 1e-9).mean(), abs=0.03)


def test_resampled_trades_lose_as_often_as_the_binomial_distribution_says() -> None:
    found = trade_order(np.array([LOST, WON] * 5), seed=3, samples=4000)

    # 1.05 ** wins * 0.9 ** (10 - wins) is below 1 for six wins or fewer of ten, each as likely as a loss: 848 of 1,024 draws.
    assert found is not None
    assert found.loss == pytest.approx(848 / 1024, abs=0.02)
    assert found.resampled_equity[0.5] == pytest.approx(1.05**5 * 0.9**5)


def test_the_same_seed_gives_the_same_answer_and_few_trades_none() -> None:
    returns = np.random.default_rng(1).normal(0.0, 0.02, 40)

    assert trade_order(returns, seed=9, samples=50) == trade_order(returns, seed=9, samples=50)
    assert trade_order(returns[: FEWEST_TRADES - 1], seed=9) is None


def test_what_is_lost_stays_lost() -> None:
    found = trade_order(np.array([-1.5, *[0.5] * 11]), seed=1, samples=20)

    assert found is not None
    assert (found.final_equity, found.drawdown) == (0.0, 1.0)
