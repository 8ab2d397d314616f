"""Stories of signals after they were made: scored by what the market did, and by what those who traded them say."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from libs.chassis.bus.port import AskRefusedError
from libs.contracts.analyses import SignalGenerated
from libs.contracts.gateway import AccountErased
from libs.contracts.ids import new_id
from libs.contracts.signals import FeedbackTaken, GiveFeedback, ReadPerformance, SignalPerformance
from libs.market.candles import Market
from libs.quant.candles import Candles
from tests.inference.conftest import Story
from tests.waiting import until

AT = datetime(2021, 10, 20, 12, tzinfo=UTC)
HORIZON = timedelta(hours=12)  # of signals on candles of an hour


def signal(**changes: Any) -> SignalGenerated:
    usual: dict[str, Any] = {
        "sequence": 1,
        "occurred_at": AT,
        "signal_id": new_id("signal"),
        "symbol": "BTCUSDT",
        "account_id": None,
        "requested_by": None,
        "signal": "Long",
        "confidence": 0.62,
        "reasoning": "RSI(14) is 28.4, below 30.",
        "strategy_scores": {},
        "model_type": "technical",
        "timeframe": "1h",
        "price": 50_000.0,
    }
    made = usual | changes
    return SignalGenerated.model_validate({"timestamp": int(made["occurred_at"].timestamp() * 1000)} | made)


def feedback(made: SignalGenerated, outcome: str, *, account_id: str = "account_1", **changes: Any) -> GiveFeedback:
    given = {"signal_id": made.signal_id, "symbol": made.symbol, "predicted_signal": made.signal, "actual_outcome": outcome}
    return GiveFeedback.model_validate(given | {"caller": account_id, "account_id": account_id} | changes)


@pytest_asyncio.fixture
async def scoring(story: Story) -> AsyncIterator[Story]:
    """An inference service that scores all the time, and keeps signals of long ago."""
    async with story.service(score_every=timedelta(milliseconds=50), signal_life=timedelta(days=20 * 365)):
        yield story


async def performance(story: Story, account_id: str | None = None) -> SignalPerformance:
    reply = await story.gateway.ask(ReadPerformance(scope=account_id or "platform", account_id=account_id), within=60)
    assert isinstance(reply, SignalPerformance)
    return reply


async def scored(story: Story, account_id: str, *, waiting: int = 0, made: int) -> SignalPerformance:
    """Wait until an account's signals are scored, and return how good they were."""
    found: list[SignalPerformance] = []

    async def are() -> bool:
        found[:] = [await performance(story, account_id)]
        return (found[0].predictions, found[0].waiting) == (made, waiting)

    await until(are, what=f"{made} signals scored but for {waiting}")
    return found[0]


def moment_of(market: Candles, *, hours: int, move: float) -> tuple[datetime, float]:
    """Return the first close, a week into the candles, after which the price moved so far in so many hours, or not at all; and that close."""
    later = hours * 4
    for place in range(7 * 96, len(market.time) - later):
        whole = market.time[place + later] - market.time[place] == hours * 3600 * 10**9
        found = float(market.close[place + later] / market.close[place] - 1)
        if whole and (found > move if move else abs(found) < 0.0005):
            return datetime.fromtimestamp(int(market.time[place]) / 10**9, UTC), float(market.close[place])
    raise AssertionError


async def test_a_signal_is_judged_by_the_close_at_its_horizon_beyond_costs_and_noise(scoring: Story) -> None:
    market = Market(lake=None, synthetic_allowed=False).latest("BTC-USD", "15m")
    rose, stood = [moment_of(market, hours=12, move=move) for move in (0.05, 0.0)]
    made = [
        signal(signal=said, occurred_at=at, price=price, requested_by="account_1", confidence=confidence)
        for said, (at, price), confidence in (
            ("Long", rose, 0.9), ("Short", rose, 0.7), ("Neutral", stood, 0.5), ("Neutral", rose, 0.3), ("Long", stood, 0.6),
        )
    ]  # fmt: skip

    await asyncio.gather(*(scoring.gateway.publish(each) for each in (*made, made[0])))
    found = await scored(scoring, "account_1", made=5)

    assert (found.hits, found.misses, found.neutral, found.unscored) == (2, 2, 1, 0)
    assert (found.accuracy, found.precision) == (0.5, 0.5)
    # Long would have been right three times, and was said once.
    assert found.recall == pytest.approx(1 / 3)
    assert found.brier_score == pytest.approx((0.1**2 + 0.7**2 + 0.5**2 + 0.3**2) / 4)
    assert found.average_confidence == pytest.approx(0.6)
    await give(scoring, feedback(made[0], "LOSS", account_id="account_2"))
    public = await performance(scoring)
    assert (public.predictions, public.hits, public.feedback) == (5, 2, 1)  # What people say does not move what the market has judged.
    # Long hit once and was right thrice; Short was never right: 2 / (1 + 3) and 0.
    assert public.f1 == pytest.approx(0.25)
    kept = await scoring.database["signal_scores"].find_one({"_id": made[0].signal_id})
    assert kept is not None
    assert kept["judged_at"] == rose[0] + HORIZON
    assert kept["move"] > 0.05 > kept["band"] > 0.002


