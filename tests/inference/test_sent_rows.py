"""Predictions of rows that were sent: the same as of candles, with intervals of any level."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson
import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.inference import Predict, Prediction, SentRows
from libs.contracts.outcomes import Came, ReadOutcomes
from libs.market.candles import Market
from tests.inference.conftest import FEATURES, ROW, Story

pytestmark = pytest.mark.asyncio


def sent(rows: int, *, columns: tuple[str, ...] = ("open", "high", "low", "close", "volume")) -> SentRows:
    """Return AAPL's newest candles, as somebody sends them."""
    candles = Market(lake=None, synthetic_allowed=False).latest("AAPL", "1d")
    times = tuple(datetime.fromtimestamp(int(at) / 1e9, UTC) for at in candles.time[-rows:])
    names = {name: name if name == "volume" else f"price_{name}" for name in columns}
    return SentRows(times=times, columns={names[name]: tuple(getattr(candles, name)[-rows:].tolist()) for name in columns})


async def asked(
    story: Story, algorithm: str, window: SentRows | None, *, level: float | None = 0.9, wanted: float | None = None
) -> Prediction:
    """Return the one prediction of a window, or of the latest candle where there is none."""
    ask = Predict(
        model_id="model_1",
        account_id="acc_1",
        version="1.0",
        artifact=story.store.models[algorithm].sha256,
        symbols=("AAPL",),
        rows=() if window else (None,),
        timeframe="1d",
        sent=window,
        interval_level=level,
        wanted_level=wanted,
    )
    return (await story.gateway.ask(ask, within=60)).predictions[0]


async def test_rows_that_are_sent_are_answered_as_the_candles_they_are(story: Story) -> None:
    async with story.service(), story.gateway.running():
        of_candles = await asked(story, "RIDGE", None)
        of_rows = await asked(story, "RIDGE", sent(1_500))
        given = SentRows(times=(datetime(2013, 1, 2, 21, tzinfo=UTC),), columns={n: (v,) for n, v in zip(FEATURES, ROW, strict=True)})
        of_features = await asked(story, "RANDOM_FOREST", given)
        window = await asked(story, "GRU", sent(1_500))
        same_window = await asked(story, "GRU", None)

    assert of_rows.value == pytest.approx(of_candles.value, rel=1e-5)
    assert of_rows.as_of == of_candles.as_of
    assert of_features.as_of == given.times[-1]
    assert window.probabilities == pytest.approx(same_window.probabilities, rel=1e-4)


async def test_an_interval_grows_with_its_level_and_classes_have_a_set(story: Story) -> None:
    async with story.service(), story.gateway.running():
        narrow, wide = [await asked(story, "RIDGE", None, level=level) for level in (0.5, 0.9)]
        beyond = await asked(story, "RIDGE", None, level=0.9999)
        # Outcomes have raised a level beyond what the rows can say: the widest interval that they can is told, with its level.
        raised = await asked(story, "RIDGE", None, level=0.9999, wanted=0.9)
        classes = await asked(story, "RANDOM_FOREST", None)
        unasked = await asked(story, "RIDGE", None, level=None)

    assert narrow.interval is not None
    assert wide.interval is not None
    assert wide.value is not None
    assert wide.interval.low < narrow.interval.low < wide.value < narrow.interval.high < wide.interval.high
    assert (wide.interval.level, wide.interval_method) == (0.9, "split_conformal")
    assert beyond.interval is None
    assert "too few" in beyond.reasons["interval"]
    assert raised.interval is not None
    assert wide.interval.level < raised.interval.level < 0.9999
    assert raised.interval.low < wide.interval.low
    assert classes.interval is None
    assert "prediction_set" in classes.reasons["interval"]
    assert classes.prediction_set
    assert (unasked.interval, unasked.interval_method, unasked.reasons.get("interval")) == (None, None, None)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (sent(30), "at least 50 are needed"),
        (sent(60, columns=("close",)), "cannot be computed without price_open, price_high, price_low, volume"),
    ],
)
async def test_rows_that_are_too_few_or_lack_something_say_what_is_needed(story: Story, window: Any, words: str) -> None:
    async with story.service(), story.gateway.running():
        with pytest.raises(AskRefusedError) as refused:
            await asked(story, "RIDGE", window)

    assert words in " ".join(refused.value.details["data.features"])


