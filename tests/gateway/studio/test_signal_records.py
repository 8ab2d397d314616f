"""Stories of signals over HTTP: told, judged by feedback, counted, listed, cleared, and what is suggested by backtests."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.bus.memory import MemoryBus
from libs.chassis.process import open_chassis
from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted
from services.inference.analysing import make_analysing
from services.inference.inbound.asks import bind_analysts
from services.inference.outbound.live_candles_mongo import LiveCandlesMongo
from services.inference.outbound.models_artifacts import ModelsArtifacts
from services.inference.scoring import make_scoring
from services.inference.settings import Settings
from tests.faces.shapes import differences
from tests.gateway.studio.sockets import authorization, message
from tests.gateway.studio.test_other_jobs import heard, start
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT = "2025-10-10T10:30:00.000000+00:00"
# As the public document has them.
PERFORMANCE = {
    "overall_accuracy": 0.85, "precision": 0.82, "recall": 0.78, "f1_score": 0.80, "predictions_made": 0, "successful_predictions": 0,
    "average_confidence": 0.75, "model_uptime": None, "last_updated": AT,
}  # fmt: skip
FEEDBACK = {"message": "Feedback received successfully", "signal_id": "signal_123456", "timestamp": AT}
STORAGE = {
    "total_analyses": 1250, "symbols_analyzed": 8, "analysis_interval_minutes": 5, "collection_name": "ai_analysis_results",
    "symbol_breakdown": [{"symbol": "BTCUSDT", "analysis_count": 450, "latest_analysis": AT}],
}  # fmt: skip
CLEARED = {"message": "Storage cleared successfully", "cleared_analyses": 1250, "timestamp": AT}
HISTORY = {
    "total": 450, "limit": 20,
    "analyses": [{"symbol": "BTCUSDT", "signal": "Long", "confidence": 0.82, "reasoning": "Strong bullish momentum...", "timestamp": AT}],
}  # fmt: skip
ANALYSED = {"analysis_id": "config_analysis_20260206_140000", "status": "COMPLETED", "suggestions_generated": 12, "timestamp": AT}
SUGGESTIONS = {
    "suggestions": [{"category": "risk_management", "reasoning": "Daily loss limit too high …", "impact": "HIGH", "confidence": 0.85}],
    "total_suggestions": 12, "analysis_date": AT,
}  # fmt: skip


@asynccontextmanager
async def recording(studio: World) -> AsyncIterator[None]:
    """Run inference's analysts and what it keeps of signals, on the bus of the world."""
    settings = Settings.model_validate({**dict(studio.settings), "score_every": timedelta(seconds=50), "tracked_symbols": ()})
    bus = MemoryBus(studio.broker, service="inference", instance="signals")
    async with AsyncExitStack() as stack:
        chassis = await stack.enter_async_context(open_chassis("inference", settings=settings, bus=bus))
        live = LiveCandlesMongo(chassis.database["live_candles"])
        parts = make_scoring(settings, chassis, live=live, clock=now)
        models, follow = ModelsArtifacts(chassis.artifacts, most=1, most_bytes=1), parts.signals.score.follow
        analysing = make_analysing(settings, chassis, models=models, live=live, follow=follow)
        await parts.prepare()
        await analysing.prepare()
        facts, answers = Facts(), Answers()
        parts.signals.bind(facts, answers)
        bind_analysts(answers, analysing.analysts)
        await stack.enter_async_context(bus.running(facts=facts, answers=answers))
        await stack.enter_async_context(analysing.relay.running())
        await parts.signals.score()
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def records(studio: World) -> AsyncIterator[None]:
    async with recording(studio):
        yield


def a_rise() -> dict[str, Any]:
    """Return a request about candles that rise for two days and more."""
    hour, at = 3_600_000, int(now().timestamp()) * 1000
    closes = [50_000.0 + 100 * number for number in range(60)]
    bars = [
        {"timestamp": at - (60 - number) * hour, "open": close - 50, "high": close + 80, "low": close - 120, "close": close, "volume": 10.0}
        for number, close in enumerate(closes)
    ]
    return {"symbol": "BTCUSDT", "timeframe_data": {"1h": bars}, "current_price": closes[-1], "volume_24h": 1e9, "timestamp": at}


async def get(user: User, path: str, **query: Any) -> Any:
    answer = await user.http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def feedback_on(signal_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "signal_id": signal_id,
        "symbol": "BTCUSDT",
        "predicted_signal": "Long",
        "actual_outcome": "PROFIT",
        "profit_loss": 50.0,
    } | changes


