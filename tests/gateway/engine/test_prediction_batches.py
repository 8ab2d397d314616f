"""Batches of predictions: a dataset in, a Parquet file out, as a job."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from libs.chassis.errors import InvalidError
from libs.contracts.batches import FILE, PredictBatchResult, PredictBatchSpec
from libs.contracts.jobs import JobCompleted
from libs.market.own import NOTHING
from modelbourse.engine import batches
from modelbourse.errors import ConflictError
from services.gateway.domain.predictions.batch import check_batch
from tests.gateway.engine.desk import Engineer
from tests.gateway.studio.client_stage import Stage
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH: Final = "/v1/ai/predictions/batch"
CONTENT: Final = b"PAR1 rows PAR1"


@pytest_asyncio.fixture(loop_scope="session")
async def engineer(studio: World, ada: User) -> Engineer:
    return Engineer(studio, ada)


async def spec_of(world: World, job_id: str) -> PredictBatchSpec:
    async def heard() -> bool:
        return job_id in world.training.job_requests

    await until(heard, what=f"the request of {job_id}")
    return PredictBatchSpec.model_validate(world.training.job_requests[job_id].spec)


async def complete(world: World, job_id: str) -> None:
    result = PredictBatchResult(
        files={FILE: world.training.artifacts.put(CONTENT)},
        columns=("time", "symbol", "class", "probability_BUY", "prediction_set", "quality", "abstained", "in_sample"),
        rows=3200,
        abstained=3,
        left_out=19,
        in_sample=None,
        start=datetime(2000, 1, 31, 21, tzinfo=UTC),
        end=datetime(2012, 12, 31, 21, tzinfo=UTC),
        target="signal_type",
        horizon=5,
        interval_method=None,
        synthetic=False,
        data_hash="0" * 64,
        reasons={"interval_method": "It answers classes.", "in_sample": "Nobody wrote that down."},
    )
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


async def test_a_dataset_is_predicted_by_a_job_and_its_file_downloaded(
    studio: World, engineer: Engineer, eve: User, tmp_path: Path
) -> None:
    model_id = await engineer.made()
    await engineer.trained(model_id)
    stage, http = Stage(studio, engineer.user), engineer.user.http

    queued = await stage.run(batches.predict_dataset, model_id, "packaged_MSFT_1d", interval_level=0.8, idempotency_key="once")
    again = await stage.run(batches.predict_dataset, model_id, "packaged_MSFT_1d", interval_level=0.8, idempotency_key="once")
    spec = await spec_of(studio, queued.job_id)
    waiting = await stage.run(batches.get_batch, queued.batch_id)
    with pytest.raises(ConflictError, match="has a file when it has completed"):
        await stage.run(batches.download_batch, queued.batch_id, tmp_path)
    await complete(studio, queued.job_id)
    done = await stage.run(batches.wait_for_batch, queued.batch_id)
    place = await stage.run(batches.download_batch, queued.batch_id, tmp_path)
    file = await http.get(done.download_url)

    assert (again.batch_id, queued.status) == (queued.batch_id, "queued")
    assert (spec.model_id, spec.version, spec.symbols, spec.interval_level) == (model_id, "1.0", ("MSFT",), 0.8)
    assert (waiting.rows, waiting.download_url, waiting.reasons["rows"]) == (None, None, "It has not ended.")
    assert (done.status, done.progress, done.rows, done.abstained, done.size) == ("completed", 100, 3200, 3, len(CONTENT))
    assert {name for name, value in done.model_dump().items() if value is None} == set(done.reasons)
    assert (place.name, place.read_bytes()) == (f"{queued.batch_id}.parquet", CONTENT)
    assert (file.content, file.headers["content-type"]) == (CONTENT, "application/vnd.apache.parquet")
    with pytest.raises(ConflictError):
        await stage.run(batches.cancel_batch, queued.batch_id)
    for path in (queued.batch_id, f"{queued.batch_id}/download"):
        assert (await eve.http.get(f"{PATH}/{path}")).status_code == 404
    assert (await eve.http.post(PATH, json={"model_id": model_id, "dataset_id": "packaged_MSFT_1d"})).status_code == 404


async def test_what_cannot_be_predicted_is_refused_by_name(engineer: Engineer) -> None:
    untrained, model_id = await engineer.made(), await engineer.made()
    await engineer.trained(model_id)

    async def asked(**changes: Any) -> Any:
        return await engineer.user.http.post(PATH, json={"model_id": model_id, "dataset_id": "packaged_AAPL_1d"} | changes)

    hourly, level = await asked(dataset_id="packaged_EURUSD_1h"), await asked(interval_level=0.2)
    assert "has 1h candles, and the model looks at 1d ones" in hourly.json()["error"]["details"]["dataset_id"][0]
    assert (hourly.status_code, set(level.json()["error"]["details"])) == (422, {"interval_level"})
    assert (await asked(model_id=untrained)).status_code == 409
    assert (await asked(model_id="nonsense")).status_code == 404
    assert (await asked(dataset_id="dataset_01kab8m5v8ezfvzcr0s2k2h7qd")).status_code == 404


async def test_columns_that_the_dataset_lacks_are_named() -> None:
    about = {"model_id": "model_1", "version": "1.0", "artifact": "0" * 64, "dataset_id": "packaged_AAPL_1d", "symbols": ["AAPL"]}
    spec = PredictBatchSpec.model_validate(about | {"timeframe": "1d", "features": ["rsi_14", "funding_rate"], "candles_most": 1})

    with pytest.raises(InvalidError) as refused:
        check_batch(spec, own=NOTHING, synthetic_allowed=False)

    assert refused.value.details["dataset_id"][0].startswith("packaged_AAPL_1d has no funding_rate, which the model looks at")
