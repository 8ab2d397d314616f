"""Ids, money, names and topics: the words that every part of the platform shares."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter, ValidationError

from libs.contracts.envelope import Moment, now
from libs.contracts.ids import is_id, new_id, new_ids
from libs.contracts.money import Money, price_of, to_hours, to_money
from libs.contracts.monitoring import HealthChanged
from libs.contracts.names import did_you_mean, listed, nearest, suggestion
from libs.contracts.problems import first_problems
from libs.contracts.text_labels import label_scores, why_no_score
from libs.contracts.topics import ASKS, EVENTS, REPLIES, every_topic


@pytest.mark.parametrize(("given", "meant"), [("17m", "15m"), ("2h", "1h"), ("15min", "15m")])
def test_the_nearest_timeframe_is_nearest_in_time(given: str, meant: str) -> None:
    assert did_you_mean(given, ("1m", "5m", "15m", "1h", "4h", "1d")) == f" Did you mean '{meant}'?"


def test_ids_are_unique_typed_and_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [*(new_id("model") for _ in range(1000)), *new_ids("model", 1000)]
    assert len(set(ids)) == 2000
    assert all(is_id(made, prefix="model") for made in ids)

    early, late = max(ids), new_id("model")
    while late[:16] == early[:16]:  # the same millisecond
        late = new_id("model")

    assert early < late
    del monkeypatch


@pytest.mark.parametrize(
    "text",
    [
        "",
        "model_",
        "job_01ke6x1m7bek4r8t2v6z9d3hsj",
        "model_01ke6x1m7bek4r8t2v6z9d3hsu",
        "model_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "model",
        "a" * 10_000,
    ],
)
def test_what_is_no_id_is_told(text: str) -> None:
    assert not is_id(text, prefix="model")


@given(some.decimals(min_value=Decimal(-(10**12)), max_value=10**12, allow_nan=False, allow_infinity=False))
def test_money_travels_as_text_with_two_places(amount: Decimal) -> None:
    wire = TypeAdapter(Money)

    text = wire.dump_json(to_money(amount))

    assert re.fullmatch(rb'"-?\d+\.\d\d"', text)
    assert wire.validate_json(text) == to_money(amount)
    assert abs(to_money(amount) - amount) <= Decimal("0.005")


def test_half_a_cent_goes_to_the_even_one() -> None:
    assert [to_money(Decimal(amount)) for amount in ("0.005", "0.015", "0.025")] == [Decimal("0.00"), Decimal("0.02"), Decimal("0.02")]


def test_seconds_become_hours_and_hours_a_price() -> None:
    assert to_hours(3600) == 1
    assert to_hours(1) == Decimal("0.000278")
    assert price_of(Decimal("0.5")) == Decimal("2.50")
    assert [price_of(Decimal(hours)) for hours in ("1.000000", "1.000001", "1.000999")] == [
        Decimal("5.00"),
        Decimal("5.01"),
        Decimal("5.01"),
    ]


def test_moments_travel_in_utc_and_must_say_their_zone() -> None:
    wire = TypeAdapter(Moment)

    assert wire.dump_json(datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=1)))) == b'"2026-01-05T09:00:00.000Z"'
    assert now().tzinfo is UTC
    with pytest.raises(ValidationError):
        wire.validate_json('"2026-01-05T09:00:00"')


def test_the_nearest_known_name_is_meant() -> None:
    known = ["rsi_14", "RANDOM_FOREST", "RIDGE"]

    assert did_you_mean("random_forrest", known) == " Did you mean 'RANDOM_FOREST'?"
    assert did_you_mean("zebra", known) == ""
    assert nearest("x" * 100_000, known) == []
    assert suggestion(["rsi_14", "rsi_2"]) == " Did you mean 'rsi_14' or 'rsi_2'?"


def test_the_first_of_many_problems_are_told_and_the_others_counted() -> None:
    told = first_problems(range(1000), lambda number: (f"part.{number % 2}", f"{number} is wrong."))
    few = first_problems([7], lambda number: ("part", f"{number} is wrong."))

    assert told["part.0"] == [f"{number} is wrong." for number in range(0, 20, 2)]
    assert told["part.1"] == [f"{number} is wrong." for number in range(1, 20, 2)] + ["… and 980 more."]
    assert few == {"part": ["7 is wrong."]}
    assert first_problems([], lambda _: ("", "")) == {}


def test_many_names_are_told_as_some_of_them_and_how_many_others_there_are() -> None:
    assert listed(["AAPL", "MSFT"]) == "AAPL, MSFT"
    assert listed(["AAPL", "MSFT", "IBM"], most=2) == "AAPL, MSFT and 1 more"


def test_topics_are_named_after_what_happened_and_are_unique() -> None:
    names = [topic.name for topic in every_topic()]

    assert len(names) == len(set(names))
    assert all(topic.name == event.topic for event, topic in EVENTS.items())
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", event.topic) for event in EVENTS)
    assert all(re.fullmatch(r"[a-z]+\.asks\.[a-z]+", ask.topic) for ask in ASKS)
    assert {topic.dead for topic in EVENTS.values()} <= set(names)
    assert f"{REPLIES}.dead" not in names


def test_an_event_knows_its_key_and_cannot_be_changed() -> None:
    event = HealthChanged(sequence=1, service="training", instance="training-1", health="silent", reason="no heartbeat for 9 s")

    assert event.key == "training-1"
    with pytest.raises(ValidationError):
        event.reason = "x"


def test_numbers_alone_are_scores_of_sentiment_only_where_minus_one_is_among_them() -> None:
    assert label_scores(("-1", "0", "1")) == {"-1": -1.0, "0": 0.0, "1": 1.0}
    assert label_scores(("0", "1")) is None
    assert "number them -1, 0 and 1" in why_no_score(("0", "1"))
    assert label_scores(("bearish", "1")) == {"bearish": -1.0, "1": 1.0}