async def test_an_ask_that_cannot_be_computed_fails_alone(story: Story) -> None:
    window = sent(60)
    # Moments that nanoseconds since 1970 cannot tell: the edge refuses them, so here they are a mistake of ours.
    odd = window.model_copy(update={"times": tuple(at.replace(year=at.year + 300) for at in window.times)})
    async with story.service(), story.gateway.running():
        answers = await asyncio.gather(
            *(asked(story, algorithm, rows) for algorithm, rows in (("RIDGE", odd), ("RIDGE", window), ("RANDOM_FOREST", window))),
            return_exceptions=True,
        )

    assert isinstance(answers[0], AskRefusedError)
    assert [type(each) for each in answers[1:]] == [Prediction, Prediction]


async def test_what_is_kept_of_a_version_covers_what_came_later(story: Story) -> None:
    manifest = orjson.loads(Artifacts(story.store.url).get(story.store.models["RIDGE"].sha256))

    assert manifest["conformal"]["kind"] == "residual"
    assert np.all(np.diff(manifest["conformal"]["scores"]) >= 0)


async def test_what_came_is_told_by_the_labels_that_training_learns_from(story: Story) -> None:
    window = sent(4)
    closes = window.columns["price_close"]

    async def came(algorithm: str, target: str, moments: tuple[datetime, ...], *, horizon: int = 1) -> tuple[Came, ...]:
        artifact = story.store.models[algorithm].sha256
        ask = ReadOutcomes(artifact=artifact, symbol="AAPL", timeframe="1d", target=target, horizon=horizon, moments=moments)
        return (await story.gateway.ask(ask, within=60)).outcomes

    async with story.service(), story.gateway.running():
        prices = await came("RIDGE", "price_close_next_day", window.times)
        (change,) = await came("RIDGE", "forward_return", window.times[:1], horizon=2)
        (way,) = await came("RIDGE", "direction_next_day", window.times[:1])
        (signal,) = await came("RANDOM_FOREST", "signal_type", (datetime(2012, 6, 6, 12, tzinfo=UTC),), horizon=5)
        (sunday,) = await came("RIDGE", "forward_return", (datetime(2012, 6, 3, 12, tzinfo=UTC),))

    assert [each.value for each in prices] == [*closes[1:], None]
    assert [each.known_at for each in prices] == [*window.times[1:], None]
    assert not prices[-1].final
    assert change.value == pytest.approx(closes[2] / closes[0] - 1)
    assert way.value == ("BUY" if closes[1] > closes[0] else "SELL")
    assert signal.value in {"BUY", "HOLD", "SELL"}
    assert (sunday.value, sunday.final) == (None, True)


async def test_a_volume_that_the_source_does_not_know_is_no_outcome(story: Story) -> None:
    candles = Market(lake=None, synthetic_allowed=False).latest("BTC-USD", "15m")
    unknown = int(np.flatnonzero(candles.volume_unknown)[5])
    before = datetime.fromtimestamp(int(candles.time[unknown - 1]) / 1e9, UTC)
    ask = ReadOutcomes(
        artifact=story.store.models["RIDGE"].sha256,
        symbol="BTC-USD",
        timeframe="15m",
        target="volume_next_bar",
        horizon=1,
        moments=(before,),
    )

    async with story.service(), story.gateway.running():
        (came,) = (await story.gateway.ask(ask, within=60)).outcomes

    assert (came.value, came.final) == (None, True)
    assert "does not know the volume" in str(came.reason)
