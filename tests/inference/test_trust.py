"""How far a prediction can be trusted, said beside it; and the answer of a model that abstains."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import orjson
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import now
from libs.market.candles import Market
from libs.quant.features import compute_features
from libs.quant.novelty import Novelty
from services.inference.domain.abstaining import MADE_AT_UNKNOWN, NO_AGE, NO_QUALITY, NOT_MEASURED, PAST_DAYS, AbstainRule
from tests.inference.conftest import FEATURES, ROW, Story
from tests.inference.test_ranges import ask, whole

USUAL = (54.0, 0.01, 0.6, 0.9, 1.04)
STRANGE = (1.0, 40.0, -6.0, 90.0, 3.0)


def novelty_of(story: Story, algorithm: str) -> Novelty:
    artifacts = Artifacts(story.store.url)
    manifest = orjson.loads(artifacts.get(story.store.models[algorithm].sha256))
    return Novelty.from_bytes(artifacts.get(manifest["files"]["novelty.npz"]["sha256"]))


def abstaining(story: Story, algorithm: str = "RANDOM_FOREST", *, measured: bool = True, **rule: Any) -> str:
    """Return a version like the usual one that abstains by this rule; one that is not `measured` is of before there was quality."""
    artifacts = Artifacts(story.store.url)
    manifest = orjson.loads(artifacts.get(story.store.models[algorithm].sha256))
    manifest["training_config"]["abstain_when"] = rule or None
    if not measured:
        del manifest["files"]["novelty.npz"]
    return artifacts.put(orjson.dumps(manifest)).sha256


@pytest.mark.parametrize("algorithm", ["RANDOM_FOREST", "RIDGE", "GRU"])
async def test_a_prediction_says_how_unusual_its_row_is_of_windows_the_newest_candles(story: Story, algorithm: str) -> None:
    latest = compute_features(Market(lake=None, synthetic_allowed=False).latest("AAPL", "1d"), FEATURES)[-1]
    novelty = novelty_of(story, algorithm)

    async with story.service():
        usual, given, strange = [await story.predict(algorithm, rows=(row,)) for row in (None, ROW, STRANGE)]

    assert [usual.quality, given.quality] == novelty.quality(np.array([latest, ROW])).tolist()
    assert 0 < (usual.quality or 0) < 1
    assert strange.quality == 0.0
    assert strange.abstained is None  # Nobody has asked for that.
    assert "quality" not in strange.reasons


async def test_the_candles_that_it_was_trained_on_are_as_unusual_as_each_other(story: Story) -> None:
    async with story.service():
        rows, _ = await whole(story, start=date(2000, 3, 1), end=date(2013, 3, 1), explain=False)

    learned = np.sort([row.quality or 0.0 for row in rows if row.in_sample])
    assert np.abs(learned - np.arange(1, len(learned) + 1) / len(learned)).max() <= 0.01
    assert len(learned) > 2000


async def test_the_age_of_the_version_is_counted_from_when_it_was_made(story: Story) -> None:
    async with story.service():
        told, silent = await story.predict(made_at=now() - timedelta(days=36.5)), await story.predict()

    assert told.model_age_days == pytest.approx(36.5, abs=0.01)
    assert (silent.model_age_days, silent.reasons["model_age_days"]) == (None, MADE_AT_UNKNOWN)


async def test_a_model_abstains_from_a_row_that_is_too_unusual_and_shows_what_it_rests_on(story: Story) -> None:
    artifact = abstaining(story, quality_below=0.02)

    async with story.service():
        plain = await story.predict(rows=(STRANGE,))
        told = await story.ask(artifact=artifact, symbols=("AAPL", "MSFT"), rows=(STRANGE, USUAL))

    withheld, answered = told.predictions
    assert (withheld.prediction, withheld.confidence, withheld.value) == ("ABSTAIN", None, None)
    assert withheld.abstained is not None
    assert (withheld.abstained.rule, withheld.abstained.would_have_been) == ("quality_below", plain.prediction)
    assert "quality is 0, below 0.02" in withheld.abstained.reason
    assert withheld.probabilities == plain.probabilities
    assert withheld.feature_contributions == pytest.approx(plain.feature_contributions)
    assert answered.abstained is None
    assert answered.prediction in {"BUY", "HOLD", "SELL"}
    logged = await story.database["predictions"].find({"prediction": "ABSTAIN"}).to_list(None)
    assert [(each["symbol"], each["confidence"]) for each in logged] == [("AAPL", None)]


async def test_a_value_that_is_withheld_is_null(story: Story) -> None:
    async with story.service():
        told = await story.predict("RIDGE", artifact=abstaining(story, "RIDGE", quality_below=0.02), rows=(STRANGE,))

    assert (told.prediction, told.value) == ("ABSTAIN", None)
    assert told.abstained is not None
    assert told.abstained.would_have_been == pytest.approx(told.base_value + sum(told.feature_contributions.values()), rel=1e-6)


async def test_a_model_abstains_from_candles_that_are_too_old(story: Story) -> None:
    never, always = abstaining(story, age_bars_above=10**6), abstaining(story, quality_below=1e-9, age_bars_above=5)

    async with story.service():
        answered, withheld = [await story.predict(artifact=each, rows=(None,)) for each in (never, always)]

    assert answered.abstained is None
    assert withheld.abstained is not None
    assert (withheld.prediction, withheld.abstained.rule) == ("ABSTAIN", "age_bars_above")
    assert withheld.abstained.reason == f"The candle that it rests on is {withheld.age_bars} bars old, more than 5."
    assert withheld.abstained.would_have_been == answered.prediction


async def test_in_a_range_it_abstains_as_it_would_have_then_and_never_for_age(story: Story) -> None:
    artifact = abstaining(story, quality_below=0.05, age_bars_above=0)
    span = {"start": date(2008, 9, 1), "end": date(2009, 3, 31)}

    async with story.service():
        plain, told = await ask(story, **span), await ask(story, artifact=artifact, **span)

    assert told.reasons == {"abstained": PAST_DAYS}
    assert 0 < sum(row.prediction == "ABSTAIN" for row in told.predictions) < len(told.predictions)
    for row, before in zip(told.predictions, plain.predictions, strict=True):
        assert row.quality == before.quality
        assert row.quality is not None
        if row.quality < 0.05:
            assert row.abstained is not None
            assert (row.prediction, row.confidence, row.abstained.would_have_been) == ("ABSTAIN", None, before.prediction)
        else:
            assert row == before


async def test_what_is_not_known_withholds_nothing_and_says_why(story: Story) -> None:
    older = abstaining(story, measured=False)
    asking = abstaining(story, measured=False, quality_below=1.0)
    aged = abstaining(story, age_bars_above=0)

    async with story.service():
        plain, unmeasured, given = [await story.predict(artifact=each) for each in (older, asking, aged)]
        days = await ask(story, artifact=older, start=date(2012, 12, 3), end=date(2012, 12, 4))

    assert (plain.quality, plain.reasons["quality"]) == (None, NOT_MEASURED)
    assert (unmeasured.abstained, unmeasured.reasons["abstained"]) == (None, NO_QUALITY)
    assert (given.abstained, given.reasons["abstained"]) == (None, NO_AGE)
    assert ({row.quality for row in days.predictions}, days.reasons) == ({None}, {"quality": NOT_MEASURED})


@pytest.mark.parametrize(
    ("quality", "age_bars", "rule"),
    [
        (0.019, 0, "quality_below"),
        (0.02, 5, None),
        (0.5, 6, "age_bars_above"),
        (None, None, None),
        (0.0, 9, "quality_below"),
        (None, 6, "age_bars_above"),
    ],
)
def test_either_part_of_the_rule_is_enough(quality: float | None, age_bars: int | None, rule: str | None) -> None:
    applied = AbstainRule(quality_below=0.02, age_bars_above=5).applied(quality=quality, age_bars=age_bars)

    assert (applied[0] if applied else None) == rule
