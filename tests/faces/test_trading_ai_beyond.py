"""Backtests beyond the document: what they are asked for besides, how sure their figures are, trials, and the files that they leave."""

import asyncio
from typing import Any, Final

import pytest

from tests.faces.backtests import BACKTESTS, accepted, asked, becomes, heard, played, post, progress
from tests.gateway.document import Document
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

WINDOW: Final = {"symbol": "BTCUSDT", "timeframe": "15m", "start_date": "2021-10-01", "end_date": "2021-12-20"}
PLOTS: Final = {f"{name}.{kind}" for name in ("equity", "drawdown", "monthly-returns", "trades") for kind in ("png", "svg")}
# What is asked for, and words of the answer.
REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"parameters": {"period": [14, 1]}}, ["parameters.period: Input should be greater than or equal to 2."]),
    ({"parameters": {"period": []}}, ["period: there are 1 to 1000 values to be tried."]),
    ({"parameters": {"period": [7, 7]}}, ["period: each value stands there once."]),
    ({"parameters": {"oversold": [70, 80], "overbought": [60, 65]}}, ["oversold must be below overbought"]),
    (
        {"parameters": {"period": [*range(2, 102)], "oversold": [*range(1, 52)], "overbought": [70, 80]}},
        ["parameters: These are 10200 combinations; at most 10000 are tried."],
    ),
    (
        {
            **WINDOW,
            "parameters": {"period": [*range(2, 102)], "oversold": [*range(1, 51)], "overbought": [70, 80]},
            "walk_forward": {"mode": "anchored", "in_sample_days": 5, "out_of_sample_days": 1},
        },
        ["parameters: All combinations play up to 6,376,320,000 candles; at most 1,500,000,000."],
    ),
    ({"strategy_name": "macd", "parameters": {"fast_period": 30}}, ["fast_period must be less than slow_period"]),
    ({"strategy_name": "macd"}, ["parameters.period: There is no such field; there are fast_period, slow_period, signal_period."]),
    ({"strategy_name": "model", "parameters": None}, ["model_id: This field is required."]),
    ({"strategy_name": "model", "model_id": "m"}, ["parameters: With strategy_name model there are none."]),
    ({"model_id": "m"}, ["model_id: It belongs to strategy_name model."]),
    ({"strategy_name": "rules", "parameters": None}, ["rules: This field is required."]),
    (
        {"strategy_name": "rules", "parameters": None, "rules": {"enter_short": "close > 1"}},
        ["rules: With direction long nothing is traded"],
    ),
    (
        {"strategy_name": "rules", "parameters": None, "rules": {"enter_long": "rsy_14 < 30", "exit_long": "close >"}},
        ["rules.enter_long: ", "rules.exit_long: "],
    ),
    ({"strategy_name": "rules", "parameters": None, "rules": {"enter_lng": "close > 1"}}, ["Did you mean 'enter_long'?"]),
    ({"symbols": ["AAPL", "IBM"]}, ["Send `symbol` or `symbols`, not both."]),
    ({"symbol": None}, ["symbol: This field is required."]),
    ({"symbol": None, "symbols": ["AAPL", "APPL"]}, ["symbols: There is no symbol 'APPL'. Did you mean 'AAPL'?"]),
    ({"symbol": None, "symbols": ["AAPL", "AAPL"]}, ["symbols: Each symbol stands there once."]),
    ({"direction": "sideways"}, ["direction: Must be long, short or both."]),
    ({"slippage": {"model": "volume_share", "rate": 0.01}}, ["slippage.rate: It belongs to the model fixed."]),
    ({"sizing": {"value": 2}}, ["sizing.value: Input should be less than or equal to 1."]),
    ({"stop_loss": 1}, ["stop_loss: Input should be less than 1."]),
    ({"walk_forward": {"in_sample_days": 90}}, ["walk_forward.out_of_sample_days: This field is required."]),
]


async def test_what_makes_no_sense_is_refused_by_its_field(ada: User, document: Document) -> None:
    for change, words in REFUSED:
        answer = await post(ada, **change)

        assert (answer.status_code, [each for each in words if each not in answer.text]) == (400, []), (change, answer.text)
        assert document.misfits(answer) == []


async def test_null_is_as_what_is_left_out(ada: User) -> None:
    nothing: dict[str, Any] = {"stop_loss": None, "take_profit": None, "trailing_stop": None, "sizing": None}
    slippage = {"rate": None, "impact": None, "limit": None}

    for each in (slippage, None):
        answer = await ada.http.post(BACKTESTS, json=asked() | nothing | {"slippage": each})

        assert answer.status_code == 202, answer.text