@pytest.mark.usefixtures("records")
async def test_a_signal_is_told_judged_by_feedback_and_counted(ada: User, eve: User, gateways: list[str]) -> None:
    async with connect(f"{gateways[1]}/ws", additional_headers=authorization(ada)) as socket:
        await message(socket)
        answer = await ada.http.post("/ai/analyze", json=a_rise())
        told = await message(socket)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    before = await performance_of(ada, made=1)

    feedback = feedback_on(made["signal_id"], predicted_signal=made["signal"])
    given, again = [await ada.http.post("/ai/feedback", json=feedback) for _ in range(2)]
    after, others = await performance_of(ada, made=1), await performance_of(eve, made=0)

    assert (told["type"], told["data"]["signal_id"], told["data"]["reasoning"]) == (
        "AISignalReceived",
        made["signal_id"],
        made["reasoning"],
    )
    assert (before["overall_accuracy"], before["waiting"], before["average_confidence"]) == (None, 1, pytest.approx(made["confidence"]))
    assert before["reasons"]["overall_accuracy"] == "no signal has an outcome yet that is a hit or a miss"
    assert given.status_code == 200, given.text
    assert (given.json()["message"], given.json()["signal_id"]) == ("Feedback received successfully", made["signal_id"])
    assert [each.json()["repeated"] for each in (given, again)] == [False, True]
    assert [*differences(PERFORMANCE, after), *differences(FEEDBACK, given.json())] == []
    assert (after["scope"], after["overall_accuracy"], after["successful_predictions"], after["feedback_count"]) == ("account", 1.0, 1, 1)
    assert after["calibration"][0]["signals"] == 1
    assert others["reasons"]["overall_accuracy"] == "no signal has been made yet"


async def performance_of(user: User, *, made: int) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def counted() -> bool:
        found.update(await get(user, "/ai/performance"))
        return bool(found["predictions_made"] == made)

    await until(counted, what=f"{made} predictions")
    return found


@pytest.mark.usefixtures("records")
async def test_without_a_credential_it_is_the_platforms_and_feedback_on_free_text_is_kept(studio: World) -> None:
    async with studio.client() as stranger:
        answer = await stranger.post("/ai/feedback", json=feedback_on("signal_123456"))
        contradiction = await stranger.post("/ai/feedback", json=feedback_on("signal_123456", profit_loss=-5))
        typo = await stranger.post("/ai/feedback", json=feedback_on("signal_123456", predicted_signal="Lang"))
        platform = await stranger.get("/ai/performance")

    assert (answer.status_code, answer.json()["known"]) == (200, False)
    feedback = studio.database.client[studio.database.name.replace("gateway", "inference")]["signal_feedback"]
    kept = await feedback.find_one({"signal_id": "signal_123456"})
    # All addresses are hashed in seconds: a hash without a key would tell this one.
    assert kept is not None
    assert kept["caller"].startswith("stranger:")
    assert kept["caller"] != f"stranger:{sha256(b'127.0.0.1').hexdigest()[:16]}"
    assert contradiction.status_code == 400
    assert "does not go with a profit_loss of -5" in contradiction.json()["detail"]
    assert "Did you mean 'Long'?" in typo.json()["detail"]
    assert (platform.status_code, platform.json()["scope"]) == (200, "platform")


@pytest.mark.usefixtures("records")
async def test_analyses_are_counted_listed_and_cleared(studio: World, ada: User, eve: User) -> None:
    analyses = studio.database.client[studio.database.name.replace("gateway", "inference")]["ai_analysis_results"]
    analysis = {"signal": "Long", "confidence": 0.62, "reasoning": "RSI(14) is 28.4, below 30.", "llm_model": None}
    await analyses.delete_many({})  # What other stories left.
    rows = [("BTCUSDT", None, 1), ("BTCUSDT", None, 2), ("MINE", ada.account_id, 0), ("ETHUSDT", None, 24 * 40)]
    for number, (symbol, owner, hours) in enumerate(rows):
        at = now() - timedelta(hours=hours)
        document = {
            "_id": f"signal_{number}",
            "symbol": symbol,
            "timestamp": at,
            "analysis": analysis,
            "created_at": at,
            "private_to": owner,
        }
        await analyses.insert_one(document)

    mine, theirs = [await get(user, "/ai/storage/stats") for user in (ada, eve)]
    history = await get(ada, "/ai/gpt4-analysis-history", limit=2)
    of_one = [await get(ada, "/ai/gpt4-analysis-history", symbol=symbol) for symbol in ("BTCUSDT", "BTC-USD", "MINE", "SOLUSDT")]
    cleared = await ada.http.post("/ai/storage/clear")
    once_more = await ada.http.post("/ai/storage/clear")
    empty = await get(ada, "/ai/gpt4-analysis-history")

    assert [(each["symbol"], each["analysis_count"]) for each in mine["symbol_breakdown"]] == [("BTCUSDT", 2), ("ETHUSDT", 1), ("MINE", 1)]
    assert (theirs["total_analyses"], theirs["symbols_analyzed"], theirs["analysis_interval_minutes"]) == (3, 2, 5)
    assert [each["symbol"] for each in history["analyses"]] == ["MINE", "BTCUSDT"]
    assert history["total"] == 3
    assert [(each["total"], {row["symbol"] for row in each["analyses"]}) for each in of_one] == [
        (2, {"BTCUSDT"}),
        (2, {"BTCUSDT"}),
        (1, {"MINE"}),
        (0, set()),
    ]
    assert (cleared.status_code, cleared.json()["cleared_analyses"]) == (200, 4)
    assert [*differences(STORAGE, mine), *differences(HISTORY, history), *differences(CLEARED, cleared.json())] == []
    assert once_more.status_code == 429
    assert (empty["total"], empty["analyses"]) == (0, [])


