"""Trading AI's backtests as documented: each answer's fields with their types, its states, its lists, and that its numbers agree."""

import re
from typing import Any, Final

import pytest

from libs.market.age import newest_close
from libs.market.catalogue import INSTRUMENTS
from services.gateway.domain.accounts.account import Tier
from tests.faces.backtests import BACKTESTS, accepted, becomes, fail, get, played, post, progress
from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.own_candles import give
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACCEPTED: Final = {
    "backtest_id": "backtest_stochastic_BTCUSDT_20251122",
    "task_id": "xyz-789-abc-012",
    "status": "PENDING",
    "estimated_completion_minutes": 15,
    "check_status_url": "/api/tasks/xyz-789-abc-012",
    "check_results_url": "/api/backtests/backtest_stochastic_BTCUSDT_20251122",
    "created_at": "2025-11-22T14:00:00Z",
}
DATES: Final = {"start_date": "2025-05-22", "end_date": "2025-11-22", "total_days": 184}
KNOWN: Final = {"backtest_id": "backtest_stochastic_BTCUSDT_20251122", "strategy_name": "stochastic", "symbol": "BTCUSDT"}
RUNNING: Final = KNOWN | {
    "status": "RUNNING",
    "task_id": "xyz-789-abc-012",
    "progress": 68,
    "current_operation": "Analyzing candles 12000/17760",
    "created_at": "2025-11-22T14:00:00Z",
    "started_at": "2025-11-22T14:02:00Z",
    "estimated_completion": "2025-11-22T14:15:00Z",
}
COMPLETED: Final = KNOWN | {
    "timeframe": "15m",
    "status": "COMPLETED",
    "task_id": "xyz-789-abc-012",
    "parameters": {"overbought": 80, "oversold": 20, "initial_capital": 10000.0, "position_size": 0.1, "commission": 0.001},
    "date_range": DATES,
    "performance": {
        "total_trades": 156,
        "winning_trades": 88,
        "losing_trades": 68,
        "win_rate": 0.564,
        "total_profit": 1840.50,
        "total_loss": -842.30,
        "net_profit": 998.20,
        "net_profit_percent": 9.98,
        "gross_profit": 1840.50,
        "gross_loss": -842.30,
        "profit_factor": 2.18,
        "average_win": 20.91,
        "average_loss": -12.39,
        "largest_win": 145.60,
        "largest_loss": -78.20,
        "avg_trade": 6.40,
        "max_consecutive_wins": 8,
        "max_consecutive_losses": 5,
    },
    "risk_metrics": {
        "sharpe_ratio": 1.52,
        "sortino_ratio": 2.14,
        "max_drawdown": 0.084,
        "max_drawdown_duration_days": 12,
        "calmar_ratio": 1.89,
        "recovery_factor": 11.88,
        "risk_reward_ratio": 1.69,
    },
    "execution": {
        "total_candles_analyzed": 17760,
        "signals_generated": 312,
        "trades_executed": 156,
        "signal_to_trade_ratio": 0.5,
        "execution_time_seconds": 245,
    },
    "equity_curve": [{"date": "2025-05-22", "equity": 10000.00, "drawdown": 0.0}],
    "trades": [
        {
            "trade_id": 1,
            "entry_date": "2025-05-22T10:30:00Z",
            "exit_date": "2025-05-22T14:15:00Z",
            "direction": "LONG",
            "entry_price": 67500.00,
            "exit_price": 67850.50,
            "quantity": 0.0148,
            "profit": 5.19,
            "profit_percent": 0.52,
            "commission": 1.00,
            "net_profit": 4.19,
        }
    ],
    "created_at": "2025-11-22T14:00:00Z",
    "started_at": "2025-11-22T14:02:00Z",
    "completed_at": "2025-11-22T14:06:05Z",
}
ROW: Final = KNOWN | {
    "timeframe": "15m",
    "status": "COMPLETED",
    "date_range": DATES,
    "performance_summary": {
        "total_trades": 156,
        "win_rate": 0.564,
        "net_profit": 998.20,
        "net_profit_percent": 9.98,
        "sharpe_ratio": 1.52,
        "max_drawdown": 0.084,
    },
    "created_at": "2025-11-22T14:00:00Z",
    "completed_at": "2025-11-22T14:06:05Z",
}
FAILED_ROW: Final = KNOWN | {
    "timeframe": "4h",
    "status": "FAILED",
    "error": "Insufficient historical data for date range",
    "created_at": "2025-11-20T15:00:00Z",
    "failed_at": "2025-11-20T15:02:45Z",
}


