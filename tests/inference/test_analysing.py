"""What the analysts answer, keep and tell: over the bus, from a real MongoDB."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.contracts.analyses import (
    STRATEGIES,
    Analysis,
    Analyze,
    JudgeCondition,
    PredictTrend,
    RecommendStrategies,
    SignalGenerated,
    StrategyContext,
)
from libs.contracts.deployments import ModelDeployed
from libs.contracts.envelope import now
from libs.contracts.exports import ReadAccountInInference
from libs.contracts.gateway import AccountErased
from libs.contracts.sent_candles import CandleColumns, MarketData
from libs.contracts.signals import FeedbackTaken, GiveFeedback, ReadPerformance, SignalPerformance
from libs.market.candles import Market
from tests.inference.conftest import Story
from tests.waiting import until

MARKET = Market(lake=None, synthetic_allowed=False)
ANALYSES = "ai_analysis_results"


def sent(count: int = 300, *, timeframe: str = "1d", **changes: Any) -> MarketData:
    """Return the newest candles of AAPL as somebody sends them."""
    candles = MARKET.latest("AAPL", "1d", count)
    columns = (candles.time // 10**6 - 86_400_000, candles.open, candles.high, candles.low, candles.close, candles.volume)
    rows = zip(*(each.tolist() for each in columns), strict=True)
    bars = CandleColumns.of(rows)
    whole = {"symbol": "AAPL", "timeframe_data": {timeframe: bars}, "current_price": bars.close[-1], "timestamp": 1_700_000_000_000}
    return MarketData.model_validate(whole | changes)


def an_ask(market: MarketData | None = None, **changes: Any) -> Analyze:
    whole = {"symbol": "AAPL", "account_id": "account_1", "tier": "pro", "market": market or sent()}
    return Analyze.model_validate(whole | changes)


async def analyse(story: Story, ask: Analyze) -> Analysis:
    reply = await story.gateway.ask(ask, within=60)
    assert isinstance(reply, Analysis)
    return reply


def told(story: Story) -> list[SignalGenerated]:
    return [SignalGenerated.model_validate_json(each["body"]) for each in story.broker.events if each["topic"] == SignalGenerated.topic]


async def signals(story: Story, count: int) -> list[SignalGenerated]:
    async def there() -> bool:
        return len(told(story)) >= count

    await until(there, what=f"{count} signals")
    return told(story)


def deployed(story: Story, *, sequence: int = 1, algorithm: str = "RANDOM_FOREST", **changes: Any) -> ModelDeployed:
    whole = {
        "sequence": sequence,
        "place": "AAPL 1d",
        "job_id": "job_1",
        "model_id": f"model_{algorithm}",
        "account_id": "account_2",
        "deployment_id": f"deployment_{sequence}",
        "symbol": "AAPL",
        "timeframe": "1d",
        "version": "1.0",
        "artifact": story.store.models[algorithm].sha256,
        "version_made_at": now(),
        "accuracy": 0.61,
        "name": "forest_AAPL_1d",
        "deployed_by": "account_admin",
        "previous_model": None,
        "is_active": True,
    }
    return ModelDeployed.model_validate(whole | changes)


async def test_an_analysis_is_kept_as_documented_and_told_once(story: Story) -> None:
    async with story.service():
        made = await analyse(story, an_ask())
        (signal,) = await signals(story, 1)
        kept = await story.database[ANALYSES].find_one({"_id": made.signal_id})

    assert kept is not None
    fields = {
        "_id",
        "symbol",
        "timestamp",
        "analysis",
        "created_at",
        "account_id",
        "schema_version",
        "pending_events",
        "relay",
        "private_to",
        "told",
    }
    assert kept.keys() <= fields
    assert (kept["symbol"], kept["created_at"], kept["timestamp"]) == ("AAPL", made.made_at, made.made_at)
    assert Analysis.model_validate(kept["analysis"]) == made
    indexes = await story.database[ANALYSES].index_information()
    assert [("symbol", 1), ("timestamp", 1)] in [each["key"] for each in indexes.values()]
    assert (signal.signal_id, signal.signal, signal.confidence) == (made.signal_id, made.signal, made.confidence)
    assert (signal.account_id, signal.requested_by, signal.model_type, signal.price) == (None, "account_1", "technical", made.price)
    assert signal.origin == "caller"
    assert made.llm_absent is not None
    assert made.timeframe == "1d"


async def test_feedback_on_a_signal_that_was_answered_counts_though_its_event_has_not_come(story: Story) -> None:
    async with story.service():
        story.broker.listening.clear()  # Nobody hears events.
        made = await analyse(story, an_ask())
        given = {"signal_id": made.signal_id, "symbol": made.symbol, "predicted_signal": made.signal, "actual_outcome": "PROFIT"}

        taken = await story.gateway.ask(GiveFeedback.model_validate(given | {"caller": "account_1", "account_id": "account_1"}), within=60)

        assert isinstance(taken, FeedbackTaken)
        assert taken.known
        figures = await story.gateway.ask(ReadPerformance(scope="account_1", account_id="account_1"), within=60)
        assert isinstance(figures, SignalPerformance)
        assert (figures.predictions, figures.hits) == (1, 1)


async def test_the_same_request_is_answered_once_in_five_minutes_and_another_never_shares_it(story: Story) -> None:
    async with story.service():
        first = await analyse(story, an_ask())
        again = await analyse(story, an_ask(sent(timestamp=1_700_086_400_000), account_id=None))
        others = [
            an_ask(sent(299)),
            an_ask(sent(current_price=first.price * 1.001)),
            an_ask(context=StrategyContext(risk_level="High")),
            an_ask(own=True),
            an_ask(own=True, account_id="account_2"),
        ]
        fresh = [await analyse(story, each) for each in others]
        count = len(await signals(story, 6))

    assert (again.signal_id, again.recent, again.reasoning) == (first.signal_id, True, f"[RECENT] {first.reasoning}")
    # The day between the two requests makes the candles a bar older.
    assert ("3906 bars" in str(first.warnings), "3907 bars" in str(again.warnings)) == (True, True)
    assert not any(each.recent for each in fresh)
    assert len({first.signal_id, *(each.signal_id for each in fresh)}) == 6
    assert count == 6
    # Signals are told in any order: each is a document of its own.
    owners = {each.signal_id: each.account_id for each in told(story)}
    assert [owners[str(each.signal_id)] for each in fresh] == [None, None, None, "account_1", "account_2"]


async def test_after_five_minutes_it_is_made_anew(story: Story) -> None:
    async with story.service():
        first = await analyse(story, an_ask())
        over = {"$set": {"at": now() - timedelta(minutes=5, seconds=1)}}
        await story.database["recent_analyses"].update_many({}, over)
        again = await analyse(story, an_ask())

    assert again.signal_id != first.signal_id
    assert not again.recent


async def test_what_cannot_be_computed_is_null_with_its_reason(story: Story) -> None:
    async with story.service():
        made = await analyse(story, an_ask(sent(10)))

    assert made.signal == "Neutral"
    assert made.confidence < 0.5
    assert made.market_analysis.trend_direction is None
    nulls = {f"indicators.1d.{name}" for name, value in made.indicators["1d"].items() if value is None}
    nulls |= {f"market_analysis.{name}" for name, value in made.market_analysis if value is None or value == ()}
    nulls |= {f"risk_assessment.{name}" for name, value in made.risk_assessment if value is None}
    nulls |= {f"strategy_scores.{name}" for name, value in made.strategy_scores.items() if value is None}
    nulls |= {f"condition.{name}" for name, value in made.condition if value is None}
    assert made.reasons.keys() == nulls


async def test_a_deployed_model_has_a_word_in_it_and_one_that_stands_by_has_none(story: Story) -> None:
    async with story.service():
        await story.gateway.publish(deployed(story))
        await story.gateway.publish(deployed(story, sequence=2, version="2.0", is_active=False))

        async def followed() -> bool:
            return await story.database["deployments"].count_documents({}) == 1

        await until(followed, what="the deployment")
        made = await analyse(story, an_ask())
        few = await analyse(story, an_ask(sent(20)))
        trend = await story.gateway.ask(PredictTrend(symbol="AAPL", account_id=None, timeframe="1d", candles=100), within=60)
        prediction = await story.predict(rows=(None,))

    assert made.model_view is not None
    assert (made.model_view.model_id, made.model_view.version) == ("model_RANDOM_FOREST", "1.0")
    assert 0.0 <= (made.strategy_scores["Model Strategy"] or 0.0) <= 1.0
    assert "the deployed model" in made.reasoning
    assert few.model_view is None
    assert few.reasons["model_view"].startswith("20 candles of 1d are too few for the features of the deployed model")
    assert (trend.source, trend.symbol) == ("model", "AAPL")
    assert trend.model_view is not None
    assert (trend.model_view.prediction, trend.confidence) == (prediction.prediction, pytest.approx(prediction.confidence))
    assert trend.stale


async def test_without_a_model_the_rules_say_where_it_is_heading(story: Story) -> None:
    async with story.service():
        trend, few, none = [
            await story.gateway.ask(PredictTrend(symbol="AAPL", account_id=None, timeframe="1d", candles=count), within=60)
            for count in (100, 25, 5)
        ]

    assert (few.trend is None, few.confidence, none.trend, none.confidence) == (False, None, None, None)
    assert few.reasons["confidence"] == "25 candles are too few: ADX, by which a trend's strength is measured, needs 28"
    assert none.reasons["trend"].startswith("5 candles are too few")
    assert (trend.source, trend.candles, trend.prediction_horizon) == ("technical", 100, "5d")
    assert trend.reasons["model_view"] == "no model is deployed for this symbol and timeframe"
    assert trend.as_of == datetime(2013, 3, 1, 21, tzinfo=UTC)


async def test_strategies_and_condition_are_judged_by_the_same_candles(story: Story) -> None:
    async with story.service():
        ranked = await story.gateway.ask(RecommendStrategies(symbol="AAPL", market=sent(), available_strategies=STRATEGIES), within=60)
        judged = await story.gateway.ask(JudgeCondition(symbol="AAPL", market=sent()), within=60)
        made = await analyse(story, an_ask())

    scores = [each.suitability_score for each in ranked.strategies]
    assert scores == sorted(scores, reverse=True)
    assert judged.condition == made.condition
    assert list(made.condition.recommended_strategies) == [each.strategy_name for each in ranked.strategies][:2]


async def test_what_an_account_has_asked_for_is_exported_and_goes_with_it(story: Story) -> None:
    async with story.service():
        made = await analyse(story, an_ask())
        await signals(story, 1)
        part = await story.gateway.ask(ReadAccountInInference(account_id="account_1", after="", most=50), within=60)
        await story.gateway.publish(AccountErased(sequence=1, account_id="account_1"))

        async def gone() -> bool:
            return await story.database[ANALYSES].count_documents({}) == 0

        await until(gone, what="the account's analyses gone")

    assert made.signal_id in [line.data.get("analysis", {}).get("signal_id") for line in part.lines if line.kind == "inference.analyses"]


async def test_what_a_crash_left_unpublished_is_told_by_the_next_process(story: Story) -> None:
    async with story.service():
        made = await analyse(story, an_ask())
        (signal,) = await signals(story, 1)
    event = next(each for each in story.broker.events if each["topic"] == SignalGenerated.topic)
    await story.database[ANALYSES].update_one({"_id": made.signal_id}, {"$set": {"pending_events": [event]}, "$unset": {"relay": ""}})

    async with story.service():
        again = (await signals(story, 2))[-1]

    assert again == signal