METRICS = {
    "total_trades": 100, "winning_trades": 70, "losing_trades": 30, "avg_win": 0.02, "avg_loss": -0.02, "worst_trade": -0.12,
    "max_drawdown": 0.3,
}  # fmt: skip


async def played(studio: World, user: User, metrics: dict[str, float], **spec: Any) -> None:
    """Have a backtest end with these numbers."""
    job = await start(studio, user, **spec)
    await heard(studio, job.id)
    at = now()
    result = {"metrics": metrics, "money": {}, "reasons": {}}
    told = {"spec": {}, "started_at": at, "ended_at": at, "compute_hours": Decimal("0.001"), "result": result, "logs": ()}
    await studio.training.bus.publish(JobCompleted(**studio.training.of_job(job.id), **told))

    async def ended() -> bool:
        return (await studio.gateway.platform.job_parts.jobs.get(job.id, account_id=user.account_id, kind=None)).result is not None

    await until(ended, what="the backtest")


@pytest.mark.usefixtures("records")
async def test_suggestions_are_computed_of_what_the_account_has_measured(studio: World, eve: User) -> None:
    await played(studio, eve, METRICS, position_size=0.1)  # The same candles are played again.
    await played(studio, eve, METRICS, position_size=0.5)
    await played(studio, eve, METRICS, position_size=0.7, grid={"period": [7.0, 14.0]})
    await played(studio, eve, METRICS, strategy={"name": "stochastic"}, sizing={"method": "fixed", "value": 1000.0})
    macd = METRICS | {"winning_trades": 30, "losing_trades": 70, "max_drawdown": 0.1, "worst_trade": -0.04}
    await played(studio, eve, macd, position_size=0.5, strategy={"name": "macd"})

    none_yet = await get(eve, "/ai/config-suggestions")
    made = await eve.http.post("/ai/config-analysis/trigger", json={"days_historical": 30})
    found = await get(eve, "/ai/config-suggestions", limit=10)

    assert (none_yet["suggestions"], none_yet["analysis_date"]) == ([], None)
    assert "no analysis was made in the last 30 days" in none_yet["reasons"]["suggestions"]
    assert made.status_code == 200, made.text
    assert (made.json()["status"], made.json()["backtests_analyzed"]) == ("COMPLETED", 5)
    assert [*differences(ANALYSED, made.json()), *differences(SUGGESTIONS, found)] == []
    by_kind = {(each["category"], each.get("strategy")): each for each in found["suggestions"]}
    # Kelly 0.7 / 0.02 - 0.3 / 0.02 = 20 times the equity; a drawdown of 0.6 at a whole position allows a third of it.
    assert "half of Kelly's fraction is 10.000 of the equity" in by_kind["risk_management", "RSI Strategy"]["reasoning"]
    assert by_kind["risk_management", "RSI Strategy"]["suggested_value"] == pytest.approx(1 / 3, abs=1e-4)
    assert by_kind["risk_management", "RSI Strategy"]["sample"] == 100
    assert found["reasons"]["sweeps"].startswith("1 sweeps are left out")
    assert found["reasons"]["risk_management.stochastic"] == "0 trades took a fraction of the equity, and 30 are needed"
    assert by_kind["risk_management", "RSI Strategy"]["current_value"] == pytest.approx(0.5)
    assert by_kind["risk_management", "MACD Strategy"]["suggested_value"] == 0
    assert "no edge" in by_kind["risk_management", "MACD Strategy"]["reasoning"]
    assert by_kind["stop_loss", "RSI Strategy"]["suggested_value"] == pytest.approx(0.04)
    assert by_kind["stop_loss", "RSI Strategy"]["current_value"] is None
    assert by_kind["strategy_weight", "RSI Strategy"]["current_weight"] == pytest.approx(1 / 3, abs=1e-4)
    assert by_kind["strategy_weight", "RSI Strategy"]["suggested_weight"] > 0.4
    assert found["total_suggestions"] == made.json()["suggestions_generated"] == len(found["suggestions"]) == 7
    assert found["reasons"]["signal_confidence"] == "0 of your signals have an outcome, and 20 are needed"


@pytest.mark.usefixtures("records")
async def test_without_anything_measured_there_is_no_suggestion_and_a_reason(studio: World) -> None:
    somebody = await studio.user()

    made = await somebody.http.post("/ai/config-analysis/trigger", json={})

    assert made.json()["suggestions_generated"] == 0
    assert made.json()["reasons"]["backtests"] == "no strategy has 30 trades in backtests of these days: the most is 0"
    neither = await somebody.http.post("/ai/config-analysis/trigger", json={"analyze_strategies": False, "analyze_risk_settings": False})
    assert neither.json()["reasons"] == {"suggestions": "neither strategies nor risk settings were to be looked at"}