async def test_what_has_no_candles_is_not_scored_and_what_has_none_yet_waits(scoring: Story) -> None:
    last = datetime(2021, 12, 29, 12, tzinfo=UTC)
    made = [
        signal(symbol="ADAUSDT", requested_by="account_1"),
        signal(symbol="MINE", account_id="account_1", requested_by="account_1"),
        signal(occurred_at=last, requested_by="account_1"),
        signal(occurred_at=datetime.now(UTC), requested_by="account_1"),
        # Whoever knows what came of it could choose what to ask for, or what price to send.
        signal(occurred_at=datetime.now(UTC), timestamp=int(AT.timestamp() * 1000), requested_by="account_1"),
        signal(price=40_000.0, requested_by="account_1"),
    ]

    for each in made:
        await scoring.gateway.publish(each)
    found = await scored(scoring, "account_1", made=6, waiting=1)

    assert found.unscored == 5
    assert found.accuracy is None
    assert found.reasons["accuracy"] == "no signal has an outcome yet that is a hit or a miss"
    assert sorted(found.unscored_reasons) == [
        "it is of an account's own symbol, whose candles are read for that account alone",
        "its request was of another time than it was made",
        "the newest candle of BTC-USD closed at 2021-12-29 14:00 UTC, before the horizon was over",
        "the price that was sent for BTCUSDT is not the market's",
        "there are no candles of ADAUSDT of 1h or less",
    ]
    assert (await performance(scoring)).predictions == 5


async def test_feedback_stands_in_the_place_of_the_score_once_for_each_who_gives_it(scoring: Story) -> None:
    made = signal(requested_by="account_1", symbol="ADAUSDT")
    await scoring.gateway.publish(made)
    await scored(scoring, "account_1", made=1)

    first = await give(scoring, feedback(made, "LOSS"))
    again = await give(scoring, feedback(made, "PROFIT"))
    other = await give(scoring, feedback(made, "LOSS", account_id="account_2"))
    mine, theirs, all_of_them = [await performance(scoring, account_id) for account_id in ("account_1", "account_2", None)]

    assert [(each.known, each.repeated) for each in (first, again, other)] == [(True, False), (True, True), (True, False)]
    assert (mine.predictions, mine.hits, mine.misses, mine.unscored, mine.feedback) == (1, 1, 0, 0, 1)
    assert (theirs.predictions, theirs.hits, theirs.misses) == (1, 0, 1)
    # The platform counts a signal once: by the market, else by what most say.
    assert (all_of_them.predictions, all_of_them.neutral, all_of_them.unscored, all_of_them.feedback) == (1, 1, 0, 1)
    await give(scoring, feedback(made, "LOSS", account_id="account_3"))
    await scoring.gateway.publish(AccountErased(sequence=1, account_id="account_1"))
    await scoring.broker.all_heard()  # Feedback is erased after the scores.
    await scored(scoring, "account_1", made=0)
    left = await performance(scoring)
    assert (left.predictions, left.misses, left.feedback) == (1, 1, 1)


async def test_feedback_on_what_the_platform_did_not_make_counts_in_no_figure(scoring: Story) -> None:
    own = signal(symbol="MINE", account_id="account_1", requested_by="account_1")
    await scoring.gateway.publish(own)
    await scored(scoring, "account_1", made=1)

    strange = await give(scoring, feedback(signal(), "PROFIT"))
    another_s = await give(scoring, feedback(own, "PROFIT", account_id="account_2"))

    assert (strange.known, another_s.known) == (False, False)
    assert (await performance(scoring, "account_2")).predictions == 0
    assert (await performance(scoring, "account_2")).reasons["accuracy"] == "no signal has been made yet"


async def test_feedback_that_contradicts_the_signal_is_refused(scoring: Story) -> None:
    made = signal(requested_by="account_1")
    await scoring.gateway.publish(made)
    await scored(scoring, "account_1", made=1)

    with pytest.raises(AskRefusedError) as caught:
        await give(scoring, feedback(made, "PROFIT", predicted_signal="Short", symbol="ETHUSDT"))

    assert caught.value.details["predicted_signal"] == [f"{made.signal_id} said Long, not Short."]
    assert caught.value.details["symbol"] == [f"{made.signal_id} is a signal of BTCUSDT, not of ETHUSDT."]


async def test_an_account_that_is_erased_leaves_nothing_of_its_own(scoring: Story) -> None:
    own, public = signal(symbol="MINE", account_id="account_1", requested_by="account_1"), signal(requested_by="account_1")
    for each in (own, public):
        await scoring.gateway.publish(each)
    await scored(scoring, "account_1", made=2)
    await give(scoring, feedback(public, "PROFIT"))

    await scoring.gateway.publish(AccountErased(sequence=1, account_id="account_1"))
    await scoring.broker.all_heard()  # Feedback is erased after the scores.
    await scored(scoring, "account_1", made=0)

    assert await scoring.database["signal_feedback"].count_documents({}) == 0
    assert [each["_id"] async for each in scoring.database["signal_scores"].find({})] == [public.signal_id]


async def give(story: Story, ask: GiveFeedback) -> FeedbackTaken:
    reply = await story.gateway.ask(ask, within=60)
    assert isinstance(reply, FeedbackTaken)
    return reply
