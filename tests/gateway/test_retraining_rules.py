"""When a model is retrained by its schedule, on which days, and what becomes of what it makes: a table of the rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from libs.contracts.gateway import Stage
from libs.contracts.own_candles import OwnCandles
from libs.contracts.retraining import Incumbent, duration_of, judged
from libs.contracts.training import ModelType, TrainingSpec
from libs.market.own import NOTHING, OwnCatalogue, catalogue_of
from services.gateway.domain.models.model import Build, Listing, Model
from services.gateway.domain.models.retraining import (
    admitted,
    dated,
    is_due,
    lasting,
    scheduled,
    span_of,
    turn_ended,
    turned,
    why_nothing_new,
)
from services.gateway.domain.models.schedule import LastTurn, Schedule, TurnOutcome, expiry_of
from services.gateway.domain.models.version import ModelVersion

MADE = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
WEEKLY: dict[str, Any] = {"every": "7d", "window": "anchored", "gate": {"metric": "log_loss", "tolerance": 0.02}}


def spec(*, retrain: dict[str, Any] | None = None, own: tuple[OwnCandles, ...] = (), **config: Any) -> TrainingSpec:
    whole = {"symbols": ["ACME"], "timeframe": "1h"} | config | ({"retrain": retrain} if retrain else {})
    kind = ModelType.CLASSIFICATION
    return TrainingSpec(
        model_type=kind, algorithm="RIDGE", target_variable="signal_type", features=("rsi_14",), hyperparameters={}, training_config=whole,
        own=own,
    )  # fmt: skip


def own(*, end: date = date(2024, 12, 31), start: date = date(2020, 1, 1), sha: str = "a", symbol: str = "ACME") -> OwnCandles:
    return OwnCandles(symbol=symbol, timeframe="1h", dataset_id="dataset_1", version=1, sha256=sha, calendar="24/7", start=start, end=end)


def catalogue(*candles: OwnCandles) -> OwnCatalogue:
    return catalogue_of(candles)


def model(*, retrain: dict[str, Any] | None = WEEKLY, trained: bool = True, **changes: Any) -> Model:
    seen = own()
    made = ModelVersion("1.0", "job_1", "sha", MADE, spec(own=(seen,), start_date="2020-01-01", end_date="2024-12-31"), {})
    versions = (made,) if trained else ()
    build = Build.READY if trained else Build.DRAFT
    found = Model("model_1", "account_1", "M", "", spec(retrain=retrain), MADE, MADE, build=build, versions=versions)
    return replace(scheduled(found), **changes)


@pytest.mark.parametrize(
    ("given", "due"),
    [
        (model(), True),
        (model(retrain=None), False),
        (model(trained=False), False),
        (model(is_archived=True), False),
        (model(active_job="job_2"), False),
        (model(retrain=WEEKLY | {"every": "8d"}), False),
        (model(retrain=WEEKLY | {"every": "168h"}), True),
        (turned(model(), LastTurn(MADE + WEEK, TurnOutcome.SKIPPED, "nothing new")), False),
    ],
    ids=["a week on", "no schedule", "a draft", "archived", "at work", "a day later", "in hours", "had its turn"],
)
def test_a_model_is_due_every_so_long_after_its_newest_version(given: Model, due: bool) -> None:
    assert is_due(given, at=MADE + WEEK) is due


@pytest.mark.parametrize(
    ("now_own", "new"),
    [
        (own(end=date(2025, 1, 1), sha="b"), True),
        (own(), False),
        (own(sha="b"), True),
        (own(end=date(2024, 12, 30), sha="b"), False),
    ],
    ids=["a day more", "the same file", "more of the same day", "a day less"],
)
def test_there_is_something_new_where_candles_come_after_those_of_the_newest_version(now_own: OwnCandles, new: bool) -> None:
    why = why_nothing_new(model(), own=catalogue(now_own))

    assert why == (None if new else "There are no candles after 2024-12-31, the last day that version 1.0 has seen.")


def test_packaged_candles_never_bring_anything_new() -> None:
    seen = spec(symbols=["AAPL"], timeframe="1d", end_date="2013-03-01")
    found = replace(model(), spec=spec(retrain=WEEKLY, symbols=["AAPL"], timeframe="1d"))
    found = replace(found, versions=(replace(found.versions[0], spec=seen),))

    assert "no candles after 2013-03-01" in str(why_nothing_new(found, own=NOTHING))


@pytest.mark.parametrize(
    ("retrain", "config", "days"),
    [
        ({}, {}, ("2020-01-01", "2024-12-31")),
        ({}, {"start_date": "2022-05-01"}, ("2022-05-01", "2024-12-31")),
        ({"window": "rolling", "window_days": 730}, {}, ("2023-01-02", "2024-12-31")),
        ({"window": "rolling", "window_days": 3650}, {}, ("2020-01-01", "2024-12-31")),
        ({"window": "rolling", "window_days": 730}, {"start_date": "2024-01-01"}, ("2024-01-01", "2024-12-31")),
        ({}, {"symbols": ["ACME", "LATE"]}, ("2023-06-01", "2024-06-30")),
        ({}, {"symbols": ["ACME", "LATE"], "window": "union"}, ("2020-01-01", "2024-12-31")),
    ],
    ids=["anchored", "from a day on", "rolling", "longer than there is", "not before its start", "in common", "of any"],
)
def test_a_window_ends_with_the_newest_candle(retrain: dict[str, Any], config: dict[str, Any], days: tuple[str, str]) -> None:
    candles = catalogue(own(), own(symbol="LATE", start=date(2023, 6, 1), end=date(2024, 6, 30)))

    found = dated(spec(retrain=WEEKLY | retrain, **config), candles)

    assert (found.training_config["start_date"], found.training_config["end_date"]) == days
    assert "retrain" not in found.training_config
    assert tuple(day.isoformat() for day in span_of(spec(retrain=WEEKLY | retrain, **config), own=candles)) == days


def test_a_model_without_a_schedule_is_trained_as_it_is() -> None:
    given = spec(start_date="2022-05-01")

    assert dated(given, catalogue(own())) is given


@pytest.mark.parametrize(
    ("metric", "old", "new", "passes"),
    [
        ("log_loss", 1.0, 1.02, True),
        ("log_loss", 1.0, 1.0201, False),
        ("log_loss", 1.0, 0.5, True),
        ("rmse", 0.05, 0.052, False),
        ("accuracy", 0.5, 0.48, True),
        ("accuracy", 0.5, 0.4799, False),
        ("directional_accuracy", 0.5, 0.6, True),
        ("roc_auc", None, 0.6, False),
        ("roc_auc", 0.6, None, False),
    ],
)
def test_an_error_may_be_worse_by_a_share_and_a_share_by_itself(metric: str, old: float | None, new: float | None, passes: bool) -> None:
    incumbent = Incumbent(version="1.0", artifact="sha", metric=metric, tolerance=0.02)

    assert judged(incumbent, rows=50, old=old, new=new).passed is passes
    assert judged(incumbent, rows=49, old=old, new=new).passed is False


def test_what_has_not_passed_comes_in_archived_and_what_served_serves_on() -> None:
    incumbent = Incumbent(version="1.0", artifact="sha", metric="log_loss", tolerance=0.02)
    made = replace(model().versions[0], name="1.1", job_id="job_2", made_at=MADE + WEEK)
    worse, better = (judged(incumbent, rows=80, old=1.0, new=new) for new in (1.1, 0.9))

    kept, grown = (model().training_succeeded(admitted(made, gate)) for gate in (worse, better))

    assert [kept.version_named(name).stage for name in ("1.0", "1.1")] == [Stage.NONE, Stage.ARCHIVED]
    assert (kept.serving.name, grown.serving.name) == ("1.0", "1.1")


def test_a_job_of_the_schedule_that_makes_nothing_ends_its_turn_and_any_other_changes_nothing() -> None:
    begun = turned(model(), LastTurn(MADE + WEEK, TurnOutcome.STARTED, "job_2 is at work.", "job_2"))

    other, own_one = (turn_ended(begun, job, at=MADE + 1.5 * WEEK, reason="It has failed.", cancelled=True) for job in ("job_3", "job_2"))

    assert other is begun
    assert own_one.schedule.last == LastTurn(MADE + 1.5 * WEEK, TurnOutcome.FAILED, "It has failed.", "job_2")
    assert own_one.schedule.next_at == MADE + 2 * WEEK


def test_what_was_refused_or_has_failed_is_tried_again_after_an_hour_and_then_less_often() -> None:
    found, pauses = model(), []
    for _ in range(7):
        found = turned(found, LastTurn(MADE, TurnOutcome.REFUSED, "No credits."))
        pauses.append((found.schedule.next_at or MADE) - MADE)
    often = turned(model(retrain=WEEKLY | {"every": "1h"}), LastTurn(MADE, TurnOutcome.REFUSED, "No credits."))
    often = turned(often, LastTurn(MADE, TurnOutcome.REFUSED, "No credits."))
    begun = turned(found, LastTurn(MADE, TurnOutcome.STARTED, "job_2 is at work.", "job_2"))
    failed = turn_ended(begun, "job_2", at=MADE, reason="It has failed.", cancelled=False)
    skipped = turned(failed, LastTurn(MADE, TurnOutcome.SKIPPED, "nothing new"))

    assert [pause / timedelta(hours=1) for pause in pauses] == [1, 2, 4, 8, 16, 24, 24]
    assert often.schedule.next_at == MADE + timedelta(hours=1)
    assert (begun.schedule.next_at, failed.schedule.next_at) == (MADE + WEEK, MADE + timedelta(days=1))
    assert skipped.schedule == Schedule(MADE + WEEK, LastTurn(MADE, TurnOutcome.SKIPPED, "nothing new"))


@pytest.mark.parametrize(("text", "hours"), [("7d", 168), ("12h", 12), ("1h", 1), ("3650d", 87_600)])
def test_a_duration_is_days_or_hours(text: str, hours: int) -> None:
    assert duration_of(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["0d", "7", "7 d", "1w", "30m", "-1d", "3651d", "1.5d", "07d", "7D", "\u0667d", ""])
def test_nothing_else_is_a_duration(text: str) -> None:
    with pytest.raises(ValueError, match="such as 7d or 12h"):
        duration_of(text)


def test_a_version_expires_so_long_after_it_was_made() -> None:
    assert expiry_of(MADE, config={"retrain": WEEKLY | {"expire_after": "30d"}}) == MADE + timedelta(days=30)
    assert expiry_of(MADE, config={"retrain": WEEKLY}) is None
    assert expiry_of(MADE, config={}) is None


@pytest.mark.parametrize(
    ("listing", "days", "ends"),
    [
        (Listing.NONE, 8, 8),
        (Listing.NONE, None, None),
        (Listing.LISTED, 8, 30),
        (Listing.DELISTED, 8, 30),
        (Listing.LISTED, 60, 60),
        (Listing.LISTED, None, None),
    ],
)
def test_the_version_that_serves_lasts_as_the_schedule_says_but_no_shorter_once_it_was_offered(
    listing: Listing, days: int | None, ends: int | None
) -> None:
    first = replace(model().versions[0], expires_at=MADE + timedelta(days=20))
    second = replace(first, name="1.1", expires_at=MADE + timedelta(days=30))
    before = model(listing=listing, versions=(first, second), spec=spec(retrain=WEEKLY | {"expire_after": "30d"}))
    after = replace(before, spec=spec(retrain=WEEKLY | ({"expire_after": f"{days}d"} if days else {})))

    found = lasting(after, before=before)

    assert found.versions == (first, replace(second, expires_at=MADE + timedelta(days=ends) if ends else None))
    assert lasting(before, before=before) is before
