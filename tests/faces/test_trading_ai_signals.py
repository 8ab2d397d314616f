"""Trading AI's signals as documented, over the real analysts: answers' fields and types, refusals, limits and tenants."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio

from libs.chassis.errors import UnavailableError
from libs.contracts.envelope import now
from modelbourse.answers.trading_ai.signals import PredictedTrend, ServiceHealth, ServiceInfo, SignalAnalysis
from services.gateway.inbound.faces.trading_ai import signals
from services.gateway.inbound.faces.trading_ai.signals import SignalUseCases, get_service_health
from tests.faces.analysts import analysing, answered, asked, candles, post
from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.own_candles import give
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANALYSED: Final = {
    "signal": "Long",
    "confidence": 0.82,
    "reasoning": "…",
    "strategy_scores": {"RSI Strategy": 0.85, "MACD Strategy": 0.78, "Bollinger Bands Strategy": 0.65, "Volume Strategy": 0.72},
    "market_analysis": {
        "trend_direction": "Bullish",
        "trend_strength": 0.82,
        "support_levels": [67000.0],
        "resistance_levels": [68000.0],
        "volatility_level": "Medium",
        "volume_analysis": "…",
    },
    "risk_assessment": {"overall_risk": "Medium", "technical_risk": 0.45, "market_risk": 0.5},
    "timestamp": 1697234567000,
}
POSITION: Final = {"recommended_position_size": 0.05, "stop_loss_suggestion": 66000.0, "take_profit_suggestion": 68500.0}
RECOMMENDED: Final = [
    {"strategy_name": "RSI Strategy", "suitability_score": 0.85, "reasoning": "…", "recommended_config": {"enabled": True, "weight": 0.85}}
]
CONDITION: Final = {
    "condition_type": "Trending Up",
    "confidence": 0.75,
    "characteristics": ["Strong uptrend"],
    "recommended_strategies": ["RSI Strategy"],
    "market_phase": "Active Trading",
}
SYMBOLS: Final = ["BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT", "DOTUSDT", "XRPUSDT", "LINKUSDT"]
INFO: Final = {
    "service_name": "GPT-4 Trading AI",
    "version": "2.0.0",
    "model_version": None,  # of an LLM that is not asked here
    "supported_timeframes": ["1m"],
    "supported_symbols": SYMBOLS,
    "capabilities": ["trend_analysis"],
    "last_trained": None,
}
HEALTH: Final = {
    "status": "healthy",
    "timestamp": "2025-10-10T10:30:00.000000+00:00",
    "service": "GPT-4 Trading AI",
    "version": "2.0.0",
    "gpt4_available": True,
    "api_key_configured": True,
    "mongodb_connected": True,
    "analysis_interval_minutes": 5,
    "supported_symbols": SYMBOLS,
}
ROOT: Final = {
    "service": "…",
    "version": "2.0.0",
    "description": "…",
    "endpoints": dict.fromkeys(
        ["analyze", "strategy_recommendations", "market_condition", "feedback", "health", "storage_stats", "clear_storage", "websocket"],
        "…",
    ),
    "documentation": "/docs",
    "features": {
        "gpt4_enabled": True,
        "mongodb_storage": True,
        "websocket_broadcasting": True,
        "periodic_analysis": True,
        "analysis_interval_minutes": 5,
        "symbols_tracked": SYMBOLS,
    },
}
TREND: Final = {"symbol": "BTCUSDT", "trend": "BULLISH", "confidence": 0.75, "prediction_horizon": "24h"}


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def analysts(studio: World, mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """The analysts of the inference service, beside the double of its predictions."""
    async with analysing(studio, mongo_url, redis_url, tmp_path_factory.mktemp("analysts")):
        yield


async def test_an_analysis_is_as_documented(ada: User, document: Document) -> None:
    told = await answered(ada, "/ai/analyze", asked(strategy_context={"risk_level": "Moderate"}), document=document)
    again = (await post(ada, "/ai/analyze", asked(strategy_context={"risk_level": "Moderate"}))).json()

    assert list(differences(ANALYSED, told)) == []
    names = [name for name in POSITION if told["risk_assessment"][name] is None]
    assert names == ([] if told["signal"] != "Neutral" else list(POSITION))
    assert all(f"risk_assessment.{name}" in told["reasons"] for name in names)
    assert told["analyst"] == "technical"
    assert SignalAnalysis.model_validate(told).indicators["15m"]["rsi_14"] == pytest.approx(told["indicators"]["15m"]["rsi_14"])
    assert again["reasoning"] == f"[RECENT] {told['reasoning']}"


async def test_recommendations_and_condition_are_as_documented(ada: User, document: Document) -> None:
    ranked = await answered(ada, "/ai/strategy-recommendations", asked(), document=document)
    judged = await answered(ada, "/ai/market-condition", asked(volume_24h=5e10), document=document)

    assert list(differences(RECOMMENDED, ranked)) == []
    assert [each["suitability_score"] for each in ranked] == sorted((each["suitability_score"] for each in ranked), reverse=True)
    assert list(differences(CONDITION, judged)) == []


async def test_what_the_service_is_is_as_documented(studio: World, document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "LOOK_WITHIN_S", 60.0)
    async with studio.client() as http:
        info, strategies, health, root = [await http.get(path) for path in ("/ai/info", "/ai/strategies", "/health", "/")]
        browser = await http.get("/", headers={"Accept": "text/html"})

    assert list(differences(INFO, info.json())) == []
    assert strategies.json()[:4] == ["RSI Strategy", "MACD Strategy", "Volume Strategy", "Bollinger Bands Strategy"]
    assert list(differences(HEALTH, health.json())) == []
    assert (health.json()["mongodb_connected"], health.json()["gpt4_available"]) == (True, False)
    assert health.json()["reasons"].keys() == {"gpt4_available", "api_key_configured"}
    assert health.json()["supported_symbols"] == root.json()["features"]["symbols_tracked"] == ["BTCUSDT"]
    assert list(differences(ROOT, root.json())) == []
    assert browser.headers["location"] == "/app"
    assert ServiceInfo.model_validate(info.json()).reasons.keys() >= {"last_trained", "model_version"}
    assert [document.misfits(answer) for answer in (info, strategies, health, root)] == [[]] * 4


async def test_a_trend_is_as_documented_and_says_who_says_so(ada: User, document: Document) -> None:
    body = {"symbol": "BTCUSDT", "timeframe": "15m", "candles": 100}
    told = await answered(ada, "/predict-trend", body, document=document)
    unknown = await post(ada, "/predict-trend", {"symbol": "BTCUSDT", "timeframe": "5m"})

    assert list(differences(TREND, told)) == []
    assert PredictedTrend.model_validate(told).source == "technical"
    assert (told["stale"], told["synthetic"], told["as_of"]) == (True, False, "2021-12-29T14:00:00.000Z")
    assert unknown.status_code == 400
    assert "BTC-USD has candles of 15m, not of 5m" in unknown.json()["detail"]


def spoilt(number: int, **changes: Any) -> dict[str, Any]:
    """Return a request whose candle of this number is another."""
    sent = candles(5)
    sent[number - 1] |= changes
    return asked(5, timeframe_data={"15m": sent})


REFUSED: list[tuple[dict[str, Any], str]] = [
    (asked(5, timeframe_data={"15min": candles(5)}), "There is no timeframe '15min'; there are 1m, 5m, 15m, 1h, 4h, 1d. Did you mean"),
    (asked(5, timeframe_data={"15m": []}), "There are no candles: send some of at least one timeframe"),
    (asked(5, timeframe_data={"15m": candles(2) * 501}), "15m has 1,002 candles; at most 1,000 are read: send the newest."),
    (asked(5, timeframe_data={"15m": candles(5)[::-1]}), "is older than the one before; the oldest comes first."),
    (asked(5, timeframe_data={"15m": [*candles(2), candles(2)[-1]]}), "timeframe_data.15m.2: timestamp 1640785500000 is there twice"),
    (asked(5, timeframe_data={"1h": candles(5)}), "is 900 s after the one before, a candle of 1h lasts 3600 s"),
    (spoilt(3, high=1.0), "timeframe_data.15m.2: high 1 is below low"),
    (spoilt(3, low=-1.0), "timeframe_data.15m.2.low: Input should be greater than 0."),
    (spoilt(5, timestamp=4_000_000_000_000), "timeframe_data.15m.4: timestamp 4000000000000 lies in the future"),
    (asked(5, timestamp=1_600_000_000_000), "lies in the future of 1600000000000, the moment of the request"),
    (asked(1, timestamp=candles(1)[0]["timestamp"] + 1), "timeframe_data: none of the candles is closed at the timestamp"),
    (
        asked(5, timeframe_data={"5m": candles(5)}),
        "most candles are 900 s apart, none nearer, a candle of 5m lasts 300 s; are these of another",
    ),
    (asked(5, timeframe_data={"5m": candles(5)}), "Send them as 15m."),
    (asked(5, current_price=1.0), "current_price 1 is far from the last close"),
    (asked(5, symbol="btc/usdt"), "There is no symbol 'btc/usdt'. Did you mean 'BTCUSDT'"),
    (asked(5, symbol="BTCUSTD"), "There is no symbol 'BTCUSTD'. Did you mean 'BTCUSDT'"),
    (asked(5, strategy_context={"selected_strategies": ["RSI Stratgy"]}), "There is no strategy 'RSI Stratgy'; there are RSI Strategy"),
    (asked(5, strategy_context={"risk_level": "Agressive"}), "There is no risk level 'Agressive'; there are Low, Conservative"),
    (asked(5, symbol="<img src=x>"), "symbol: Must be 1 to 20 capital letters, digits and .^&_-"),
    (asked(5, strategy_contxt={}), "strategy_contxt: There is no such field; there are symbol, timeframe_data"),
    (asked(5, strategy_context={"risk_levl": "Low"}), "strategy_context.risk_levl: There is no such field; there are"),
    (spoilt(3, hihg=1.0), "timeframe_data.15m.2.hihg: There is no such field; there are timestamp, open, high"),
    (asked(5, masked="yes"), "masked: Must be true or false."),
    ({}, "symbol: This field is required. timeframe_data: This field is required. current_price: This field is required."),
]


async def test_what_is_wrong_with_a_market_is_said_of_the_very_candle(studio: World) -> None:
    users = [await studio.user() for _ in range(3)]

    answers = [await post(users[number % 3], "/ai/analyze", body) for number, (body, _) in enumerate(REFUSED)]

    for answer, (_, words) in zip(answers, REFUSED, strict=True):
        assert answer.status_code == 400, answer.text
        assert words in answer.json()["detail"]


async def test_what_is_wrong_a_thousand_times_is_said_twenty_times(studio: World) -> None:
    answer = await post(await studio.user(), "/ai/market-condition", asked(5, timeframe_data={"15m": [{}] * 100}))

    detail = answer.json()["detail"]
    assert detail.count("This field is required.") == 20
    assert detail.endswith(" And 580 more.")


async def test_a_pair_of_a_market_of_its_own_is_taken(ada: User) -> None:
    answer = await post(ada, "/ai/market-condition", asked(5, symbol="LTCUSDT"))

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("path", "most"), [("/ai/analyze", 10), ("/ai/strategy-recommendations", 5), ("/ai/market-condition", 5)])
async def test_each_route_has_the_documented_limit(studio: World, path: str, most: int) -> None:
    user = await studio.user()

    statuses = [(await post(user, path, {})).status_code for _ in range(most + 1)]

    assert statuses == [*[400] * most, 429]


async def test_signals_of_an_own_symbol_are_nobody_else_s(studio: World, ada: User, eve: User) -> None:
    await give(studio, ada, symbol="MINE")

    mine, hers = [await post(user, "/ai/analyze", asked(50, symbol="MINE")) for user in (ada, eve)]

    assert (mine.status_code, hers.status_code) == (200, 200)
    assert mine.json()["signal_id"] != hers.json()["signal_id"]
    assert not hers.json()["recent"]


async def test_health_is_told_within_a_second_when_nothing_answers() -> None:
    async def hangs(*_: Any) -> Any:
        await asyncio.Event().wait()

    class Away:
        async def use(self, _: Any) -> Any:
            message = "The message broker is not available right now."
            raise UnavailableError(message)

        async def tracking(self, _: Any) -> Any:
            await hangs()

    told = await get_service_health(SignalUseCases(Away(), Away(), None, hangs, now, synthetic_allowed=False))  # type: ignore[arg-type]  # all that is asked

    assert isinstance(told, ServiceHealth)
    assert (told.status, told.mongodb_connected, told.gpt4_available) == ("unhealthy", False, False)
    assert told.reasons["mongodb_connected"] == "it gives no answer within 0.7 s"
