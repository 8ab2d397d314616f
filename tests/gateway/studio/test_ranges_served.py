"""Explanations and batch predictions of a real model by the real inference service: the same numbers as predict gives, through one door."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from libs.chassis.bus.memory import MemoryBus
from libs.chassis.process import open_chassis
from libs.contracts.training import ModelType, TrainingSpec
from libs.market.candles import Market
from libs.quant.features import compute_features
from services.inference.app import running
from services.inference.settings import Settings
from services.training.learners.train import train
from tests.conftest import NewFolder
from tests.gateway.studio.world import STUDIO, Places, User, world
from tests.inference.conftest import FEATURES, NoCheckpoints

pytestmark = pytest.mark.asyncio(loop_scope="session")
SYMBOLS = ("AAPL", "MSFT", "IBM", "GOOG")
YEAR = {"start_date": "2012-01-01", "end_date": "2012-12-31"}
MARKET = Market(lake=None, synthetic_allowed=False)


@dataclass(frozen=True)
class Owner:
    """A user and a forest that was really trained."""

    user: User
    path: str

    async def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = await self.user.call(method, f"{self.path}/{path}", body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def owner(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[Owner]:
    places = Places(mongo_url, redis_url, new_folder())
    async with world(places, gateways=1) as studio:
        settings = Settings(**replace(places, namespace=studio.settings.namespace).settings())
        bus = MemoryBus(studio.broker, service="inference", instance="inference-1")
        async with open_chassis("inference", settings=settings, bus=bus) as chassis, running(settings, chassis):
            user = await studio.user()
            model_id = await user.make_model(features=list(FEATURES))
            model = await user.get(f"/models/{model_id}/")
            named = ("algorithm", "target_variable", "features", "hyperparameters", "training_config")
            spec = TrainingSpec(model_type=ModelType.CLASSIFICATION, **{name: model[name] for name in named})
            made = train(
                spec,
                job_id="job_1",
                model_name="Momentum",
                version="1.0",
                artifacts=chassis.artifacts,
                market=MARKET,
                report=lambda _: None,
                checkpoints=NoCheckpoints(),
                pictures=False,
            )
            job_id = await user.train(model_id)
            await studio.training.complete(job_id, artifact=made.artifact, result=made.result)
            await user.job_is(job_id, "COMPLETED")
            yield Owner(user, f"/models/{model_id}")


async def test_each_day_is_what_predict_says_of_the_features_that_were_known_then(owner: Owner) -> None:
    days = {"start_date": "2012-06-01", "end_date": "2012-06-15"}
    told = await owner.ask("POST", "batch-predict/", {"symbols": ["AAPL"], **days, "include_shap": True})

    for row in told["predictions"]:
        known = MARKET.candles("AAPL", "1d", end=date.fromisoformat(row["date"]))
        values = compute_features(known, FEATURES)[-1].tolist()
        given = {"symbols": ["AAPL"], "features": {"AAPL": dict(zip(FEATURES, values, strict=True))}}
        (alone,) = (await owner.ask("POST", "predict/", given))["predictions"]
        for name in ("prediction", "confidence", "probabilities", "value", "base_value", "scale", "quality"):
            assert row[name] == alone[name], name
        assert row["feature_contributions"] == pytest.approx(alone["feature_contributions"], abs=1e-14)
        assert alone["model_age_days"] == pytest.approx(told["model_age_days"], abs=0.01)
        assert "quality" not in alone["reasons"]
    assert told["model_age_days"] > 0
    assert {row["quality"] is None for row in told["predictions"]} == {False}
    assert told["count"] == len(told["predictions"]) == 11


async def test_the_newest_explanation_is_that_of_the_latest_prediction(owner: Owner) -> None:
    explained = await owner.ask("GET", "explain/")
    predicted = await owner.ask("POST", "predict/", {"symbols": ["AAPL", "MSFT"]})

    newest = {row["symbol"]: row for row in explained["explanations"]}
    assert explained["count"] == 60
    for alone in predicted["predictions"]:
        row = newest[alone["symbol"]]
        assert (row["timestamp"], row["prediction"], row["prediction_value"]) == (alone["as_of"], alone["prediction"], alone["confidence"])
        assert row["shap_values"] == pytest.approx(alone["feature_contributions"], abs=1e-14)


async def test_a_year_of_symbols_adds_up_and_comes_the_same_line_by_line(owner: Owner) -> None:
    query = f"symbols={','.join(SYMBOLS)}&start_date={YEAR['start_date']}&end_date={YEAR['end_date']}"
    told = await owner.ask("GET", f"explain/?{query}")
    address = f"{STUDIO}{owner.path}/explain/?{query}"
    *rows, last = (await owner.user.http.get(address, headers={"Accept": "application/x-ndjson"})).text.splitlines()

    assert [json.loads(row) for row in rows] == told["explanations"]
    assert json.loads(last)["summary"]["feature_importance_global"] == told["feature_importance_global"]
    for row in told["explanations"]:
        error = abs(row["base_value"] + sum(row["shap_values"].values()) - row["prediction_value"])
        assert error <= 1e-6
        assert row["additivity_error"] == pytest.approx(error, abs=1e-12)
    means = {name: sum(abs(row["shap_values"][name]) for row in told["explanations"]) for name in FEATURES}
    assert told["feature_importance_global"] == pytest.approx({name: mean / sum(means.values()) for name, mean in means.items()})
    assert told["count"] == 250 * len(SYMBOLS)
    assert {each["symbol"]: each["count"] for each in told["skipped"]} == dict.fromkeys(SYMBOLS, 366 - 250)
