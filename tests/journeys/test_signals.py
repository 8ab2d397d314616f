"""Signals over real processes: an LLM that fails in every way, and a signal that is told at both gateways, judged and counted."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.inference.llm_desk import a_market, a_verdict
from tests.inference.llm_server import LlmServer, fails, garbles, says
from tests.journeys.conftest import KEYS
from tests.journeys.customer import Customer
from tests.journeys.platform import Platform
from tests.journeys.sent import as_sent

pytestmark = pytest.mark.journey
# Two gateways share one port: so many sockets that both have some.
SOCKETS = 8


async def analysed(customer: Customer, mark: str, *, symbol: str = "BTCUSDT") -> dict[str, Any]:
    """Send candles, with a word by which the provider knows what it is to answer."""
    body = as_sent(a_market()) | {"symbol": symbol, "strategy_context": {"user_preferences": {"note": mark}}}
    found: dict[str, Any] = (await customer.persist("POST", "/ai/analyze", body=body, accept={200})).json()
    return found


async def test_whatever_the_llm_s_provider_does_the_technical_answer_stands_and_says_why(platform: Platform, llm: LlmServer) -> None:
    customer = await Customer(platform.gateway).sign_up()
    llm.marked["faulty-1"] = [fails(429, headers={"retry-after": "600"}), garbles()]
    llm.marked["faulty-2"] = [says("I would rather not."), says({"signal": "Up"})]
    llm.marked["faulty-3"] = [says(a_verdict(risk={"take_profit_suggestion": 250.0}))]
    llm.marked["good-4"] = [says(a_verdict())]

    malformed, violating, foreign, good = [await analysed(customer, mark) for mark in ("faulty-1", "faulty-2", "faulty-3", "good-4")]

    assert [each["analyst"] for each in (malformed, violating, foreign, good)] == ["technical"] * 3 + ["llm"]
    assert "no chat completion" in malformed["llm_absent"]
    assert "does not keep to the schema, also when asked again" in violating["llm_absent"]
    assert "quotes the price 250" in foreign["llm_absent"]
    assert {each["signal"] for each in (malformed, violating, foreign)} <= {"Long", "Short", "Neutral"}
    # The key that is limited is not tried again before its time, whichever process calls.
    assert llm.marked_keys == [KEYS[0], *[KEYS[1]] * 5]
    cost = (await customer.persist("GET", "/ai/cost/statistics", accept={200})).json()
    assert (cost["account_requests"], cost["account_budget"]["held_usd"]) == (6, 0)


async def test_an_analysis_is_told_at_both_gateways_and_counts_by_what_its_reader_says_of_it(platform: Platform) -> None:
    customer = await Customer(platform.gateway).sign_up()
    address = f"{platform.gateway.replace('http', 'ws')}/ws?types=AISignalReceived&symbols=ETHUSDT"
    sockets = [await connect(address, additional_headers={"Authorization": customer.http.headers["Authorization"]}) for _ in range(SOCKETS)]
    try:
        for socket in sockets:
            await socket.recv()  # Who is there now.
        made = await analysed(customer, "told", symbol="ETHUSDT")
        heard = await asyncio.gather(*(_signal(socket, made["signal_id"]) for socket in sockets))
        again = await analysed(customer, "told", symbol="ETHUSDT")
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))
    said = {"signal_id": made["signal_id"], "symbol": "ETHUSDT", "predicted_signal": made["signal"], "actual_outcome": "PROFIT"}
    taken = (await customer.persist("POST", "/ai/feedback", body=said, accept={200})).json()
    counted = (await customer.persist("GET", "/ai/performance", accept={200})).json()

    assert (again["signal_id"], again["reasoning"][:8]) == (made["signal_id"], "[RECENT]")
    assert [each["signal_id"] for each in heard] == [made["signal_id"]] * SOCKETS
    assert (taken["known"], taken["repeated"]) == (True, False)
    assert (counted["predictions_made"], counted["successful_predictions"], counted["feedback_count"]) == (1, 1, 1)
    (origin,) = counted["by_origin"]
    assert (origin["origin"], origin["predictions_made"], origin["overall_accuracy"]) == ("caller", 1, 1.0)


async def _signal(socket: ClientConnection, signal_id: str) -> dict[str, Any]:
    """Read until a signal is told."""
    async with asyncio.timeout(120):
        while True:
            found: dict[str, Any] = json.loads(await socket.recv())
            told: dict[str, Any] = found.get("data", found)
            if told.get("signal_id") == signal_id:
                return told
