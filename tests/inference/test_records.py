"""A record runs from the end of what a version learned from to the last candle, whatever its own test was, and its days are told once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from libs.contracts.ids import new_id
from libs.contracts.record_chain import chained, genesis, rounded_day
from libs.contracts.records import RecordHead
from libs.market.candles import Market
from services.inference.usecases.measure_performance import new_days
from tests.inference.conftest import Store, Story
from tests.inference.test_measuring import Version, told, trained_on

SHORT: dict[str, Any] = {"symbols": ["AAPL"], "start_date": "2008-01-01", "end_date": "2008-12-31", "train_test_split": 0.87}
LISTING = new_id("listing")
NOTHING = RecordHead(days=0, hash=genesis(LISTING, version="1.0"), last=None)


@pytest.fixture(scope="module")
def version(store: Store) -> Version:
    """One that chose a test of a few bars."""
    return trained_on(store, algorithm="RANDOM_FOREST", config=SHORT)


def asked(version: Version, **more: Any) -> dict[str, Any]:
    return {"artifact": version.kept.artifact, "since": version.kept.cut, "listing": LISTING, "kept": NOTHING} | more


async def test_a_record_goes_on_to_the_last_candle_whatever_the_training_was_tested_on(story: Story, version: Version) -> None:
    last = (int(Market(lake=None, synthetic_allowed=False).latest("AAPL", "1d", 1).time[0]) - 1) // 86_400_000_000_000

    async with story.service():
        event = await told(story, **asked(version))

    record, card = event.performance, version.trained.result.run_card
    assert card["test_rows"] < 40
    assert (record.until, record.bars) == (date(1970, 1, 1) + timedelta(days=last), len(event.days))
    assert record.bars > 1000
    assert version.kept.learned_until is not None
    assert version.kept.learned_until.date() < event.days[0].date <= date.fromisoformat(card["test_start"])
    assert event.days[-1].date == record.until
    assert (record.symbols, record.timeframe, record.reasons) == (("AAPL",), "1d", {})


async def test_a_record_says_what_holding_brought_and_how_sure_it_is(story: Story, version: Version) -> None:
    async with story.service():
        record = (await told(story, **asked(version))).performance

    assert record.baselines is not None
    assert record.baselines["buy_and_hold"]["total_return"] > 1
    assert record.sharpe_interval is not None
    assert record.sharpe_interval["low"] < record.sharpe_ratio < record.sharpe_interval["high"]
    assert record.kurtosis is not None
    assert record.kurtosis > 3
    assert record.absent_days == 0


async def test_the_days_come_to_what_the_record_earned_but_for_closing_what_is_held_at_the_end(story: Story, version: Version) -> None:
    async with story.service():
        event = await told(story, **asked(version))

    together = np.prod([1 + day.day_return for day in event.days]) - 1
    assert together == pytest.approx(event.performance.total_return, rel=0.003)
    assert {day.position for day in event.days} <= {-1.0, 0.0, 1.0}


async def test_days_that_are_kept_are_told_again_only_where_they_differ(story: Story, version: Version) -> None:
    async with story.service():
        first = await told(story, **asked(version))
        chain = chained(first.days[:-3], previous=NOTHING.hash)
        head = RecordHead(days=len(chain), hash=chain[-1].hash, last=chain[-1].date)
        later = await told(story, **asked(version, kept=head))
        differs = await told(story, **asked(version, kept=head.model_copy(update={"hash": "0" * 64})))
        live = await told(story, **asked(version, kind="live", kept=None))

    assert (later.days, later.days_after) == (first.days[-3:], first.days[-4].date)
    assert (differs.days, differs.days_after) == (first.days, None)
    assert live.days == ()


async def test_the_same_days_come_from_fewer_candles(story: Story, version: Version) -> None:
    async with story.service():
        whole = await told(story, **asked(version))
        sooner = await told(story, **asked(version, until=datetime(2010, 6, 1, tzinfo=UTC)))

    assert sooner.days == whole.days[: len(sooner.days)]
    assert 100 < len(sooner.days) < len(whole.days)


async def test_a_day_of_hours_is_told_when_it_is_over(story: Story, store: Store) -> None:
    hours = trained_on(
        store,
        algorithm="LOGISTIC_REGRESSION",
        config={"symbols": ["EURUSD"], "timeframe": "1h", "start_date": "2017-03-01", "end_date": "2017-05-31"},
    )

    async with story.service():
        event = await told(story, **asked(hours))

    assert event.days[-1].date < event.performance.until
    assert event.performance.bars > 5 * len(event.days)


def test_a_chain_that_is_longer_than_what_was_measured_is_told_all_days() -> None:
    days = tuple(rounded_day(date(2012, 1, 2) + timedelta(days=each), day_return=0.0, position=0.0, absent=False) for each in range(3))
    longer = RecordHead(days=4, hash="0" * 64, last=date(2012, 1, 6))

    assert new_days(days, kept=longer, listing_id=LISTING, version="1.0") == (None, days)
    assert new_days(days, kept=NOTHING, listing_id=LISTING, version="1.0") == (None, days)
    assert new_days(days, kept=None, listing_id=LISTING, version="1.0") == (None, ())
