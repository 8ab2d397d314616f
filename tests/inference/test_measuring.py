"""A listed version's record: played again by the platform, equal to what training measured, and after the listing on new candles alone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.listings import Performance, PerformanceMeasured, PerformanceRequested
from libs.contracts.training import ModelType, TrainingCompleted, TrainingSpec
from libs.market.candles import Market
from services.inference.domain.performance import VALUES
from services.marketplace.domain.model_version import ModelVersion, version_of
from services.training.learners.train import Trained, train
from tests.inference.conftest import FEATURES, SMALL, NoCheckpoints, Store, Story
from tests.waiting import until

BEYOND = datetime(2026, 1, 5, tzinfo=UTC)
CASES: dict[str, dict[str, Any]] = {
    "two shares up to a day": {"symbols": ["AAPL", "MSFT"], "start_date": "2009-01-01", "end_date": "2011-12-31"},
    "shares that end years apart": {"symbols": ["NVDA", "AAPL"], "start_date": "2005-01-01"},
    "shares of which one ends in the test": {"symbols": ["NVDA", "AMZN"], "window": "union"},
    "an index whose opens are stale": {"symbols": ["SPX"], "start_date": "1999-01-01", "end_date": "2008-12-31"},
    "hours of a currency": {"symbols": ["EURUSD"], "timeframe": "1h", "start_date": "2017-03-01", "end_date": "2017-10-31"},
    "costs of its own": {"symbols": ["AAPL"], "start_date": "2009-01-01", "commission": 0.002, "slippage": 0.001},
    "unusual candles that it abstains from": {"symbols": ["AAPL"], "start_date": "2005-01-01", "abstain_when": {"quality_below": 0.3}},
}


@dataclass(frozen=True)
class Version:
    """A trained version, what its training measured, and what the marketplace keeps of it."""

    trained: Trained
    kept: ModelVersion


@dataclass(frozen=True)
class Versions:
    """Trains what stories ask for, and each the first time alone."""

    store: Store
    made: dict[str, Version] = field(default_factory=dict)

    def on(self, config: dict[str, Any], *, algorithm: str = "RIDGE") -> Version:
        """Return a version that was trained like this."""
        key = f"{algorithm} {sorted(config.items())}"
        if key not in self.made:
            self.made[key] = trained_on(self.store, algorithm=algorithm, config=config)
        return self.made[key]


@pytest.fixture(scope="module")
def versions(store: Store) -> Versions:
    return Versions(store)


def trained_on(store: Store, *, algorithm: str, config: dict[str, Any]) -> Version:
    regression = algorithm == "RIDGE"
    spec = TrainingSpec(
        model_type=ModelType.REGRESSION if regression else ModelType.CLASSIFICATION,
        algorithm=algorithm,
        target_variable="forward_return" if regression else "signal_type",
        features=tuple(each for each in FEATURES if each != "volume_ma_ratio"),
        hyperparameters=SMALL[algorithm],
        training_config={"cross_validation_folds": 0, **config},
    )
    market = Market(lake=None, synthetic_allowed=config.get("synthetic") == "allow")
    trained = train(
        spec,
        job_id="job_1",
        version="1.0",
        model_name="Momentum",
        artifacts=Artifacts(store.url),
        market=market,
        report=lambda _: None,
        checkpoints=NoCheckpoints(),
        pictures=False,
    )
    example = EXAMPLES[TrainingCompleted]
    assert isinstance(example, TrainingCompleted)
    told = example.model_copy(update={"spec": spec, "artifact": trained.artifact, "result": trained.result})
    return Version(trained, version_of(TrainingCompleted.model_validate_json(told.model_dump_json())))


async def measured(story: Story, **asked: Any) -> Performance:
    """Ask for a record as the marketplace does, and return it."""
    return (await told(story, **asked)).performance


async def told(story: Story, **asked: Any) -> PerformanceMeasured:
    """Ask for a record as the marketplace does, and return what is told."""
    listing = asked.pop("listing", None) or new_id("listing")
    ids = {"listing_id": listing, "model_id": new_id("model"), "version": "1.0", "sequence": 7}

    def bodies() -> list[str]:
        return [each["body"] for each in story.broker.events if each["topic"] == PerformanceMeasured.topic and each["key"] == listing]

    before = len(bodies())
    await story.gateway.publish(PerformanceRequested.model_validate(ids | {"kind": "backtest", "until": None} | asked))

    async def one_more() -> bool:
        return len(bodies()) > before

    await until(one_more)
    event = PerformanceMeasured.model_validate_json(bodies()[-1])
    assert (event.sequence, event.version) == (7, "1.0")
    return event


async def backtest(story: Story, version: ModelVersion, **changes: Any) -> Performance:
    asked = {"artifact": version.artifact, "since": version.held_out_since, "until": version.held_out_until}
    return await measured(story, **asked | changes)


# One of each scale of scores; the cases below are of the third.
@pytest.mark.parametrize("algorithm", ["RANDOM_FOREST", "LOGISTIC_REGRESSION", pytest.param("XGBOOST", marks=pytest.mark.soak)])
async def test_a_version_played_again_over_its_held_out_days_has_trainings_own_record(
    story: Story, versions: Versions, algorithm: str
) -> None:
    version = versions.on(CASES["two shares up to a day"], algorithm=algorithm)

    async with story.service():
        record = await backtest(story, version.kept)

    assert_same(record, version.trained)


@pytest.mark.parametrize("case", list(CASES))
async def test_whatever_it_is_trained_on(story: Story, versions: Versions, case: str) -> None:
    version = versions.on(CASES[case])

    async with story.service():
        record = await backtest(story, version.kept)

    assert_same(record, version.trained)


async def test_who_trains_without_costs_is_measured_with_the_usual_ones(story: Story, versions: Versions) -> None:
    span = CASES["two shares up to a day"]
    usual = versions.on(span)
    free = versions.on(span | {"commission": 0.0, "slippage": 0.0, "borrow_rate": 0.0})

    async with story.service():
        record = await backtest(story, free.kept)

    assert record.total_return == pytest.approx(usual.trained.result.metrics["total_return"], abs=1e-9)
    assert free.trained.result.metrics["total_return"] != pytest.approx(record.total_return, abs=1e-9)


async def test_the_usual_costs_are_those_of_the_asset_class(story: Story, versions: Versions) -> None:
    span = CASES["hours of a currency"]
    usual, free = versions.on(span), versions.on(span | {"commission": 0.0})

    async with story.service():
        record = await backtest(story, free.kept)

    assert record.total_return == pytest.approx(usual.trained.result.metrics["total_return"], abs=1e-9)


async def test_candles_that_it_was_trained_on_are_no_part_of_a_record(story: Story, versions: Versions) -> None:
    version = versions.on(CASES["two shares up to a day"])

    async with story.service():
        record = await backtest(story, version.kept, since=datetime(2009, 6, 1, tzinfo=UTC))

    learned = datetime.fromisoformat(version.trained.result.run_card["learned_until"])
    assert record.since is not None
    assert learned.date() - timedelta(days=14) < record.since <= learned.date()


def assert_same(record: Performance, trained: Trained) -> None:
    """Hold a record to what training said of the same version."""
    result, card = trained.result, trained.result.run_card
    said = {**result.metrics, **result.backtest}
    for name in VALUES:
        assert getattr(record, name) == pytest.approx(said[name], abs=1e-9), name
    assert record.since is not None
    assert record.until is not None
    assert (record.since.isoformat(), record.synthetic) == (card["test_start"], card["synthetic"])
    assert record.until.isoformat() == max(each["end"] for each in card["symbols"])
    assert record.reasons == {}


async def test_generated_candles_are_told_of(story: Story, versions: Versions) -> None:
    config = {"symbols": ["ZZTOP9"], "start_date": "2016-01-01", "end_date": "2019-12-31", "synthetic": "allow"}
    version = versions.on(config)

    async with story.service():
        record = await backtest(story, version.kept)

    assert_same(record, version.trained)
    assert record.synthetic


async def test_a_card_that_says_days_alone_gives_the_same_daily_record(story: Story, versions: Versions) -> None:
    version = versions.on(CASES["two shares up to a day"])
    example = EXAMPLES[TrainingCompleted]
    assert isinstance(example, TrainingCompleted)
    card = {name: value for name, value in version.trained.result.run_card.items() if name not in {"test_opens", "test_closes"}}
    result = version.trained.result.model_copy(update={"run_card": card})
    older = version_of(example.model_copy(update={"artifact": version.trained.artifact, "result": result}))

    async with story.service():
        record = await backtest(story, older)

    assert_same(record, version.trained)


async def test_live_is_null_with_its_reason_while_no_candle_is_newer_than_the_listing(story: Story) -> None:
    async with story.service():
        record = await measured(story, kind="live", artifact=story.store.models["RANDOM_FOREST"].sha256, since=BEYOND)

    assert {getattr(record, name) for name in VALUES} == {None}
    assert {record.reasons[name] for name in VALUES} == {"There is no candle yet that is newer than the listing."}


async def test_live_counts_only_candles_that_close_after_the_listing(story: Story) -> None:
    day = datetime(2012, 12, 14, 21, tzinfo=UTC)  # this day's candle closes at that very moment
    asked = {"kind": "live", "artifact": story.store.models["RANDOM_FOREST"].sha256}

    async with story.service():
        after = await measured(story, **asked, since=day)
        before = await measured(story, **asked, since=day - timedelta(seconds=1))

    assert (before.since, after.since) == (day.date(), (day + timedelta(days=3)).date())
    assert after.sharpe_ratio is not None


async def test_one_new_candle_is_too_few_for_ratios_and_the_reason_says_so(story: Story) -> None:
    async with story.service():
        record = await measured(
            story,
            kind="live",
            artifact=story.store.models["RANDOM_FOREST"].sha256,
            since=datetime(2012, 12, 13, 22, tzinfo=UTC),
            until=datetime(2012, 12, 14, 22, tzinfo=UTC),
        )

    assert (record.sharpe_ratio, record.since == record.until) == (None, True)
    assert record.reasons["sharpe_ratio"] == "there are fewer than two bars"


async def test_what_cannot_be_measured_is_told_with_the_reason(story: Story) -> None:
    async with story.service():
        record = await measured(story, artifact="0" * 64, since=BEYOND)

    assert {getattr(record, name) for name in VALUES} == {None}
    assert record.reasons["sharpe_ratio"].startswith("It could not be measured: ")
