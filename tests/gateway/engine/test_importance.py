"""The worth of a model's features: asked for, measured by a job, shown as measured last."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.importance import FeatureWorth, GroupWorth, ImportanceResult, ImportanceSpec
from libs.contracts.jobs import JobCompleted
from tests.faces.shapes import differences
from tests.gateway.engine.desk import DATASET, Engineer
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.registering import registered
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
AT = "2025-06-06T11:15:00Z"
QUEUED = {"job_id": "job_123456", "model_id": "model_123456", "status": "queued", "created_at": AT}
FEATURE = {"feature": "price_close", "importance": 0.35, "rank": 1}
SHOWN = {"model_id": "model_123456", "feature_importance": [FEATURE], "method": "shap", "created_at": AT}
RESULT = ImportanceResult(
    method="shap",
    unit="mean |SHAP value| of the output that is answered",
    features=(
        FeatureWorth(feature="rsi_14", importance=0.75, rank=1, worth=0.03, standard_error=0.002, group=None),
        FeatureWorth(feature="volume", importance=0.25, rank=2, worth=0.01, standard_error=0.001, group=0),
        FeatureWorth(feature="price_close", importance=0.0, rank=3, worth=0.0, standard_error=0.0, group=0),
    ),
    groups=(GroupWorth(features=("price_close", "volume"), worth=0.01, standard_error=0.001),),
    stability=0.9,
    stretches=((0.03, 0.01, 0.0),) * 5,
    rows=1000,
    seen_rows=None,
    start="2000-01-03",
    end="2012-12-31",
    synthetic=False,
    reasons={},
    run_card={"seed": 42},
)


@pytest_asyncio.fixture(loop_scope="session")
async def engineer(studio: World, ada: User) -> Engineer:
    return Engineer(studio, ada)


async def spec_of(world: World, job_id: str) -> ImportanceSpec:
    async def heard() -> bool:
        return job_id in world.training.job_requests

    await until(heard, what=f"the request of {job_id}")
    return ImportanceSpec.model_validate(world.training.job_requests[job_id].spec)


async def complete(world: World, job_id: str, result: ImportanceResult) -> None:
    event = JobCompleted(
        **world.training.of_job(job_id),
        started_at=STARTED,
        ended_at=STARTED + timedelta(minutes=1),
        compute_hours=Decimal("0.002"),
        spec={},
        result=result.model_dump(mode="json"),
        logs=(),
    )
    await world.training.bus.publish(event)


async def test_the_features_of_what_serves_are_measured_and_shown_as_measured_last(studio: World, engineer: Engineer, eve: User) -> None:
    model_id = await engineer.made()
    await engineer.trained(model_id)
    path = f"/{model_id}/feature-importance"
    body = {"method": "shap", "dataset_id": "packaged_MSFT_1d", "num_samples": 500}

    before = await engineer.call("GET", path)
    answer, again = await engineer.call("POST", path, body, key="worth"), await engineer.call("POST", path, body, key="worth")
    job_id = answer.json()["job_id"]
    spec = await spec_of(studio, job_id)
    await complete(studio, job_id, RESULT)

    async def shown() -> bool:
        return (await engineer.call("GET", path)).status_code == 200

    await until(shown, what="the features' worth")
    found = await engineer.get(path)

    assert (before.status_code, answer.status_code, again.json()["job_id"]) == (404, 202, job_id)
    assert list(differences(QUEUED, answer.json())) == []
    assert list(differences(SHOWN, found)) == []
    assert (spec.method, spec.num_samples, spec.version, spec.training.symbols) == ("shap", 500, "1.0", ("MSFT",))
    assert [each["feature"] for each in found["feature_importance"]] == ["rsi_14", "volume", "price_close"]
    assert (found["method"], found["job_id"], found["stability"], found["groups"][0]["worth"]) == ("shap", job_id, 0.9, 0.01)
    assert found["reasons"]["seen_rows"]
    for method in ("GET", "POST"):
        other = await eve.http.request(method, f"/v1/ai/models{path}", json=body if method == "POST" else None)
        assert other.status_code == 404


async def test_a_name_in_the_registry_means_its_version_whatever_serves(studio: World, engineer: Engineer) -> None:
    model_id = await engineer.made()
    await engineer.trained(model_id)
    user, body = engineer.user, {"dataset_id": "packaged_MSFT_1d"}
    await registered(user, "worth", model_id)
    await engineer.trained(model_id)

    named = await engineer.call("POST", "/worth@1/feature-importance", body)
    unknown = await engineer.call("POST", "/worht@1/feature-importance", body)

    assert (named.status_code, named.json()["model_id"]) == (202, model_id)
    assert (await spec_of(studio, named.json()["job_id"])).version == "1.0"
    assert (unknown.status_code, "Did you mean 'worth'" in unknown.json()["error"]["message"]) == (404, True)


async def test_what_cannot_be_measured_is_refused_by_name(engineer: Engineer) -> None:
    untrained, linear = await engineer.made(), await engineer.made(type="logistic_regression", parameters={})
    await engineer.trained(linear)
    path = f"/{linear}/feature-importance"

    async def refused(**changes: Any) -> dict[str, list[str]]:
        return await engineer.refused("POST", path, {"dataset_id": DATASET} | changes)

    assert await refused(method="shapp") == {"method": ["Unknown method 'shapp'. Did you mean 'shap'?"]}
    assert "gain is of models such as" in (await refused(method="gain"))["method"][0]
    assert "num_samples" in await refused(num_samples=3)
    assert "has 1h candles, and the model looks at 1d ones" in (await refused(dataset_id="packaged_EURUSD_1h"))["dataset_id"][0]
    assert (await engineer.call("POST", f"/{untrained}/feature-importance", {"dataset_id": DATASET})).status_code == 409
    assert (await engineer.call("POST", path, {"dataset_id": "dataset_01kab8m5v8ezfvzcr0s2k2h7qd"})).status_code == 404