async def test_its_operations_have_short_names(document: Document) -> None:
    told = {str(each): each.body["operationId"] for each in document.operations() if each.body["tags"] == ["Trading AI: backtests"]}

    assert told == {
        f"POST {BACKTESTS}": "create_backtest",
        f"GET {BACKTESTS}": "list_backtests",
        f"GET {BACKTESTS}/{{backtest_id}}": "get_backtest",
        f"GET {BACKTESTS}/{{backtest_id}}/report.html": "get_backtest_report",
        f"GET {BACKTESTS}/{{backtest_id}}/plots/{{plot}}": "get_backtest_plot",
        f"GET {BACKTESTS}/{{backtest_id}}/trades": "list_backtest_trades",
        f"GET {BACKTESTS}/{{backtest_id}}/sweep": "list_sweep_points",
        f"DELETE {BACKTESTS}/{{backtest_id}}": "cancel_backtest",
    }


async def listed(user: User, query: str = "") -> dict[str, Any]:
    answer = await user.http.get(f"{BACKTESTS}{query}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_backtest_is_accepted_runs_and_ends_as_documented(studio: World, ada: User, document: Document) -> None:
    told = await accepted(ada)
    waiting = await get(ada, told["backtest_id"])
    await progress(studio, told["task_id"])
    running = await becomes(studio, ada, told["backtest_id"], "RUNNING")
    done = await played(studio, ada)

    assert list(differences(ACCEPTED, told)) == []
    assert re.fullmatch(r"backtest_rsi_AAPL_\d{8}", told["backtest_id"])
    assert told["check_results_url"] == f"{BACKTESTS}/{told['backtest_id']}"
    assert (waiting["status"], waiting["progress"], waiting["started_at"]) == ("PENDING", 0, None)
    assert set(waiting["reasons"]) == {"started_at", "estimated_completion"}
    assert list(differences(RUNNING, running)) == []
    assert (running["progress"], running["current_operation"]) == (33, "playing")
    assert list(differences(COMPLETED, done)) == []
    assert done["backtest_id"] == f"{told['backtest_id']}-2"
    strategys = {"period": 14, "overbought": 70, "oversold": 30}
    assert done["parameters"].items() >= (strategys | {"initial_capital": 10000, "position_size": 0.1, "commission": 0.001}).items()
    assert done["date_range"] == {"start_date": "2005-01-03", "end_date": "2012-12-31", "total_days": 2919}
    assert (done["synthetic"], done["data_source"][:5]) == (False, "AAPL:")
    assert (done["as_of"], done["stale"], done["age_bars"] > 3000) == ("2013-03-01T21:00:00.000Z", True, True)
    rows = (await listed(ada))["backtests"]
    assert [row["status"] for row in rows] == ["COMPLETED", "RUNNING"]
    assert list(differences(ROW, rows[0])) == []
    for path in (BACKTESTS, *(f"{BACKTESTS}/{each['backtest_id']}" for each in (told, done))):
        assert document.misfits(await ada.http.get(path)) == []


async def test_the_numbers_of_a_backtest_agree_with_each_other(studio: World, ada: User) -> None:
    done = await played(studio, ada, initial_capital=5000, position_size=0.5)

    performance, trades = done["performance"], done["trades"]
    earned = [trade["net_profit"] for trade in trades]
    assert performance["total_trades"] == done["execution"]["trades_executed"] == len(trades) > 1
    assert performance["win_rate"] == pytest.approx(performance["winning_trades"] / len(trades))
    assert performance["net_profit"] == pytest.approx(sum(earned)) == pytest.approx(performance["gross_profit"] + performance["gross_loss"])
    assert performance["net_profit_percent"] == pytest.approx(100 * sum(earned) / 5000)
    assert performance["profit_factor"] == pytest.approx(-performance["gross_profit"] / performance["gross_loss"])
    assert done["risk_metrics"]["risk_reward_ratio"] == pytest.approx(-performance["average_win"] / performance["average_loss"])
    assert (performance["largest_win"], performance["largest_loss"]) == pytest.approx((max(earned), min(earned)))
    assert done["equity_curve"][-1]["equity"] == pytest.approx(5000 + sum(earned))
    first = trades[0]
    assert first["quantity"] * first["entry_price"] * 1.001 == pytest.approx(2500)
    assert first["profit"] - first["commission"] == pytest.approx(first["net_profit"])
    assert first["commission"] == pytest.approx(0.001 * first["quantity"] * (first["entry_price"] + first["exit_price"]))
    assert [trade["trade_id"] for trade in trades] == list(range(1, len(trades) + 1))


async def test_what_cannot_be_computed_is_null_with_its_reason(studio: World, ada: User, document: Document) -> None:
    done = await played(studio, ada, parameters={"oversold": 0.001, "overbought": 99.999})

    null = {name for part in ("performance", "risk_metrics", "execution") for name, value in done[part].items() if value is None}
    assert {"win_rate", "average_win", "largest_loss", "sharpe_ratio", "recovery_factor", "signal_to_trade_ratio"} <= null
    assert null == set(done["reasons"])
    assert done["reasons"]["average_win"] == "there were no trades"
    row = (await listed(ada))["backtests"][0]
    assert (row["performance_summary"]["win_rate"], row["reasons"]["win_rate"]) == (None, "there were no trades")
    assert document.misfits(await ada.http.get(f"{BACKTESTS}/{done['backtest_id']}")) == []


async def test_of_own_candles_it_says_until_when_they_go_and_why_their_bars_are_not_counted(studio: World, ada: User) -> None:
    # What is played here are the packaged candles of that name.
    await give(studio, ada, symbol="NVDA", timeframe="1d", calendar="XLON")
    done = await played(studio, ada, symbol="NVDA", start_date="2022-01-03", end_date="2023-01-03")

    assert done["as_of"] == newest_close(INSTRUMENTS["NVDA"], timeframe="1d").isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (done["age_bars"], done["stale"]) == (None, None)
    assert "by the calendar XLON where predictions are made" in done["reasons"]["age_bars"]
    assert done["reasons"]["stale"] == done["reasons"]["age_bars"]


async def test_failed_and_cancelled_backtests_say_what_was_asked_and_why_there_is_no_result(
    studio: World, ada: User, document: Document
) -> None:
    asked_for = await accepted(ada, symbol="MSFT", parameters={"period": 7}, initial_capital=5000)
    await fail(studio, asked_for["task_id"], message="Insufficient historical data for date range")
    cancelled = await accepted(ada)

    failed = await becomes(studio, ada, asked_for["backtest_id"], "FAILED")
    answer = await ada.http.delete(f"{BACKTESTS}/{cancelled['backtest_id']}")
    rows = (await listed(ada, "?status=FAILED"))["backtests"]

    assert failed["error"] == "Insufficient historical data for date range"
    assert (failed["symbol"], failed["timeframe"], failed["date_range"]["total_days"]) == ("MSFT", "1d", 2919)
    assert failed["parameters"].items() >= {"period": 7, "overbought": 70, "initial_capital": 5000}.items()
    assert (answer.status_code, document.misfits(answer)) == (200, [])
    assert answer.json()["error"] == "The backtest was cancelled."
    assert answer.json()["date_range"] == rows[0]["date_range"] == failed["date_range"]
    assert len(rows) == 2
    for row in rows:
        assert list(differences(FAILED_ROW, row)) == []
        assert document.misfits(await ada.http.get(f"{BACKTESTS}/{row['backtest_id']}")) == []


async def test_a_running_backtest_is_cancelled_by_either_of_its_ids_and_makes_room(studio: World, document: Document) -> None:
    free = await studio.user(Tier.FREE)
    running, waiting = await accepted(free), await accepted(free)
    await progress(studio, running["task_id"])
    await becomes(studio, free, running["backtest_id"], "RUNNING")
    full = await post(free)

    answer = await free.http.delete(f"{BACKTESTS}/{running['task_id']}")
    again = await post(free)

    assert (full.status_code, answer.status_code, again.status_code) == (403, 200, 202)
    assert (answer.json()["status"], answer.json()["error"]) == ("FAILED", "The backtest was cancelled.")
    assert (await get(free, waiting["backtest_id"]))["status"] == "PENDING"
    assert document.misfits(answer) == []


@pytest.mark.parametrize("given", [None, {}, {"period": 14}])
async def test_parameters_that_are_left_out_have_their_defaults(ada: User, given: dict[str, Any] | None) -> None:
    told = await accepted(ada, parameters=given)

    parameters = (await get(ada, told["backtest_id"]))["parameters"]

    assert parameters.items() >= {"period": 14, "overbought": 70, "oversold": 30}.items()
    assert isinstance(parameters["period"], int)  # no 14.0, which is no whole number to many a reader


async def test_lists_are_filtered_ordered_and_walked(studio: World, ada: User, document: Document) -> None:
    done = [await played(studio, ada, symbol=symbol) for symbol in ("AAPL", "IBM", "MSFT")]
    waiting = await accepted(ada)
    profits = {each["symbol"]: each["performance"]["net_profit"] for each in done}
    best_first = sorted(profits, key=lambda symbol: -profits[symbol])

    every = await listed(ada)
    by_profit = await listed(ada, "?sort_by=net_profit&status=COMPLETED")
    rising = await listed(ada, "?sort_by=net_profit&sort_order=asc")
    middle = await listed(ada, "?sort_by=net_profit&status=COMPLETED&limit=1&offset=1")

    assert (every["total"], every["limit"], every["offset"]) == (4, 50, 0)
    assert every["backtests"][0]["backtest_id"] == waiting["backtest_id"]
    assert [row["symbol"] for row in by_profit["backtests"]] == best_first
    assert [row["symbol"] for row in rising["backtests"]] == ["AAPL", *reversed(best_first)]
    assert (middle["total"], [row["symbol"] for row in middle["backtests"]]) == (3, best_first[1:2])
    assert [row["symbol"] for row in (await listed(ada, "?symbol=IBM&strategy_name=rsi"))["backtests"]] == ["IBM"]
    assert (await listed(ada, "?sort_by=sharpe_ratio"))["total"] == (await listed(ada, "?sort_by=win_rate&sort_order=asc"))["total"] == 4
    assert document.misfits(await ada.http.get(BACKTESTS)) == []


async def test_the_documents_pair_has_the_candles_of_the_symbol_that_there_is(studio: World, ada: User) -> None:
    window = {"timeframe": "15m", "start_date": "2021-10-01", "end_date": "2021-10-31"}

    done = await played(studio, ada, symbol="BTCUSDT", **window)

    assert done["backtest_id"].startswith("backtest_rsi_BTCUSDT_")
    assert (done["symbol"], done["data_source"][:8]) == ("BTCUSDT", "BTC-USD:")
    days = [point["date"] for point in done["equity_curve"]]
    assert days == sorted(set(days))
    assert (await listed(ada, "?symbol=BTCUSDT"))["total"] == 1
