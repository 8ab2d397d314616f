"""Trading metrics and the Sharpe ratio's interval: by hand, and where nothing can be said."""

import numpy as np
import pytest

from libs.quant.bootstrap import sharpe_interval
from libs.quant.trading import EQUITY, equity_metrics, returns_of, sharpe_ratio, trade_metrics


def test_ratios_of_a_curve_by_hand() -> None:
    equity = np.array([1.1, 1.045, 1.1495, 1.03455])  # +10 %, -5 %, +10 %, -10 %

    values = equity_metrics(equity, bars_per_year=252).values

    returns = np.array([0.1, -0.05, 0.1, -0.1])
    deviation = np.sqrt(((returns - 0.0125) ** 2).sum() / 3)
    assert values["total_return"] == pytest.approx(0.03455)
    assert values["max_drawdown"] == pytest.approx(0.1)
    assert values["volatility"] == pytest.approx(deviation * np.sqrt(252))
    assert values["sharpe_ratio"] == pytest.approx(0.0125 / deviation * np.sqrt(252))
    assert values["sortino_ratio"] == pytest.approx(0.0125 / np.sqrt((0.05**2 + 0.1**2) / 4) * np.sqrt(252))
    assert values["cagr"] == pytest.approx(1.03455 ** (252 / 4) - 1)
    assert values["calmar_ratio"] == pytest.approx((1.03455 ** (252 / 4) - 1) / 0.1)


def test_a_fall_from_the_start_is_a_drawdown() -> None:
    assert equity_metrics(np.array([0.8, 0.9]), bars_per_year=252).values["max_drawdown"] == pytest.approx(0.2)


def test_a_curve_that_never_moves_has_no_ratios() -> None:
    measured = equity_metrics(np.ones(10), bars_per_year=252)

    assert measured.values["total_return"] == 0.0
    assert measured.values["max_drawdown"] == 0.0
    assert measured.reasons == {
        "sharpe_ratio": "the returns do not vary", "sortino_ratio": "no bar lost", "calmar_ratio": "equity never fell",
    }  # fmt: skip
    assert set(equity_metrics(np.ones(1), bars_per_year=252).reasons) == set(EQUITY)


def test_ruin_is_measured_without_infinities() -> None:
    equity = np.array([0.5, 0.0, 0.0])

    values = equity_metrics(equity, bars_per_year=252).values

    assert returns_of(equity).tolist() == [-0.5, -1.0, 0.0]
    assert values["max_drawdown"] == 1.0
    assert values["cagr"] == -1.0
    assert all(value is None or np.isfinite(value) for value in values.values())


def test_trades_by_hand() -> None:
    values = trade_metrics(np.array([0.04, -0.01, 0.02, 0.0])).values

    assert (values["total_trades"], values["winning_trades"], values["losing_trades"]) == (
        4,
        2,
        2,
    )  # a trade that earned nothing did not win
    assert values["win_rate"] == 0.5
    assert values["avg_win"] == pytest.approx(0.03)
    assert values["avg_loss"] == pytest.approx(-0.005)
    assert values["profit_factor"] == pytest.approx(6.0)
    assert (values["best_trade"], values["worst_trade"]) == (0.04, -0.01)


@pytest.mark.parametrize(
    ("returns", "lacking"),
    [
        ([], {"win_rate", "avg_win", "avg_loss", "profit_factor", "avg_trade", "best_trade", "worst_trade"}),
        ([0.1], {"avg_loss", "profit_factor"}),
        ([-0.1], {"avg_win"}),
        ([0.1, 0.0], {"profit_factor"}),
    ],
)
def test_what_trades_cannot_tell_has_a_reason(returns: list[float], lacking: set[str]) -> None:
    measured = trade_metrics(np.array(returns))

    assert set(measured.reasons) == lacking == {name for name, value in measured.values.items() if value is None}
    assert measured.values["total_trades"] == len(returns)


def test_the_interval_holds_the_ratio_and_is_the_same_for_the_same_seed() -> None:
    returns = np.random.default_rng(1).normal(0.001, 0.01, 1000)

    first = sharpe_interval(returns, bars_per_year=252, seed=5)

    sharpe = sharpe_ratio(returns, bars_per_year=252)
    assert sharpe is not None
    assert first.low is not None
    assert first.high is not None
    assert first.low < sharpe < first.high
    # The textbook's deviation of a yearly ratio over 1000 days is √(252 / 1000) = 0.50; the interval's is twice 1.96 times that.
    assert first.high - first.low == pytest.approx(2 * 1.96 * 0.502, rel=0.15)
    assert first == sharpe_interval(returns, bars_per_year=252, seed=5) != sharpe_interval(returns, bars_per_year=252, seed=6)


def test_dependence_widens_the_interval() -> None:
    noise = np.random.default_rng(2).normal(0, 0.01, 2000)
    trending = np.convolve(noise, np.ones(10), mode="valid")

    blocks = sharpe_interval(trending, bars_per_year=252, seed=1, mean_block=50)
    single = sharpe_interval(trending, bars_per_year=252, seed=1, mean_block=1)

    assert blocks.high is not None
    assert blocks.low is not None
    assert single.high is not None
    assert single.low is not None
    assert blocks.high - blocks.low > 1.8 * (single.high - single.low)


@pytest.mark.parametrize("bars", [60, 180])
@pytest.mark.parametrize("tails", ["normal", "Student t(4)"])
def test_95_of_100_intervals_hold_a_true_zero_also_on_short_tests(bars: int, tails: str) -> None:
    random = np.random.default_rng(11)
    tests = random.normal(size=(1200, bars)) if tails == "normal" else random.standard_t(4, size=(1200, bars))

    intervals = [sharpe_interval(returns, bars_per_year=252, seed=seed, samples=300) for seed, returns in enumerate(tests)]

    held = np.mean([(each.low or 0) <= 0 <= (each.high or 0) for each in intervals])
    assert 0.93 <= held <= 0.985


def test_few_bars_are_warned_of_beside_the_interval() -> None:
    returns = np.random.default_rng(1).normal(0.001, 0.01, 250)

    year, less = (sharpe_interval(returns[:bars], bars_per_year=252, seed=1).as_json() for bars in (250, 249))

    assert "warning" not in year
    assert less["warning"] == "It rests on 249 bars: under 250, a Sharpe ratio says little"
    assert (year["bars"], less["bars"]) == (250, 249)


@pytest.mark.parametrize("returns", [np.zeros(100), np.array([0.1, -0.1])])
def test_without_movement_or_bars_there_is_no_interval(returns: np.ndarray) -> None:
    interval = sharpe_interval(returns, bars_per_year=252, seed=1)

    assert (interval.low, interval.high) == (None, None)
    assert interval.reason
    assert interval.as_json()["reason"] == interval.reason
