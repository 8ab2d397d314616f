"""Models of a target by its name, from training to the answer: a price is answered as a price, a direction as one of two classes."""

import numpy as np
import orjson
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import ModelType, TrainingResult, TrainingSpec
from libs.market.candles import Market
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.train import train
from tests.inference.conftest import FEATURES, ROW, NoCheckpoints, Store, Story

RAW = ("price_close", "rsi_14")


def trained(
    store: Store, target: str, *, algorithm: str, kind: ModelType, features: tuple[str, ...] = FEATURES, **config: object
) -> TrainingResult:
    spec = TrainingSpec(
        model_type=kind,
        algorithm=algorithm,
        target_variable=target,
        features=features,
        hyperparameters={"n_estimators": 10, "max_depth": 4} if algorithm == "RANDOM_FOREST" else {},
        training_config={"symbols": ["AAPL"], "start_date": "2010-01-01", "cross_validation_folds": 2, "horizon": 1} | config,
    )
    done = train(
        spec,
        job_id="job_1",
        version="1.0",
        model_name="Target",
        artifacts=Artifacts(store.url),
        market=Market(lake=None, synthetic_allowed=False),
        report=lambda _: None,
        checkpoints=NoCheckpoints(),
        pictures=False,
    )
    store.models[target] = done.artifact
    return done.result


def latest(column: str) -> float:
    return float(getattr(Market(lake=None, synthetic_allowed=False).latest("AAPL", "1d"), column)[-1])


async def test_a_price_is_answered_as_a_price_to_which_the_reasons_add_up(story: Story, store: Store) -> None:
    result = trained(store, "price_close_next_day", algorithm="RIDGE", kind=ModelType.REGRESSION)

    async with story.service():
        told = await story.predict("price_close_next_day", rows=(None,))
        given = await story.predict("price_close_next_day", rows=(ROW,))

    assert told.prediction == told.value == pytest.approx(latest("close"), rel=0.1)
    assert told.base_value + sum(told.feature_contributions.values()) == pytest.approx(told.prediction, rel=1e-6)
    assert given.prediction == pytest.approx(latest("close"), rel=0.1)
    assert result.run_card["horizon"] == 1
    assert orjson.loads(Artifacts(store.url).get(store.models["price_close_next_day"].sha256))["format"] == "modelbourse-model/2"
    assert result.backtest["total_trades"] is not None


async def test_given_features_with_the_price_say_themselves_what_the_price_to_come_is_told_from(story: Story, store: Store) -> None:
    trained(store, "close_next_bar", algorithm="RIDGE", kind=ModelType.REGRESSION, features=RAW)

    async with story.service():
        told = await story.predict("close_next_bar", rows=((7.5, 55.0),))

    assert isinstance(told.prediction, float)
    assert 5 < told.prediction < 10


async def test_a_direction_is_one_of_two_classes_and_is_traded(story: Story, store: Store) -> None:
    result = trained(store, "direction_next_day", algorithm="RANDOM_FOREST", kind=ModelType.CLASSIFICATION)

    async with story.service():
        told = await story.predict("direction_next_day", rows=(None,))

    assert told.probabilities is not None
    assert set(told.probabilities) == {"BUY", "SELL"}
    assert told.prediction in {"BUY", "SELL"}
    assert set(result.run_card["class_balance"]["test"]) == {"BUY", "SELL"}
    assert result.run_card["barrier"] is None
    assert result.baselines["majority_class"]["class"] in {"BUY", "SELL"}
    assert result.backtest["total_trades"]


async def test_a_volume_is_answered_as_a_volume_and_no_position_follows_from_it(story: Story, store: Store) -> None:
    result = trained(store, "volume_next_day", algorithm="RIDGE", kind=ModelType.REGRESSION)

    async with story.service():
        told = await story.predict("volume_next_day", rows=(None,))

    assert isinstance(told.prediction, float)
    assert 0.2 < told.prediction / latest("volume") < 5
    assert result.backtest["total_trades"] == 0
    assert np.isfinite(result.metrics["mae"] or np.nan)


def test_a_horizon_that_is_not_the_targets_is_refused(store: Store) -> None:
    with pytest.raises(TrainingRefusedError, match="candles ahead: 1, not 3"):
        trained(store, "price_close_next_day", algorithm="RIDGE", kind=ModelType.REGRESSION, horizon=3)
