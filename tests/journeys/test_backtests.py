"""A backtest from the request to its trades, through Kafka and Ray, and the same trades computed anew from the shipped candles."""

import asyncio
import time
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from libs.market.candles import Market
from tests.journeys.customer import Customer
from tests.journeys.platform import Platform

pytestmark = pytest.mark.journey
PERIOD, LOW, HIGH, CAPITAL, SIZE, COMMISSION = 14, 30.0, 70.0, 10_000.0, 0.1, 0.001
FIRST, LAST = date(2005, 1, 3), date(2012, 12, 31)


def wilder(close: list[float]) -> list[float]:
    """The relative strength index: averages of gains and losses, smoothed by 1 / period after a plain first one."""
    changes = np.diff(close)
    gains, losses = np.maximum(changes, 0), np.maximum(-changes, 0)
    gain, loss = gains[:PERIOD].mean(), losses[:PERIOD].mean()
    index = [np.nan] * PERIOD + [100 * gain / (gain + loss)]
    for more, less in zip(gains[PERIOD:], losses[PERIOD:], strict=True):
        gain, loss = (gain * (PERIOD - 1) + more) / PERIOD, (loss * (PERIOD - 1) + less) / PERIOD
        index.append(100 * gain / (gain + loss))
    return index


def expected() -> list[tuple[str, float, float, float, float]]:
    """Entry day, prices, quantity and net profit of each trade, bar by bar."""
    candles = Market(None, synthetic_allowed=False).candles("AAPL", "1d", end=LAST)
    days = [datetime.fromtimestamp(at / 1e9, tz=UTC).date() for at in candles.time]
    index, cash, bought, trades = wilder(candles.close.tolist()), CAPITAL, None, []
    first = next(bar for bar, day in enumerate(days) if day >= FIRST)
    for bar in range(first, len(days)):
        last = bar + 1 == len(days)
        if bought is None and not last and index[bar - 1] <= LOW < index[bar]:
            price = candles.open[bar + 1]
            bought = bar + 1, price, SIZE * cash / (price * (1 + COMMISSION))
        elif bought is not None and (last or index[bar - 1] >= HIGH > index[bar]):
            entered, price, quantity = bought
            out = candles.close[bar] if last else candles.open[bar + 1]
            earned = quantity * (out * (1 - COMMISSION) - price * (1 + COMMISSION))
            trades.append((days[entered].isoformat(), price, out, quantity, earned))
            cash, bought = cash + earned, None
    return trades


async def ended(customer: Customer, backtest_id: str, *, within: float = 120.0) -> dict[str, Any]:
    deadline = time.monotonic() + within
    while (told := (await customer.persist("GET", f"/api/backtests/{backtest_id}", accept={200})).json())["status"] in {
        "PENDING",
        "RUNNING",
    }:
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.5)
    found: dict[str, Any] = told
    return found


@pytest.mark.timeout(300)
async def test_a_backtests_trades_are_those_of_its_rules_on_the_shipped_candles(platform: Platform) -> None:
    customer = await Customer(platform.gateway).sign_up()
    body = {
        "strategy_name": "rsi",
        "symbol": "AAPL",
        "timeframe": "1d",
        "start_date": FIRST.isoformat(),
        "end_date": LAST.isoformat(),
        "parameters": {},
    }

    told = (await customer.persist("POST", "/api/backtests", body=body, accept={202})).json()
    done = await ended(customer, told["backtest_id"])

    assert done["status"] == "COMPLETED", done
    trades = expected()
    assert [trade["entry_date"][:10] for trade in done["trades"]] == [day for day, *_ in trades]
    for trade, (_, price, out, quantity, earned) in zip(done["trades"], trades, strict=True):
        numbers = [trade[name] for name in ("entry_price", "exit_price", "quantity", "net_profit")]
        assert numbers == pytest.approx([price, out, quantity, earned])
    assert done["performance"]["total_trades"] == len(trades) > 1
    assert done["performance"]["net_profit"] == pytest.approx(sum(earned for *_, earned in trades))
    assert (await customer.call("GET", "/api/backtests")).json()["total"] == 1
    await customer.close()


@pytest.mark.timeout(300)
async def test_a_sweep_with_stops_is_played_on_a_runner_and_its_report_is_served(platform: Platform) -> None:
    customer = await Customer(platform.gateway).sign_up()
    body = {
        "strategy_name": "macd",
        "symbol": "AAPL",
        "timeframe": "1d",
        "start_date": FIRST.isoformat(),
        "end_date": LAST.isoformat(),
        "parameters": {"fast_period": [8, 12], "slow_period": [21, 26]},
        "direction": "both",
        "stop_loss": 0.08,
        "lookahead_check": True,
    }

    told = (await customer.persist("POST", "/api/backtests", body=body, accept={202})).json()
    done = await ended(customer, told["backtest_id"])

    assert done["status"] == "COMPLETED", done
    assert (done["sweep"]["count"], done["risk_metrics"]["trials"], done["lookahead"]["passed"]) == (4, 4, True)
    assert "STOP_LOSS" in {trade["exit_reason"] for trade in done["trades"]}
    report = await customer.call("GET", done["report_url"])
    assert (report.status_code, b"<svg" in report.content) == (200, True)
    every = (await customer.call("GET", done["trades_url"])).json()
    assert every["total"] == done["performance"]["total_trades"]
    await customer.close()
