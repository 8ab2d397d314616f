"""Datasets as the gateway keeps and shows them: each list, count and claim is an index look-up."""

from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import pytest

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.datasets import DatasetKind, Upload, ValidateResult, ValidateSpec
from libs.contracts.envelope import now
from libs.contracts.jobs import JobRequested
from libs.contracts.training import Artifact, Priority
from services.gateway.domain.datasets.dataset import Dataset, DatasetStatus, DatasetVersion, first_of
from services.gateway.domain.datasets.errors import DatasetBusyError, SymbolTakenError
from services.gateway.domain.datasets.ports import DatasetFilter
from services.gateway.domain.jobs.job import requested_job
from services.gateway.outbound.datasets.dataset_users_mongo import DatasetUsersMongo
from services.gateway.outbound.datasets.datasets_mongo import DatasetsMongo
from services.gateway.outbound.datasets.own_symbols_mongo import OwnSymbolsMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from tests.queries.profiled import SPARE, earlier, multiply, numbered, profiled, walked

PAGE = Part(20, offset=0)
SHA = "ab" * 32
OWN = 300


def a_version(dataset_id: str = "dataset", *, symbol: str = "ACME", number: int = 1) -> DatasetVersion:
    spec = ValidateSpec(
        dataset_id=dataset_id,
        version=number,
        name=symbol,
        kind=DatasetKind.CANDLES,
        upload=Upload(path=f"uploads/{dataset_id}", sha256=SHA, size=100, format="csv"),
        symbol=symbol,
        timeframe="1h",
        rows_most=1000,
    )
    return DatasetVersion(account_id="account", job_id="job", spec=spec, created_at=now())


def ready(version: DatasetVersion) -> DatasetVersion:
    at = now()
    artifact = Artifact(uri=f"sha256/{SHA}", sha256=SHA, size=100)
    result = ValidateResult(
        status="ready", artifact=artifact, rows=10, added=10, columns=(), start=at, end=at, timeframe="1h", calendar="24/7", preview=()
    )
    return version.checked(result)


async def kept(datasets: DatasetsMongo) -> Dataset:
    await datasets.add(first_of(a_version()))
    dataset = (await datasets.get("dataset", account_id="account")).with_version(ready(a_version()), at=now())
    await datasets.save(dataset)
    await datasets.keep(ready(a_version()))
    return await datasets.get("dataset", account_id="account")


async def test_datasets(database: Database, many: int) -> None:
    datasets, own = DatasetsMongo(database), OwnSymbolsMongo(database["datasets"])
    await datasets.prepare()
    dataset = await kept(datasets)
    few, others = {"created_at": earlier("created_at"), "symbol": numbered("S", of=3)}, {"account_id": numbered("a", of=many // 20)}
    await multiply(database["datasets"], "dataset", by=OWN, **few, claim=numbered("S"))
    await multiply(database["datasets"], "dataset_1", by=many, **few, **others, claim=numbered("S"))
    versions: dict[str, Any] = {"number": {"$add": ["$number", "$n"]}, "status": "ready", "sha256": numbered("s")}
    await multiply(database["dataset_versions"], "dataset:1", by=OWN, **versions)
    await multiply(database["dataset_versions"], "dataset:1", by=many, **versions, **others, dataset_id=numbered("d"))

    async with profiled(database) as took:
        for kind, status, symbol in product((None, DatasetKind.CANDLES), (None, DatasetStatus.READY), (None, "S1")):
            assert await walked(partial(datasets.find, DatasetFilter("account", kind, symbol, status)))
        assert await walked(partial(datasets.versions, "dataset"))
        assert await datasets.with_claim("ACME 1h", account_id="account") == "dataset"
        with pytest.raises(SymbolTakenError):
            await datasets.add(first_of(a_version("other")))
        await datasets.keep(ready(a_version()))
        assert len(await own.of("account", columns=True)) == OWN + 1
        assert {each.columns for each in await own.of("account", columns=False)} == {()}
        assert await datasets.uploads() == set()
        await datasets.forget_versions("nothing")
        assert await datasets.finish_deleting() == 0
        await datasets.delete(replace(dataset, id="dataset_1", revision=dataset.revision))

    assert took.problems(reads=20 + SPARE) == []
    async with profiled(database) as counted:
        stored = await datasets.stored("account")
    # All that an account has is added up; how much that may be is bounded by its tier.
    assert (stored.datasets, stored.rows) == (OWN, 10 * OWN)
    assert counted.problems(reads=OWN + SPARE) == []


async def test_the_models_that_were_trained_on_a_dataset(database: Database, many: int) -> None:
    users, models = DatasetUsersMongo(database["models"], database["jobs"]), database["models"]
    await users.prepare()
    await database["jobs"].insert_one({"_id": "job", "own_datasets": ["dataset"], "state": "running"})
    await multiply(database["jobs"], "job", by=many, own_datasets=[numbered("d")])
    version = {"spec": {"own": [{"dataset_id": "dataset"}]}}
    await models.insert_one({"_id": "model", "account_id": "account", "deleted_at": None, "versions": [version]})
    await multiply(models, "model", by=many, account_id=numbered("a", of=many // 20))

    async with profiled(database) as took:
        found = await users.of(["dataset", "other"], account_id="account")
        assert await users.jobs_of("dataset") == ["job"]

    assert {name: list(ids) for name, ids in found.items()} == {"dataset": ["model"], "other": []}
    assert took.problems() == []


async def test_what_takes_a_checks_place_is_looked_up(database: Database, many: int) -> None:
    jobs = JobsMongo(database["jobs"], on_write=int)
    await jobs.prepare()

    def a_request(job_id: str, *, number: int = 1) -> JobRequested:
        spec = a_version(number=number).spec.model_dump(mode="json")
        about: dict[str, Any] = {"sequence": 1, "job_id": job_id, "kind": "validate", "account_id": "account", "tier": "free"}
        return JobRequested(**about, job_name="check", priority=Priority.NORMAL, spec=spec, reserved_hours="0.01")

    await jobs.add(requested_job(a_request("job"), slot=0), a_request("job"))
    await multiply(database["jobs"], "job", by=many, account_id=numbered("a"), **{"spec.dataset_id": numbered("d")})

    async with profiled(database) as took:
        with pytest.raises(DatasetBusyError, match="job"):
            await jobs.add(requested_job(a_request("next", number=2), slot=1), a_request("next", number=2))
        await jobs.leave_slot("job")
        with pytest.raises(DatasetBusyError, match="job"):
            await jobs.add(requested_job(a_request("next"), slot=1), a_request("next"))

    assert took.problems() == []
