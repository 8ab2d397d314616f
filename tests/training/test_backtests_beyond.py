"""What a backtest tells beyond its figures: sweeps, windows, proofs, several symbols, and the files that it leaves."""

from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.backtests import BacktestResult, BacktestSpec
from libs.contracts.tables import TableFile
from libs.contracts.trials import WIDTH, tried_by
from libs.market.candles import Market
from services.training.backtests import run as running
from services.training.backtests.run import run

MARKET: Final = Market(None, synthetic_allowed=False)
QUARTER: Final = {"symbol": "BTC-USD", "timeframe": "15m", "start_date": "2021-10-01", "end_date": "2021-12-20", "commission": 0.0}
GRID: Final = {"period": [7, 14, 21], "oversold": [25, 75], "overbought": [70]}
FILES: Final = {"trades", "equity-curve", "report.html"} | {
    f"{name}.{kind}" for name in ("equity", "drawdown", "monthly-returns", "trades") for kind in ("png", "svg")
}


def spec(**fields: Any) -> BacktestSpec:
    return BacktestSpec.model_validate({"symbol": "AAPL", "start_date": "2005-01-01", "end_date": "2012-12-31"} | fields)


def played(*, artifacts: Artifacts | None = None, **fields: Any) -> BacktestResult:
    return run(spec(**fields), market=MARKET, report=lambda _: None, artifacts=artifacts)


def test_the_best_point_of_a_sweep_is_what_it_is_alone_and_the_others_are_told_beside_it() -> None:
    result = played(**QUARTER, grid=GRID)

    assert result.sweep is not None
    points = result.sweep.points
    alone = [played(**QUARTER, strategy={"name": "rsi"} | point.parameters) for point in points]
    ratios = [each.metrics["sharpe_ratio"] for each in alone]
    assert (result.sweep.count, result.sweep.left_out) == (len(points), 3) == (3, 3)
    assert [point.sharpe_ratio for point in points] == pytest.approx(ratios)
    assert [point.net_profit for point in points] == pytest.approx([each.money["net_profit"] for each in alone])
    assert result.sweep.best == points[int(np.argmax(ratios))]
    assert result.metrics["sharpe_ratio"] == pytest.approx(max(ratios))
    assert result.trades == alone[int(np.argmax(ratios))].trades


def test_a_walk_forward_scores_what_was_best_in_sample_on_the_days_after() -> None:
    result = played(**QUARTER, grid=GRID, walk_forward={"in_sample_days": 20, "out_of_sample_days": 10})

    walk = result.walk_forward
    assert walk is not None
    windows = walk.windows
    assert len(windows) >= 5
    assert all(one.out_of_sample_end < other.out_of_sample_start for one, other in pairwise(windows))
    assert all(each.in_sample_end < each.out_of_sample_start for each in windows)
    assert walk.metrics["total_return"] == pytest.approx(prod(1 + each.out_of_sample_return for each in windows) - 1)
    assert (walk.verdict is None) is ("verdict" in walk.reasons)
    first = windows[0]
    scores = [
        _in_sample(point.parameters, first.in_sample_start.date().isoformat()) for point in (result.sweep.points if result.sweep else ())
    ]
    assert first.parameters == result.sweep.points[int(np.argmax(scores))].parameters if result.sweep else None


def _in_sample(parameters: dict[str, float], start: str) -> float:
    """Return the Sharpe ratio on the first window's days but its last bar, which is purged: near enough to choose by."""
    window = QUARTER | {"start_date": start, "end_date": "2021-10-20"}
    return played(**window, strategy={"name": "rsi"} | parameters).metrics["sharpe_ratio"] or -np.inf


def test_windows_without_a_trade_earn_nothing_and_are_not_left_out() -> None:
    grid = {"oversold": [25, 30], "overbought": [65, 70]}
    walk = played(grid=grid, walk_forward={"in_sample_days": 365, "out_of_sample_days": 60}).walk_forward

    assert walk is not None
    still = [window for window in walk.windows if window.out_of_sample_return == 0.0]
    earned = [window for window in walk.windows if window.in_sample is not None and (window.out_of_sample or 0.0) > 0]
    assert still
    assert {window.out_of_sample for window in still} == {0.0}
    assert walk.profitable == pytest.approx(len(earned) / walk.scored)
    assert walk.verdict != "robust"


def test_a_windows_sizes_rest_on_the_volatility_of_the_bars_before_it() -> None:
    sizing = {"method": "volatility_target", "value": 0.1}
    strategy = {"name": "rules", "enter_long": "close > 0", "exit_long": "close < 0"}
    days = {"start_date": "2010-01-01", "end_date": "2010-12-31"}
    walk = played(**days, strategy=strategy, sizing=sizing, walk_forward={"in_sample_days": 60, "out_of_sample_days": 28}).walk_forward

    assert walk is not None
    assert all(window.out_of_sample_return != 0.0 for window in walk.windows)
    assert {window.missed for window in walk.windows} == {0}


def test_days_that_make_no_window_are_refused_in_words() -> None:
    with pytest.raises(InvalidError, match="do not suffice"):
        played(**QUARTER, walk_forward={"in_sample_days": 300, "out_of_sample_days": 10})


