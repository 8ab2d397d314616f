"""Models on windows of candles through the front door: single predictions, given features, ranges, and what is refused."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import orjson
import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind
from libs.chassis.stores.artifacts import Artifacts
from libs.market.candles import Market
from libs.quant.features import compute_features
from libs.quant.onnx_runtime import onnxruntime as ort
from tests.inference.conftest import FEATURES, ROW, WINDOWED, Story
from tests.inference.test_ranges import ask, whole

PROMISED = 1e-6
# An ensemble is one network to whoever asks it, as the others are.
EACH = pytest.mark.parametrize("algorithm", ["LSTM", "GRU", pytest.param("ENSEMBLE", marks=pytest.mark.soak)])


def table(symbol: str = "AAPL", **days: Any) -> tuple[Any, Any]:
    candles = Market(lake=None, synthetic_allowed=False).candles(symbol, "1d", **days)
    return candles, compute_features(candles, FEATURES)


def served(story: Story, algorithm: str, window: Any) -> Any:
    """What the model's own file answers."""
    artifacts = Artifacts(story.store.url)
    manifest = orjson.loads(artifacts.get(story.store.models[algorithm].sha256))
    session = ort.InferenceSession(artifacts.get(manifest["files"]["model.onnx"]["sha256"]))
    assert manifest["inputs"] == {"x": "window"}
    assert manifest["sequence_length"] == WINDOWED[algorithm]["sequence_length"]
    return session.run(["scores"], {"x": window[None]})[0][0]


@EACH
async def test_a_prediction_rests_on_the_latest_window_and_is_explained_feature_by_feature(story: Story, algorithm: str) -> None:
    candles, features = table()
    scores = served(story, algorithm, features[-WINDOWED[algorithm]["sequence_length"] :])

    async with story.service():
        told = await story.predict(algorithm, rows=(None,))

    assert told.probabilities is not None
    assert list(told.probabilities.values()) == pytest.approx((np.exp(scores) / np.exp(scores).sum()).tolist(), abs=1e-6)
    assert tuple(told.feature_contributions) == FEATURES
    assert all(value != 0 for value in told.feature_contributions.values())
    assert told.base_value + sum(told.feature_contributions.values()) == pytest.approx(max(scores.tolist()), abs=PROMISED)
    assert told.additivity_error <= PROMISED
    assert told.scale == "log-odds"
    assert told.as_of == datetime.fromtimestamp(int(candles.time[-1]) / 1e9, UTC)


@EACH
async def test_given_features_stand_for_the_latest_candle_and_the_rest_comes_from_candles(story: Story, algorithm: str) -> None:
    _, features = table()
    window = features[-WINDOWED[algorithm]["sequence_length"] :].copy()
    window[-1] = ROW
    scores = served(story, algorithm, window)

    async with story.service():
        told = await story.predict(algorithm)
        same = await story.predict(algorithm, rows=(tuple(features[-1].tolist()),))
        latest = await story.predict(algorithm, rows=(None,))

    assert told.base_value + sum(told.feature_contributions.values()) == pytest.approx(max(scores.tolist()), abs=PROMISED)
    assert told.as_of is None
    assert same.probabilities == latest.probabilities
    assert told.probabilities != latest.probabilities


@EACH
async def test_a_day_of_a_range_rests_on_the_window_that_ends_there_and_nothing_after_it(story: Story, algorithm: str) -> None:
    async with story.service():
        told = await ask(story, algorithm, start=date(2012, 12, 3), end=date(2012, 12, 7), interactions=True)

    assert "network" in told.reasons["interactions"]
    assert [row.day.day for row in told.predictions] == [3, 4, 5, 6, 7]
    for row in told.predictions:
        _, known = table(end=row.day)  # What comes after the day is not there at all.
        scores = served(story, algorithm, known[-WINDOWED[algorithm]["sequence_length"] :])
        assert row.output == pytest.approx(max(scores.tolist()), abs=PROMISED)
        assert row.interactions is None
        assert row.contributions is not None
        assert row.base_value is not None
        assert row.base_value + sum(row.contributions) == pytest.approx(row.output, abs=PROMISED)
        assert row.additivity_error is not None
        assert row.additivity_error <= PROMISED


async def test_the_first_candles_with_all_features_end_no_window_and_are_counted_with_their_reason(story: Story) -> None:
    candles, features = table()
    ready = int(np.isfinite(features).all(axis=1).sum())

    async with story.service():
        rows, pages = await whole(story, algorithm="LSTM", start=date(2000, 1, 1), end=date(2012, 12, 31), explain=False)

    known = candles.part(0, int(np.searchsorted(candles.time, int(datetime(2013, 1, 2, tzinfo=UTC).timestamp() * 1e9))))
    beyond = len(candles) - len(known)
    assert len(rows) == ready - beyond - 9
    skipped = {each.reason: each.count for each in pages[0].skipped}
    assert skipped["There are too few candles in a row before for a window of 10."] == 9


async def test_asks_of_several_symbols_given_and_not_are_answered_each_with_its_own(story: Story) -> None:
    async with story.service():
        told = await story.ask("LSTM", symbols=("AAPL", "MSFT"), rows=(ROW, None))
        alone = [await story.predict("LSTM"), await story.predict("LSTM", symbols=("MSFT",), rows=(None,))]

    assert [each.symbol for each in told.predictions] == ["AAPL", "MSFT"]
    for each, own in zip(told.predictions, alone, strict=True):
        assert each.probabilities == {name: pytest.approx(chance, abs=1e-6) for name, chance in (own.probabilities or {}).items()}


async def test_a_symbol_without_candles_is_refused_with_features_too_and_told_why(story: Story) -> None:
    async with story.service():
        with pytest.raises(AskRefusedError) as refused:
            await story.ask("LSTM", symbols=("NIFTY50",), rows=(ROW,))
        generated = await story.predict("LSTM", symbols=("NIFTY50",), rows=(ROW,), synthetic_allowed=True)

    assert refused.value.kind is ErrorKind.INVALID
    (words,) = refused.value.details["features.NIFTY50"]
    assert "windows of 10 candles" in words
    assert generated.synthetic


async def test_too_few_values_for_a_window_are_refused_by_name(story: Story) -> None:
    async with story.service():
        with pytest.raises(AskRefusedError) as refused:
            await story.ask("LSTM", rows=(ROW[:3],))

    assert refused.value.details == {"features.AAPL": ["Must have 5 values."]}
