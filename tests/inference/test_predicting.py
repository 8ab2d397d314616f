"""Predictions through the front door: an ask on the bus, an answer with its reasons."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import orjson
import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.inference import Predictions
from libs.market.candles import Market
from libs.quant.features import compute_features
from libs.quant.linear import LinearModel
from libs.quant.onnx_runtime import onnxruntime as ort
from libs.quant.trees import TreeEnsemble
from modelbourse.answers import predictions as answers
from tests.inference.conftest import FEATURES, ROW, SMALL, Story

PROMISED = {"RANDOM_FOREST": 1e-6, "XGBOOST": 1e-5, "LOGISTIC_REGRESSION": 1e-6, "RIDGE": 1e-6}


@pytest.mark.parametrize("algorithm", SMALL)
async def test_base_value_and_contributions_add_up_to_what_the_served_model_returned(story: Story, algorithm: str) -> None:
    artifacts = Artifacts(story.store.url)
    manifest = orjson.loads(artifacts.get(story.store.models[algorithm].sha256))
    session = ort.InferenceSession(artifacts.get(manifest["files"]["model.onnx"]["sha256"]))
    width = np.float64 if manifest["explainer"] == "linear" else np.float32
    (served,) = session.run(["scores"], {"x": np.array([ROW], dtype=width)})

    async with story.service():
        told = await story.predict(algorithm)

    output = manifest["classes"].index(told.prediction) if manifest["classes"] else 0
    assert tuple(told.feature_contributions) == FEATURES
    assert told.scale == manifest["scale"]
    assert abs(told.base_value + sum(told.feature_contributions.values()) - served[0, output]) <= PROMISED[algorithm]
    assert told.additivity_error <= PROMISED[algorithm]


@pytest.mark.parametrize("algorithm", ["RANDOM_FOREST", "XGBOOST", "LOGISTIC_REGRESSION"])
async def test_a_classifier_answers_its_likeliest_class_with_that_classs_probability(story: Story, algorithm: str) -> None:
    async with story.service():
        told = await story.predict(algorithm)

    assert told.probabilities is not None
    assert set(told.probabilities) == {"BUY", "HOLD", "SELL"}
    assert sum(told.probabilities.values()) == pytest.approx(1.0, abs=1e-6)
    assert told.probabilities[str(told.prediction)] == told.confidence == max(told.probabilities.values())
    assert told.value is None
    assert told.as_of is None
    assert not told.synthetic


async def test_a_regressor_answers_a_value_and_claims_no_confidence(story: Story) -> None:
    async with story.service():
        told = await story.predict("RIDGE")

    assert told.prediction == told.value
    assert told.scale == "value"
    assert told.confidence is None
    assert told.probabilities is None


async def test_the_answer_is_ready_json_just_as_the_contract_would_write_it(story: Story) -> None:
    async with story.service():
        body = await story.gateway.ask_bytes(story.an_ask(symbols=("AAPL", "MSFT"), rows=(ROW, None)), within=60)

    answer = Predictions.model_validate_json(body, strict=True)
    assert orjson.loads(body) == orjson.loads(answer.model_dump_json())
    # The gateway passes these bytes on: they are what its OpenAPI document and its client know.
    assert answers.Predictions.model_validate_json(body).model_dump_json(exclude_unset=True).encode() == body
    assert [each.symbol for each in answer.predictions] == ["AAPL", "MSFT"]
    assert answer.model_version == "1.0"


async def test_features_left_out_are_those_of_the_latest_candle_computed_as_for_training(story: Story) -> None:
    candles = Market(lake=None, synthetic_allowed=False).latest("MSFT", "1d")
    row = compute_features(candles, FEATURES)[-1]

    async with story.service():
        left_out = await story.predict(symbols=("MSFT",), rows=(None,))
        given = await story.predict(symbols=("MSFT",), rows=(tuple(row.tolist()),))

    assert left_out.feature_contributions == given.feature_contributions
    assert left_out.probabilities == given.probabilities
    assert left_out.as_of == datetime.fromtimestamp(int(candles.time[-1]) / 1e9, UTC)
    assert given.as_of is None


async def test_asks_that_come_together_are_answered_each_with_its_own(story: Story) -> None:
    rows = [tuple(value * (1 + place / 50) for value in ROW) for place in range(40)]

    async with story.service():
        alone = [await story.predict(algorithm, rows=(row,)) for algorithm in ("RANDOM_FOREST", "RIDGE") for row in rows[:5]]
        asks = [story.predict(algorithm, rows=(row,)) for algorithm in ("RANDOM_FOREST", "RIDGE") for row in rows]
        together = await asyncio.gather(*asks)

    assert [*together[:5], *together[40:45]] == alone
    assert story.metric("modelbourse_predictions_total") == 90
    assert story.metric("modelbourse_prediction_batch_seconds_count") == story.metric("modelbourse_prediction_batch_asks_count") > 0
    assert story.metric("modelbourse_explanations_missed_total", scale="probability") == 0


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"rows": (ROW[:3],)}, "features.AAPL", "5 values"),
        ({"rows": (ROW, ROW)}, "rows", "2 rows for 1 symbols"),
        ({"symbols": ("APPL",), "rows": (None,)}, "symbols", "AAPL"),
        ({"rows": (None,), "timeframe": "15m"}, "timeframe", "15m"),
    ],
    ids=["too few values", "too many rows", "a symbol mistyped", "no such candles"],
)
async def test_what_cannot_be_predicted_is_refused_by_name(story: Story, changes: dict[str, object], field: str, word: str) -> None:
    async with story.service():
        with pytest.raises(AskRefusedError) as refused:
            await story.ask(**changes)

    assert refused.value.kind is ErrorKind.INVALID
    assert word in " ".join(refused.value.details[field])


async def test_values_too_large_for_a_linear_model_are_refused_not_answered_with_nothing(story: Story) -> None:
    async with story.service():
        with pytest.raises(AskRefusedError) as refused:
            await story.ask("LOGISTIC_REGRESSION", rows=((1e308, -1e308, 1e308, -1e308, 1e308),))
        forest = await story.predict("RANDOM_FOREST", rows=((1e308, -1e308, 1e308, -1e308, 1e308),))

    assert refused.value.kind is ErrorKind.INVALID
    assert "finite" in refused.value.details["features.AAPL"][0]
    assert forest.additivity_error <= 1e-6  # To a tree such values are merely beyond every threshold.


@pytest.mark.parametrize("algorithm", ["LOGISTIC_REGRESSION", "RIDGE"])
async def test_a_linear_model_adds_up_at_extreme_values_relative_to_its_answer(story: Story, algorithm: str) -> None:
    async with story.service():
        told = await story.predict(algorithm, rows=(tuple(value * 1e12 for value in ROW),))

    served = told.base_value + sum(told.feature_contributions.values())
    assert told.additivity_error <= 1e-6 * abs(served)
    assert story.metric("modelbourse_explanations_missed_total", scale=told.scale) == 0


async def test_a_linear_model_is_held_to_a_millionth_in_log_odds_too(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    manifest = orjson.loads(artifacts.get(story.store.models["LOGISTIC_REGRESSION"].sha256))
    weights = LinearModel.from_bytes(artifacts.get(manifest["files"]["explain.npz"]["sha256"]))
    file = BytesIO()
    np.savez_compressed(file, coef=weights.coef, intercept=weights.intercept + 5e-6, mean=weights.mean)
    manifest["files"]["explain.npz"] = artifacts.put(file.getvalue()).model_dump()
    swapped = artifacts.put(orjson.dumps(manifest))

    async with story.service():
        told = await story.predict("LOGISTIC_REGRESSION", artifact=swapped.sha256)

    assert told.additivity_error == pytest.approx(5e-6, rel=1e-3)
    assert story.metric("modelbourse_explanations_missed_total", scale="log-odds") == 1


async def test_a_refused_ask_does_not_spoil_its_neighbours(story: Story) -> None:
    async with story.service():
        wrong, right = await asyncio.gather(story.ask(rows=(ROW[:2],)), story.ask(), return_exceptions=True)

    assert isinstance(wrong, AskRefusedError)
    assert isinstance(right, Predictions)


async def test_generated_candles_are_labelled_and_only_used_where_allowed(story: Story) -> None:
    async with story.service():
        with pytest.raises(AskRefusedError) as refused:
            await story.ask(symbols=("NIFTY50",), rows=(None,))
        told = await story.predict(symbols=("NIFTY50",), rows=(None,), synthetic_allowed=True)

    assert refused.value.kind is ErrorKind.INVALID
    assert told.synthetic
    assert told.as_of is not None


async def test_an_explanation_that_does_not_add_up_is_counted_and_told_truthfully(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    manifest = orjson.loads(artifacts.get(story.store.models["RANDOM_FOREST"].sha256))
    trees = TreeEnsemble.from_bytes(artifacts.get(manifest["files"]["explain.npz"]["sha256"]))
    other = artifacts.put(replace(trees, value=trees.value * 0.5).to_bytes())
    manifest["files"]["explain.npz"] = other.model_dump()
    swapped = artifacts.put(orjson.dumps(manifest))

    async with story.service():
        told = await story.predict(artifact=swapped.sha256)

    served = told.confidence or 0.0
    assert told.additivity_error == pytest.approx(abs(told.base_value + sum(told.feature_contributions.values()) - served), abs=1e-9)
    assert told.additivity_error > 0.01
    assert story.metric("modelbourse_explanations_missed_total", scale="probability") == 1