async def detail(user: User, path: str, *, status: int = 404) -> str:
    answer = await user.http.get(f"{BACKTESTS}/{path}")
    assert answer.status_code == status, answer.text
    said: str = answer.json()["detail"]
    return said


async def check_filters(ada: User, done: dict[str, Any]) -> None:
    """See that trades are found by symbol, and by a window that they were open in."""
    first = done["trades"][0]
    query = {"symbol": first["symbol"], "start": first["entry_date"], "end": first["exit_date"]}
    then = (await ada.http.get(done["trades_url"], params=query)).json()
    open_then = [
        each["trade_id"]
        for each in done["trades"]
        if each["symbol"] == first["symbol"] and each["exit_date"] >= first["entry_date"] and each["entry_date"] <= first["exit_date"]
    ]
    assert (then["total"], [each["trade_id"] for each in then["trades"]]) == (len(open_then), open_then)
    assert "Did you mean 'AAPL'?" in (await ada.http.get(done["trades_url"], params={"symbol": "APPL"})).text


async def test_a_backtest_shows_how_sure_it_is_and_leaves_a_report_and_all_trades(
    studio: World, ada: User, eve: User, document: Document
) -> None:
    terms = {"direction": "both", "stop_loss": 0.05, "slippage": {"rate": 0.0005}, "sizing": {"method": "volatility_target", "value": 0.2}}
    done = await played(
        studio,
        ada,
        artifacts=studio.training.artifacts,
        strategy_name="macd",
        parameters={"fast_period": 10},
        symbol=None,
        symbols=["AAPL", "MSFT"],
        lookahead_check=True,
        **terms,
    )

    path = f"{BACKTESTS}/{done['backtest_id']}"
    assert (done["symbol"], done["symbols"], done["parameters"]["fast_period"]) == ("AAPL", ["AAPL", "MSFT"], 10)
    assert done["parameters"]["slippage"] == {"model": "fixed", "rate": 0.0005}
    assert {"LONG", "SHORT"} == {trade["direction"] for trade in done["trades"]}
    assert {"AAPL", "MSFT"} == {trade["symbol"] for trade in done["trades"]}
    assert "STOP_LOSS" in {trade["exit_reason"] for trade in done["trades"]}
    risk = done["risk_metrics"]
    assert (risk["trials"], 0 <= risk["deflated_sharpe"] <= risk["probabilistic_sharpe"] <= 1) == (1, True)
    assert risk["sharpe_interval"]["low"] < risk["sharpe_ratio"] < risk["sharpe_interval"]["high"]
    assert done["execution"]["turnover"] > 0
    assert done["buy_and_hold"]["excess_return"] is not None
    assert len(done["monthly_returns"]["2008"]) == 13
    assert max(each["depth"] for each in done["underwater"]) == pytest.approx(risk["max_drawdown"])
    assert (done["parameters"]["lookahead_check"], done["lookahead"]["passed"]) == (True, True)
    assert set(done["plots"]) == PLOTS
    assert document.misfits(await ada.http.get(path)) == []
    page = await ada.http.get(done["report_url"])
    picture = await ada.http.get(done["plots"]["equity.png"], headers={"if-none-match": "*"})
    trades = await ada.http.get(f"{done['trades_url']}?limit=2&offset=1")
    assert (page.status_code, page.headers["content-type"][:9], picture.status_code) == (200, "text/html", 304)
    assert "sandbox" in page.headers["content-security-policy"]
    assert trades.json()["trades"] == done["trades"][1:3]
    assert trades.json()["total"] == done["performance"]["total_trades"]
    assert document.misfits(trades) == []
    await check_filters(ada, done)
    assert "There are drawdown.png" in await detail(ada, f"{done['backtest_id']}/plots/nothing.png")
    assert "Backtest not found" in await detail(eve, f"{done['task_id']}/report.html")
    assert "Backtest not found" in await detail(eve, f"{done['task_id']}/trades")


