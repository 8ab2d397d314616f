"""A symbol predicted and explained at every candle of some days: the same numbers as one by one, a page at a time."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import numpy as np
import orjson
import pytest

from libs.chassis.bus.port import LARGEST_BODY, AskRefusedError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.example_predictions import CANDLE_PREDICTION
from libs.contracts.inference import CandlePrediction, PredictRange, RangePredictions
from libs.market.candles import Market
from libs.quant.features import compute_features
from libs.quant.linear import LinearModel
from services.inference.usecases.predict_range import NO_CANDLE, NOT_FINITE, PAGE, PAGE_INTERACTIONS, rows_carried
from tests.inference.conftest import FEATURES, SMALL, Story
from tests.inference.test_predicting import PROMISED

DECEMBER = {"start": date(2012, 12, 3), "end": date(2012, 12, 14)}


def an_ask(story: Story, algorithm: str = "RANDOM_FOREST", **changes: Any) -> PredictRange:
    given = story.an_ask(algorithm).model_dump(include={"model_id", "account_id", "version", "artifact", "timeframe"})
    return PredictRange.model_validate(given | {"symbol": "AAPL", "start": None, "end": None, "last": 30, "explain": True} | changes)


async def ask(story: Story, algorithm: str = "RANDOM_FOREST", **changes: Any) -> RangePredictions:
    reply = await story.gateway.ask(an_ask(story, algorithm, **changes), within=60)
    assert isinstance(reply, RangePredictions)
    return reply


async def whole(story: Story, **changes: Any) -> tuple[list[CandlePrediction], list[RangePredictions]]:
    """Return all rows of a range, and the pages that they came on."""
    pages = [await ask(story, **changes)]
    while pages[-1].next_after is not None:
        pages.append(await ask(story, **changes, after=pages[-1].next_after))
    return [row for page in pages for row in page.predictions], pages


@pytest.mark.parametrize("algorithm", SMALL)
async def test_a_day_is_predicted_and_explained_as_on_its_own_from_what_was_known_then(story: Story, algorithm: str) -> None:
    market = Market(lake=None, synthetic_allowed=False)

    async with story.service():
        told = await ask(story, algorithm, **DECEMBER)
        for row in told.predictions:
            known = market.candles("AAPL", "1d", end=row.day)  # What comes after the day is not there at all.
            features = compute_features(known, FEATURES)[-1]
            alone = await story.predict(algorithm, rows=(tuple(features.tolist()),))
            assert int(row.as_of.timestamp()) * 10**9 == known.time[-1]
            assert (row.prediction, row.confidence, row.probabilities, row.value) == (
                alone.prediction,
                alone.confidence,
                alone.probabilities,
                alone.value,
            )
            assert (row.base_value, told.scale) == (alone.base_value, alone.scale)
            # Many rows are summed in another order than one.
            assert row.contributions == pytest.approx(list(alone.feature_contributions.values()), abs=1e-14)

    assert [row.day.day for row in told.predictions] == [3, 4, 5, 6, 7, 10, 11, 12, 13, 14]
    assert told.features == FEATURES


@pytest.mark.parametrize("algorithm", SMALL)
async def test_every_explanation_adds_up_to_the_output_that_was_served(story: Story, algorithm: str) -> None:
    async with story.service():
        rows, (told, *_) = await whole(story, algorithm=algorithm, start=date(2011, 1, 1), end=date(2011, 12, 31))

    for row in rows:
        assert row.contributions is not None
        assert row.base_value is not None
        assert row.additivity_error is not None
        error = abs(row.base_value + sum(row.contributions) - row.output)
        assert error <= PROMISED[algorithm]
        assert row.additivity_error == pytest.approx(error, abs=1e-12)
        if told.scale == "probability":
            assert row.output == row.confidence
    assert story.metric("modelbourse_explanations_missed_total", scale=told.scale) == 0
    assert story.metric("modelbourse_predictions_total") == len(rows) == 252


@pytest.mark.parametrize("algorithm", SMALL)
async def test_interactions_are_parts_of_the_contributions_and_add_up_to_the_output(story: Story, algorithm: str) -> None:
    async with story.service():
        told = await ask(story, algorithm, **DECEMBER, interactions=True)
        plain = await ask(story, algorithm, **DECEMBER)

    assert plain.predictions[0].interactions is None
    for row, same in zip(told.predictions, plain.predictions, strict=True):
        assert row.contributions == pytest.approx(same.contributions, abs=1e-12)
        assert row.interactions is not None
        matrix = np.zeros((len(FEATURES), len(FEATURES)))
        matrix[np.triu_indices(len(FEATURES))] = row.interactions
        matrix += np.triu(matrix, 1).T
        assert matrix.sum(axis=1) == pytest.approx(row.contributions, abs=1e-12)
        assert row.base_value is not None
        assert row.interactions_error == pytest.approx(abs(row.base_value + matrix.sum() - row.output), abs=1e-12)
        assert row.interactions_error <= PROMISED[algorithm]


async def test_candles_that_the_version_was_trained_on_say_so(story: Story) -> None:
    span = {"start": date(2010, 1, 1), "end": date(2011, 12, 31)}

    async with story.service():
        rows, _ = await whole(story, **span)
        others = await ask(story, symbol="MSFT", **DECEMBER)

    told = [row.in_sample for row in rows]
    edge = told.index(False)
    # Up to a horizon before the cut, at four fifths of AAPL's candles; whatever comes later it has not seen.
    assert set(told[:edge]) == {True}
    assert set(told[edge:]) == {False}
    assert rows[edge].day.isoformat().startswith("2010-0")
    assert {row.in_sample for row in others.predictions} == {False}


async def test_a_version_that_does_not_say_what_it_was_trained_on_leaves_that_open(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    manifest = orjson.loads(artifacts.get(story.store.models["RANDOM_FOREST"].sha256))
    del manifest["learned"]
    older = artifacts.put(orjson.dumps(manifest))

    async with story.service():
        told = await ask(story, artifact=older.sha256, **DECEMBER)

    assert {row.in_sample for row in told.predictions} == {None}


async def test_a_long_range_comes_in_pages_without_a_gap_or_a_repetition(story: Story) -> None:
    days = {"start": date(2007, 1, 1), "end": date(2011, 12, 31)}
    candles = Market(lake=None, synthetic_allowed=False).candles("AAPL", "1d", **days)

    async with story.service():
        rows, pages = await whole(story, **days, explain=False)

    assert [len(page.predictions) for page in pages] == [PAGE, PAGE, PAGE, len(candles) - 3 * PAGE]
    assert [int(row.as_of.timestamp()) * 10**9 for row in rows] == candles.time.tolist()
    assert [bool(page.skipped) for page in pages] == [True, False, False, False]


async def test_the_last_candles_are_those_of_the_latest_prediction(story: Story) -> None:
    async with story.service():
        told = await ask(story, last=30)
        alone = await story.predict(rows=(None,))
        upto = await ask(story, last=3, end=date(2012, 12, 16))

    assert len(told.predictions) == 30
    assert told.predictions[-1].as_of == alone.as_of
    assert told.predictions[-1].probabilities == alone.probabilities
    assert [row.day for row in upto.predictions] == [date(2012, 12, 12), date(2012, 12, 13), date(2012, 12, 14)]


async def test_contributions_are_left_out_where_nobody_asked_for_them(story: Story) -> None:
    async with story.service():
        bare, full = await ask(story, **DECEMBER, explain=False), await ask(story, **DECEMBER)

    nothing = {"contributions": None, "base_value": None, "additivity_error": None}
    assert [row.model_copy(update=nothing) for row in full.predictions] == list(bare.predictions)


async def test_days_without_a_candle_or_without_enough_before_them_are_left_out_and_counted(story: Story) -> None:
    async with story.service():
        first = await ask(story, start=date(2000, 2, 28), end=date(2000, 6, 30))
        weekend = await ask(story, start=date(2012, 12, 15), end=date(2012, 12, 16))

    candles = Market(lake=None, synthetic_allowed=False).candles("AAPL", "1d", end=date(2000, 6, 30))
    counts = {each.reason: each.count for each in first.skipped}
    days = (date(2000, 6, 30) - date(2000, 2, 28)).days + 1
    assert counts.pop(NO_CANDLE) == days - len(candles)
    assert sum(counts.values()) + len(first.predictions) == len(candles)
    assert any("price_ma_50_ratio" in reason for reason in counts)
    assert first.predictions[0].as_of == datetime.fromtimestamp(int(candles.time[sum(counts.values())]) / 1e9, UTC)
    assert weekend.predictions == ()
    assert {each.reason: each.count for each in weekend.skipped} == {NO_CANDLE: 2}


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")  # when the model is warmed up
async def test_an_answer_that_is_no_number_is_left_out_and_counted(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    manifest = orjson.loads(artifacts.get(story.store.models["RIDGE"].sha256))
    linear = LinearModel.from_bytes(artifacts.get(manifest["files"]["explain.npz"]["sha256"]))
    beyond = BytesIO()
    np.savez(beyond, coef=np.full_like(linear.coef, 1e308), intercept=linear.intercept, mean=linear.mean)
    other = artifacts.put(beyond.getvalue())
    manifest["files"]["explain.npz"] = other.model_dump()
    swapped = artifacts.put(orjson.dumps(manifest))

    async with story.service():
        told = await ask(story, "RIDGE", artifact=swapped.sha256, start=date(2012, 12, 3), end=date(2012, 12, 7))

    counts = {each.reason: each.count for each in told.skipped}
    assert 0 < counts[NOT_FINITE] <= 5
    assert len(told.predictions) + counts[NOT_FINITE] == 5


async def test_a_symbol_is_refused_as_a_prediction_refuses_it_and_generated_candles_are_labelled(story: Story) -> None:
    async with story.service():
        for symbol in ("APPL", "NIFTY50"):
            with pytest.raises(AskRefusedError) as ranged:
                await ask(story, symbol=symbol)
            with pytest.raises(AskRefusedError) as single:
                await story.ask(symbols=(symbol,), rows=(None,))
            assert ranged.value.details == single.value.details
        generated = await ask(story, symbol="NIFTY50", synthetic_allowed=True)

    assert generated.synthetic
    assert len(generated.predictions) == 30


async def test_ranges_are_not_logged_as_predictions_of_their_moment(story: Story) -> None:
    async with story.service():
        await ask(story, **DECEMBER)

    assert await story.database["predictions"].count_documents({}) == 0


def test_the_largest_page_fits_on_the_bus() -> None:
    most = CANDLE_PREDICTION.model_copy(update={"contributions": (-1.2345678901234567e-100,) * 50})
    features = tuple("x" * 80 for _ in range(50))

    page = RangePredictions(
        features=features, scale="probability", synthetic=False, predictions=(most,) * rows_carried(50), skipped=(), next_after=most.as_of
    )

    triangle = (-1.2345678901234567e-100,) * (50 * 51 // 2)
    paired = page.model_copy(
        update={"predictions": (most.model_copy(update={"interactions": triangle}),) * (PAGE_INTERACTIONS // len(triangle))}
    )

    assert len(page.model_dump_json()) < LARGEST_BODY * 0.6
    assert len(paired.model_dump_json()) < LARGEST_BODY * 0.6
