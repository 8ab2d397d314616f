"""Predictions say how old the candles are that they rest on, and what of them was generated."""

from datetime import UTC, datetime

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.inference import PredictRange, RangePredictions
from libs.contracts.training import ModelType, TrainingSpec
from libs.market.age import Age, Ages
from libs.market.candles import Market
from services.training.learners.train import train
from tests.inference.conftest import FEATURES, ROW, NoCheckpoints, Store, Story

NEWEST = datetime(2013, 3, 1, 21, tzinfo=UTC)
GENERATED = {"symbols": ("ZZZQ",), "rows": (None,), "synthetic_allowed": True}


@pytest.fixture(scope="module")
def generated_model(store: Store) -> str:
    """The manifest of a model that was trained on generated candles."""
    spec = TrainingSpec(
        model_type=ModelType.CLASSIFICATION,
        algorithm="LOGISTIC_REGRESSION",
        target_variable="signal_type",
        features=FEATURES,
        hyperparameters={},
        training_config={"symbols": ["ZZZQ"], "cross_validation_folds": 0, "synthetic": "allow"},
    )
    trained = train(
        spec,
        job_id="job_1",
        version="1.0",
        model_name="Dreams",
        artifacts=Artifacts(store.url),
        market=Market(lake=None, synthetic_allowed=True),
        report=lambda _: None,
        checkpoints=NoCheckpoints(),
        pictures=False,
    )
    return trained.artifact.sha256


def is_age_of(bars: int | None, now: Age) -> bool:
    """Tell whether so many bars were right a moment ago: one may have closed since it was answered."""
    assert bars is not None
    assert now.bars is not None
    return now.bars - bars in {0, 1}


async def test_a_prediction_from_candles_says_how_many_bars_have_closed_since(story: Story) -> None:
    async with story.service():
        told = await story.predict(rows=(None,))

    now = Ages(3).of("equity", timeframe="1d", as_of=NEWEST)
    assert (told.as_of, told.stale) == (NEWEST, True)
    assert is_age_of(told.age_bars, now)


async def test_how_many_bars_are_too_many_is_a_setting(story: Story) -> None:
    async with story.service(stale_after_bars=1_000_000):
        told = await story.predict(rows=(None,))

    assert told.stale is False


async def test_a_prediction_from_given_features_has_no_age(story: Story) -> None:
    async with story.service():
        told = await story.predict(rows=(ROW,))

    assert (told.as_of, told.age_bars, told.stale, told.synthetic_parts) == (None, None, None, ())


async def test_an_answer_says_whether_newer_candles_come_as_the_gateway_knows(story: Story) -> None:
    async with story.service():
        told = [await story.ask(static_data=static) for static in (True, False)]

    assert [each.static_data for each in told] == [True, False]


async def test_it_is_said_whether_the_models_training_or_this_candle_was_generated(story: Story, generated_model: str) -> None:
    async with story.service():
        both = await story.predict(artifact=generated_model, **GENERATED)
        training = await story.predict(artifact=generated_model, rows=(None,))
        candle = await story.predict("LOGISTIC_REGRESSION", **GENERATED)
        neither = await story.predict("LOGISTIC_REGRESSION", rows=(None,))

    assert [each.synthetic_parts for each in (both, training, candle, neither)] == [("training", "candle"), ("training",), ("candle",), ()]
    assert [each.synthetic for each in (both, training, candle, neither)] == [True, True, True, False]


async def test_a_page_of_past_days_says_how_old_the_newest_candle_is(story: Story) -> None:
    given = story.an_ask().model_dump(include={"model_id", "account_id", "version", "artifact", "timeframe"})
    days = {"start": datetime(2012, 12, 3, tzinfo=UTC).date(), "end": datetime(2012, 12, 4, tzinfo=UTC).date(), "last": 30}
    async with story.service():
        page = await story.gateway.ask(PredictRange.model_validate(given | {"symbol": "AAPL", "explain": False} | days), within=60)

    assert isinstance(page, RangePredictions)
    now = Ages(3).of("equity", timeframe="1d", as_of=NEWEST)
    assert (page.data_as_of, page.stale, page.synthetic_parts) == (NEWEST, True, ())
    assert is_age_of(page.age_bars, now)
    assert [row.day.isoformat() for row in page.predictions] == ["2012-12-03", "2012-12-04"]