async def test_a_sweep_shows_its_surface_and_a_walk_forward_its_windows(studio: World, ada: User, document: Document) -> None:
    parameters = {"period": [21, 7, 14], "oversold": [25, 75], "overbought": 70}
    store, walk = studio.training.artifacts, {"in_sample_days": 20, "out_of_sample_days": 10}

    done = await played(studio, ada, artifacts=store, parameters=parameters, walk_forward=walk, **WINDOW)

    sweep, windows = done["sweep"], done["walk_forward"]["windows"]
    assert done["parameters"]["period"] == [7, 14, 21]
    assert (sweep["count"], sweep["left_out"], done["risk_metrics"]["trials"]) == (3, 3, 3)
    assert sweep["best"]["sharpe_ratio"] == pytest.approx(done["risk_metrics"]["sharpe_ratio"])
    assert 0 <= sweep["overfitting"]["probability"] <= 1
    assert {window["parameters"]["period"] for window in windows} <= {7, 14, 21}
    assert done["walk_forward"]["words"]
    page = await ada.http.get(f"{BACKTESTS}/{done['backtest_id']}/sweep?limit=1&offset=2")
    assert (page.json()["total"], page.json()["points"]) == (3, sweep["points"][2:])
    assert document.misfits(page) == []
    assert document.misfits(await ada.http.get(f"{BACKTESTS}/{done['backtest_id']}")) == []


async def test_what_is_not_there_yet_is_said_to_be_so(studio: World, ada: User) -> None:
    told = await accepted(ada)
    await progress(studio, told["task_id"])
    await becomes(studio, ada, told["backtest_id"], "RUNNING")

    assert await detail(ada, f"{told['backtest_id']}/report.html") == "There is no report.html yet: the backtest is RUNNING."
    assert await detail(ada, f"{told['backtest_id']}/trades") == "There is no trades yet: the backtest is RUNNING."


async def trials_of(studio: World, user: User, **changes: Any) -> int:
    """Ask for a backtest, and return how many trials its figures will be deflated by."""
    told = await accepted(user, **changes)
    await heard(studio, told["task_id"])
    trials: int = studio.training.job_requests[told["task_id"]].spec["trials"]
    return trials


async def test_each_distinct_configuration_that_was_tried_on_the_same_candles_counts_once(studio: World, ada: User, eve: User) -> None:
    first = await trials_of(studio, ada)
    again = await trials_of(studio, ada, initial_capital=5000)
    other = await trials_of(studio, ada, parameters={"period": 7}, start_date="2010-01-04")
    sweep = await trials_of(studio, ada, parameters={"period": [7, 14, 21]})
    earlier = await trials_of(studio, ada, parameters={"period": 5}, start_date="2001-01-02", end_date="2004-12-31")
    elsewhere = await trials_of(studio, ada, symbol="MSFT")
    portfolio = await trials_of(studio, ada, symbol=None, symbols=["MSFT", "IBM"])
    hers = await trials_of(studio, eve)
    cancelled = await accepted(ada, parameters={"period": 9})
    await ada.http.delete(f"{BACKTESTS}/{cancelled['task_id']}")
    last = await trials_of(studio, ada, parameters={"period": 10})

    assert (first, again, other, sweep, earlier) == (1, 1, 2, 3, 1)
    assert (elsewhere, portfolio, hers, last) == (1, 2, 1, 4)


async def test_backtests_that_are_asked_for_at_once_count_each_other(studio: World, ada: User) -> None:
    counts = await asyncio.gather(*(trials_of(studio, ada, parameters={"period": period}) for period in (5, 6)))

    assert max(counts) == 2


async def test_a_model_of_ones_own_is_a_strategy(studio: World, ada: User, eve: User, document: Document) -> None:
    model_id = await studio.trained(ada)
    asked = {"strategy_name": "model", "model_id": model_id, "parameters": None}

    told = await accepted(ada, **asked)
    others = await post(eve, **asked)
    hourly = await post(ada, **asked | WINDOW)

    await heard(studio, told["task_id"])
    strategy = studio.training.job_requests[told["task_id"]].spec["strategy"]
    assert (strategy["model_id"], strategy["version"]) == (model_id, "1.0")
    assert strategy["artifact"]
    assert told["backtest_id"].startswith("backtest_model_AAPL_")
    assert (others.status_code, others.json()["detail"]) == (404, f"There is no model '{model_id}'.")
    assert (hourly.status_code, "looks at candles of 1d, not of 15m" in hourly.json()["detail"]) == (400, True)
    assert document.misfits(others) == []
    shown = (await ada.http.get(f"{BACKTESTS}/{told['backtest_id']}")).json()["parameters"]
    assert (shown["model_id"], shown["version"]) == (model_id, "1.0")
