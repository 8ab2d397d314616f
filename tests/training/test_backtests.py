"""What the job kind `backtest` runs, on shipped candles."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from libs.contracts.backtests import BacktestResult, BacktestSpec
from libs.market.candles import Market
from libs.market.catalogue import NoCandlesError
from services.training.backtests.run import run
from services.training.learners.progress import Progress
from services.training.learners.series import moment_of

MARKET = Market(None, synthetic_allowed=False)


def played(**fields: object) -> tuple[BacktestResult, list[Progress]]:
    told: list[Progress] = []
    spec = BacktestSpec.model_validate({"symbol": "AAPL", "start_date": "2005-01-01", "end_date": "2012-12-31"} | fields)
    return run(spec, market=MARKET, report=told.append), told


def test_a_backtest_tells_its_metrics_trades_and_curve_and_they_agree() -> None:
    result, told = played(initial_capital=5000)

    earned = sum(trade.profit for trade in result.trades)
    assert result.trades
    assert len(result.trades) == result.metrics["total_trades"]
    assert result.metrics["final_capital"] == pytest.approx(5000 + earned)
    assert result.metrics["total_return"] == pytest.approx(earned / 5000)
    assert result.equity_curve[-1][1] == pytest.approx(result.metrics["final_capital"])
    assert len(result.equity_curve) == 500
    assert all(trade.shares * (trade.exit_price - trade.entry_price) > trade.profit for trade in result.trades)
    assert (result.run_card["synthetic"], result.run_card["warm_up_bars"]) == (False, 0)
    assert [progress.step for progress in told] == sorted(progress.step for progress in told)
    assert result.signals >= 2 * len(result.trades) - 1
    assert BacktestResult.model_validate_json(result.model_dump_json()) == result


def test_a_trade_takes_its_share_of_the_equity_and_the_same_is_said_in_money() -> None:
    all_of_it, (result, _) = played()[0], played(position_size=0.1)

    earned = [trade.profit for trade in result.trades]
    first = result.trades[0]
    assert first.shares * first.entry_price * 1.001 == pytest.approx(1000)
    assert first.shares == pytest.approx(all_of_it.trades[0].shares / 10)
    assert [trade.net_return for trade in result.trades] == pytest.approx([trade.net_return for trade in all_of_it.trades])
    assert result.money["net_profit"] == pytest.approx(sum(earned)) == pytest.approx(10_000 * result.metrics["total_return"])
    assert result.money["gross_profit"] == pytest.approx(sum(profit for profit in earned if profit > 0))
    assert result.money["profit_factor"] == pytest.approx(-result.money["gross_profit"] / result.money["gross_loss"])
    assert max(drawdown for _, _, drawdown in result.equity_curve) == pytest.approx(result.metrics["max_drawdown"])


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ({}, timedelta(hours=6, minutes=30)),
        ({"symbol": "BTC-USD", "timeframe": "15m", "start_date": "2021-10-01", "end_date": "2021-10-31"}, timedelta(minutes=15)),
        # Most of its opens are the closes of the days before: signals are filled at the close.
        ({"symbol": "SPX", "strategy": {"oversold": 40, "overbought": 60}}, timedelta(hours=6, minutes=30)),
    ],
)
def test_a_trade_says_when_it_was_filled(fields: dict[str, object], length: timedelta) -> None:
    result, _ = played(**fields)
    candles = MARKET.candles(str(fields.get("symbol", "AAPL")), str(fields.get("timeframe", "1d")))
    bars = list(zip(map(moment_of, candles.time.tolist()), candles.open, candles.close, candles.stale_open, strict=True))
    fills = {at if stale else at - length: close if stale else opening for at, opening, close, stale in bars}
    closes = {at: close for at, _, close, _ in bars}

    assert len(result.trades) > 1
    for trade in result.trades:
        left = fills if trade.reason == "signal" else closes
        assert (trade.entry_price, trade.exit_price) == (fills[trade.entered_at], left[trade.left_at])


def test_of_many_bars_a_day_the_curve_has_each_days_last() -> None:
    result, _ = played(symbol="BTC-USD", timeframe="15m", start_date="2021-10-01", end_date="2021-10-31")

    days = [at.date() for at, _, _ in result.equity_curve[:-1]]
    assert len(set(days)) == len(days) >= 25
    assert result.equity_curve[-1][1] == pytest.approx(result.metrics["final_capital"])


def test_levels_that_are_never_crossed_make_no_trades_and_say_why_there_are_no_ratios() -> None:
    result, _ = played(strategy={"oversold": 0.001, "overbought": 99.999})

    assert (result.trades, result.metrics["total_return"], result.metrics["win_rate"]) == ((), 0.0, None)
    assert result.reasons["win_rate"] == "there were no trades"
    assert result.reasons["sharpe_ratio"] == "the returns do not vary"


def test_days_without_candles_are_refused_in_words() -> None:
    with pytest.raises(NoCandlesError, match="AAPL"):
        played(start_date="1900-01-01", end_date="1900-12-31")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"strategy": {"oversold": 70, "overbought": 30}}, "oversold must be below overbought"),
        ({"strategy": {"name": "momentum"}}, "rsi"),
        ({"strategy": {"window": 14}}, "window"),
        ({"start_date": "2013-01-01"}, "start_date must be before end_date"),
        ({"commission": -1}, "commission"),
        ({"initial_capital": 0}, "initial_capital"),
        ({"position_size": 1.5}, "position_size"),
        ({"leverage": 2}, "leverage"),
    ],
)
def test_a_specification_that_makes_no_sense_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        played(**fields)