@pytest.mark.parametrize(
    ("strategy", "more"),
    [
        ({"name": "stochastic"}, {}),
        ({"name": "rules", "enter_long": "rsi_14 < 45 and close > sma_50", "exit_long": "crosses_below(macd, macd_signal)"}, {}),
        # Two share one cash, and one of them begins months after the other.
        ({"name": "stochastic"}, {"symbol": "MSFT", "symbols": ["MSFT", "GOOG"], "start_date": "2004-08-19"}),
    ],
)
def test_decisions_rest_on_the_past_alone_and_a_backtest_proves_it(strategy: dict[str, Any], more: dict[str, Any]) -> None:
    terms = {"sizing": {"method": "volatility_target", "value": 0.2}, "trailing_stop": 0.05, "slippage": {"model": "volume_share"}}
    result = played(strategy=strategy, lookahead_check=True, **terms | more)

    assert result.trades
    assert result.lookahead is not None
    assert (result.lookahead.passed, result.lookahead.first_difference) == (True, None)
    assert result.lookahead.bars_compared > 10_000
    assert result.lookahead.cuts > 8


def test_several_symbols_share_one_cash_and_their_trades_say_which_they_are_of() -> None:
    result = played(symbols=["AAPL", "MSFT"], position_size=0.5, direction="both", stop_loss=0.05)

    earned = sum(trade.profit for trade in result.trades)
    assert {trade.symbol for trade in result.trades} == {"AAPL", "MSFT"}
    assert {trade.direction for trade in result.trades} == {"long", "short"}
    assert "stop_loss" in {trade.reason for trade in result.trades}
    assert result.metrics["final_capital"] == pytest.approx(10_000 + earned)
    assert result.metrics["max_exposure"] is not None
    assert 0 < result.metrics["max_exposure"] <= 1.5
    assert result.run_card["bars"] > 2 * 2000


def test_prices_are_those_that_were_paid_and_costs_stand_apart() -> None:
    result = played(slippage={"model": "volume_share", "impact": 0.1, "limit": 0.1}, initial_capital=10**7)

    for trade in result.trades:
        assert trade.commission is not None
        moved = trade.shares * (trade.exit_price - trade.entry_price)
        assert moved - trade.commission == pytest.approx(trade.profit, abs=1e-6)


def test_holding_buys_no_more_than_the_volume_lets_a_strategy_buy() -> None:
    slippage = {"model": "volume_share", "limit": 1e-6}
    always = {"name": "rules", "enter_long": "close > 0"}

    result = played(slippage=slippage, strategy=always, initial_capital=10**9)

    assert result.metrics["excess_return"] == pytest.approx(0.0, abs=1e-9)
    assert result.buy_and_hold["total_return"] == pytest.approx(result.metrics["total_return"])
    assert abs(result.buy_and_hold["total_return"] or 0.0) < 0.01


def test_what_it_leaves_is_the_same_each_time_and_has_every_trade(tmp_path: Path) -> None:
    store = Artifacts(str(tmp_path))

    first, again = (played(artifacts=store, strategy={"name": "macd"}) for _ in range(2))

    assert first == again
    assert set(first.files) == FILES
    table = TableFile.from_bytes(store.get(first.files["trades"].sha256))
    assert list(table.columns["profit"]) == [trade.profit for trade in first.trades]
    curve = TableFile.from_bytes(store.get(first.files["equity-curve"].sha256))
    assert curve.columns["equity"][-1] == first.metrics["final_capital"]
    assert b"<script" not in store.get(first.files["report.html"].sha256)


def test_a_result_that_is_too_long_for_a_message_leaves_old_trades_to_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = played(strategy={"name": "macd"})
    monkeypatch.setattr(running, "TOLD_MOST", len(whole.model_dump_json()) - 1)

    result = played(strategy={"name": "macd"})

    kept = len(result.trades)
    assert kept + result.trades_left_out == len(whole.trades)
    assert result.trades == whole.trades[-kept:]
    assert result.metrics == whole.metrics


def test_a_sweep_that_is_too_long_for_a_message_keeps_its_best_points_and_counts_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = played(grid=GRID)
    monkeypatch.setattr(running, "TOLD_MOST", len(whole.model_dump_json()) - 1)
    told = played(grid=GRID).sweep

    assert whole.sweep is not None
    assert told is not None
    assert (told.count, len(told.points), told.points_left_out) == (3, 1, 2)
    assert told.points == (whole.sweep.best,)


def test_a_result_that_no_message_can_carry_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TOLD_MOST", 10)

    with pytest.raises(InvalidError, match="larger than a message"):
        played(grid=GRID)


def marks(*several: dict[str, Any]) -> set[bytes]:
    every = [tried_by(spec(**fields)).marks for fields in several]
    return {each[place : place + WIDTH] for each in every for place in range(0, len(each), WIDTH)}


@pytest.mark.parametrize(
    ("several", "count"),
    [
        ([{}, {}], 1),
        ([{}, {"strategy": {"name": "rsi", "period": 14}, "initial_capital": 5000, "lookahead_check": True}], 1),
        ([{}, {"position_size": 1.0}, {"sizing": {"method": "fraction", "value": 1.0}}], 1),
        ([{}, {"commission": 0.002}, {"direction": "both"}, {"stop_loss": 0.1}, {"strategy": {"name": "macd"}}], 5),
        ([{}, {"grid": {"period": [7, 14, 21]}}], 3),
        (
            [
                {"strategy": {"name": "rules", "enter_long": text}}
                for text in ("close > open", " close>open\n", "close >open", "close < open")
            ],
            2,
        ),
        ([{"grid": GRID}, {"grid": {"period": [7, 14]}, "strategy": {"name": "rsi", "oversold": 25}}], 3),
        ([{"sizing": {"method": "fixed", "value": 100}, "initial_capital": capital} for capital in (5000, 10_000)], 2),
    ],
)
def test_each_distinct_configuration_is_one_trial(several: list[dict[str, Any]], count: int) -> None:
    assert len(marks(*several)) == count
