"""A version whose probabilities are calibrated: what it answers, in predictions and over days."""

from datetime import date

import numpy as np
import orjson
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.quant.calibration_maps import Calibration, Sigmoid
from tests.inference.conftest import Story
from tests.inference.test_ranges import whole

# BUY never comes true, whatever is said of it; the others are left as they are.
NEVER_BUY = Calibration("platt", 800, (Sigmoid(-1.0, 9.0), Sigmoid(-1.0, 0.0), Sigmoid(-1.0, 0.0)))


def calibrated(story: Story, algorithm: str) -> str:
    """Return a version like the usual one, calibrated by `NEVER_BUY` in the order of its classes."""
    artifacts = Artifacts(story.store.url)
    manifest = orjson.loads(artifacts.get(story.store.models[algorithm].sha256))
    maps = NEVER_BUY.to_json()["maps"]
    others = iter(maps[1:])
    told = NEVER_BUY.to_json() | {"maps": [maps[0] if name == "BUY" else next(others) for name in manifest["classes"]]}
    return artifacts.put(orjson.dumps(manifest | {"format": "modelbourse-model/3", "calibration": told})).sha256


@pytest.mark.parametrize("algorithm", ["RANDOM_FOREST", "XGBOOST"])
async def test_it_answers_the_likeliest_class_once_calibrated_and_explains_the_score_from_before(story: Story, algorithm: str) -> None:
    artifact = calibrated(story, algorithm)

    async with story.service():
        plain, told = await story.predict(algorithm), await story.predict(algorithm, artifact=artifact, interval_level=0.9)

    assert plain.probabilities is not None
    assert told.probabilities is not None
    assert (plain.calibration, told.calibration) == (None, "platt")
    assert told.probabilities["BUY"] < plain.probabilities["BUY"] / 100
    assert sum(told.probabilities.values()) == pytest.approx(1)
    # The others keep their odds between them.
    odds = plain.probabilities["SELL"] / plain.probabilities["HOLD"]
    assert told.probabilities["SELL"] / told.probabilities["HOLD"] == pytest.approx(odds, rel=1e-4)
    assert told.prediction == max(told.probabilities, key=told.probabilities.__getitem__)
    assert told.confidence == told.probabilities[str(told.prediction)]
    assert told.additivity_error < 1e-4
    assert told.prediction_set is not None
    if told.scale == "probability":
        assert told.base_value + sum(told.feature_contributions.values()) == pytest.approx(
            plain.probabilities[str(told.prediction)], abs=1e-4
        )


async def test_days_are_answered_alike_and_say_so(story: Story) -> None:
    days = {"start": date(2012, 1, 3), "end": date(2012, 6, 29)}

    async with story.service():
        rows, pages = await whole(story, artifact=calibrated(story, "RANDOM_FOREST"), **days)
        plain, plain_pages = await whole(story, **days)

    assert {page.calibration for page in pages} == {"platt"}
    assert {page.calibration for page in plain_pages} == {None}
    assert "BUY" in {row.prediction for row in plain}
    assert "BUY" not in {row.prediction for row in rows}
    for row in rows:
        assert row.probabilities is not None
        assert row.prediction == max(row.probabilities, key=row.probabilities.__getitem__)
        assert row.contributions is not None
        assert row.base_value is not None
        assert row.base_value + np.sum(row.contributions) == pytest.approx(row.output, abs=1e-6)
