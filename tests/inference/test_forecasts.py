"""Forecasters through the front door: the close to come with its interval, whatever the price level, and why."""

from datetime import date

import numpy as np
import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import ModelType, TrainingSpec
from libs.market.candles import Market
from services.training.learners.train import train
from tests.inference.conftest import NoCheckpoints, Store, Story
from tests.inference.test_ranges import ask

FEATURES = ("rsi_14", "volatility_20")
SEEN = {*FEATURES, "log_return_1", "day_of_week"}
HORIZON = 4


@pytest.fixture(scope="module", params=["NHITS", *(pytest.param(kind, marks=pytest.mark.soak) for kind in ("TFT", "DEEPAR"))])
def kind(store: Store, request: pytest.FixtureRequest) -> str:
    """A small forecaster beside the other models; what is said of one kind is read from its manifest, whichever it is."""
    spec = TrainingSpec(
        model_type=ModelType.TIME_SERIES,
        algorithm=request.param,
        target_variable="close",
        features=FEATURES,
        hyperparameters={"max_epochs": 1, "encoder_length": 10, "hidden_size": 8, "interval_level": 0.8},
        training_config={"symbols": ["AAPL", "MSFT"], "start_date": "2011-01-01", "cross_validation_folds": 0, "horizon": HORIZON},
    )
    trained = train(
        spec,
        job_id="job_1",
        version="1.0",
        model_name="Close",
        artifacts=Artifacts(store.url),
        market=Market(lake=None, synthetic_allowed=False),
        report=lambda _: None,
        checkpoints=NoCheckpoints(),
        pictures=False,
    )
    store.models[request.param] = trained.artifact
    return str(request.param)


def latest(symbol: str) -> float:
    return float(Market(lake=None, synthetic_allowed=False).latest(symbol, "1d", synthetic_allowed=False).close[-1])


async def test_a_forecast_is_the_close_to_come_with_an_interval_around_it_and_adds_up(story: Story, kind: str) -> None:
    async with story.service():
        told = await story.predict(kind, rows=(None,))

    assert isinstance(told.prediction, float)
    assert told.prediction == told.value == pytest.approx(latest("AAPL"), rel=0.3)
    assert told.interval is not None
    assert told.interval.low < told.prediction < told.interval.high
    assert (told.interval.level, told.confidence, told.horizon) == (0.8, 0.8, HORIZON)
    assert set(told.feature_contributions) - {"symbol"} == SEEN
    assert told.base_value + sum(told.feature_contributions.values()) == pytest.approx(told.prediction, abs=1e-6 * told.prediction)
    assert told.additivity_error <= 1e-6 * told.prediction
    assert told.as_of is not None


async def test_symbols_of_other_price_levels_and_such_as_were_not_trained_on_are_forecast_too(story: Story, kind: str) -> None:
    async with story.service():
        told = await story.ask(kind, symbols=("AAPL", "GOOG"), rows=(None, None))

    for each in told.predictions:
        assert each.prediction == pytest.approx(latest(each.symbol), rel=0.3)


async def test_given_features_stand_for_the_latest_candles_and_the_closes_come_from_candles(story: Story, kind: str) -> None:
    async with story.service():
        calm, wild = [await story.predict(kind, rows=((50.0, volatility),)) for volatility in (0.005, 0.05)]
        with pytest.raises(AskRefusedError) as refused:
            await story.ask(kind, rows=((50.0,),))

    assert calm.prediction != wild.prediction
    assert calm.as_of is None
    assert refused.value.details == {"features.AAPL": ["Must have 2 values."]}


async def test_each_day_of_a_range_is_forecast_from_its_own_close(story: Story, kind: str) -> None:
    async with story.service():
        told = await ask(story, kind, start=date(2012, 12, 3), end=date(2012, 12, 7))

    candles = Market(lake=None, synthetic_allowed=False).candles("AAPL", "1d", start=date(2012, 12, 3), end=date(2012, 12, 7))
    assert len(told.predictions) == len(candles)
    for row, close in zip(told.predictions, candles.close.tolist(), strict=True):
        assert row.interval is not None
        assert row.interval.low < close < row.interval.high
        assert row.contributions is not None
        assert row.base_value is not None
        assert row.base_value + sum(row.contributions) == pytest.approx(row.output, rel=1e-6)
        assert row.prediction == row.output == row.value
        assert row.horizon == HORIZON
    assert np.ptp([row.output for row in told.predictions]) > 0
