"""Files of the artifact store that no version of any model names are removed when they are old, and no others."""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from libs.chassis.stores.artifacts import ArtifactDamagedError, Artifacts
from libs.chassis.stores.mongo import Collection
from libs.contracts.envelope import now
from services.gateway.outbound.models.files_artifacts import FilesArtifacts
from services.gateway.outbound.models.named_artifacts_mongo import NamedArtifactsMongo
from services.gateway.usecases.models.forget_artifacts import ForgetArtifacts

MONTH = timedelta(days=30)


@pytest.fixture
async def models(mongo_url: str, namespace: str) -> AsyncIterator[Collection]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url)
    yield client[namespace]["models"]
    await client.drop_database(namespace)
    client.close()


@pytest.fixture
def store(tmp_path: Path) -> Artifacts:
    return Artifacts(str(tmp_path))


async def a_version(store: Artifacts, models: Collection, *, onnx: bytes) -> set[str]:
    """Keep a model with one version; return its files."""
    model, plot = store.put(onnx), store.put(b"a plot of " + onnx)
    table = store.put(b"trades of " + onnx)
    kept = {"plots": {"importance.png": plot.model_dump(mode="json")}, "tables": {"trades.json.gz": table.model_dump(mode="json")}}
    manifest = store.put(orjson.dumps({"files": {"model.onnx": model.model_dump(mode="json")}} | kept))
    named = {"artifact": manifest.sha256, "plots": {"importance": plot.sha256}, "tables": {"trades": table.sha256}}
    await models.insert_one({"versions": [named]})
    return {model.sha256, plot.sha256, table.sha256, manifest.sha256}


def forget(store: Artifacts, models: Collection, *, later: timedelta) -> ForgetArtifacts:
    return ForgetArtifacts(NamedArtifactsMongo(models.database), FilesArtifacts(store), lambda: now() + later, MONTH)


async def test_what_no_version_names_is_removed_when_it_is_old(store: Artifacts, models: Collection) -> None:
    needed = await a_version(store, models, onnx=b"a model")
    gone = await a_version(store, models, onnx=b"another model")
    await models.delete_one({"versions.artifact": {"$in": list(gone)}})
    # Named by nobody yet: its training has just ended.
    store.write_named("checkpoints/job_1.json", b"{}")

    early = await forget(store, models, later=timedelta(0))()
    late = await forget(store, models, later=2 * MONTH)()

    assert (early, late) == (0, 4)
    assert all(store.has(each) for each in needed)
    assert not any(store.has(each) for each in gone)
    assert store.read_named("checkpoints/job_1.json") == b"{}"


async def test_the_rows_that_a_version_has_learned_from_stay_whatever_has_become_of_their_file(
    store: Artifacts, models: Collection
) -> None:
    texts, rows, looked_at = (store.put(each) for each in (b"texts", b"rows of a recipe", b"rows of a backtest"))
    await a_version(store, models, onnx=b"a model")
    await models.update_many({}, {"$set": {"versions.0.spec": {"data": {"path": "news.json", "artifact": texts.model_dump(mode="json")}}}})
    runs = [("train", "model_1", rows), ("backtest", "", looked_at)]
    ended = [
        {
            "kind": "run_recipe",
            "ended_at": now(),
            "spec": {"run_type": kind, "model_id": of, "data": {"path": "sales.csv", "artifact": file.model_dump(mode="json")}},
        }
        for kind, of, file in runs
    ]
    await models.database["jobs"].insert_many(ended)

    removed = await forget(store, models, later=2 * MONTH)()

    assert removed == 1
    assert all(store.has(each.sha256) for each in (texts, rows))


async def test_files_of_datasets_stay_and_so_do_the_candles_that_a_version_was_trained_on(store: Artifacts, models: Collection) -> None:
    rows, page, old, nobodys = (store.put(each) for each in (b"rows", b"page", b"rows of a deleted dataset", b"nobody's"))
    await models.database["dataset_versions"].insert_many([{"sha256": rows.sha256, "page": page.sha256}, {"status": "checking"}])
    await a_version(store, models, onnx=b"a model")
    await models.update_many({}, {"$set": {"versions.0.spec.own": [{"sha256": old.sha256}]}})

    removed = await forget(store, models, later=2 * MONTH)()

    assert removed == 1
    assert all(store.has(each.sha256) for each in (rows, page, old))
    assert not store.has(nobodys.sha256)


async def test_what_a_job_at_work_reads_stays_though_its_owner_has_deleted_the_file(store: Artifacts, models: Collection) -> None:
    news, kept, read = (store.put(each).model_dump(mode="json") for each in (b"news", b"checkpoint", b"news of a job that has ended"))
    at_work = {"spec": {"data": {"artifact": news}}, "partial": {"checkpoint": {"weights": kept}}, "ended_at": None}
    await models.database["jobs"].insert_many([at_work, {"spec": {"data": {"artifact": read}}, "ended_at": now()}])
    await a_version(store, models, onnx=b"a model")

    await forget(store, models, later=2 * MONTH)()

    assert [store.has(each["sha256"]) for each in (news, kept, read)] == [True, True, False]


async def test_nothing_is_removed_while_no_model_names_anything_as_its_database_may_be_restored(
    store: Artifacts, models: Collection
) -> None:
    needed = await a_version(store, models, onnx=b"a model")
    await models.delete_many({})

    removed = await forget(store, models, later=2 * MONTH)()

    assert removed == 0
    assert all(store.has(each) for each in needed)


async def test_nothing_is_removed_while_a_manifest_cannot_be_read(store: Artifacts, models: Collection, tmp_path: Path) -> None:
    await a_version(store, models, onnx=b"a model")
    other = store.put(b"nobody's")
    (document,) = await models.find({}).to_list(None)
    manifest = document["versions"][0]["artifact"]
    (tmp_path / "sha256" / manifest[:2] / manifest).write_bytes(b"damaged")

    with pytest.raises(ArtifactDamagedError):
        await forget(store, models, later=2 * MONTH)()

    assert store.has(other.sha256)


async def test_what_is_stored_again_counts_as_new(store: Artifacts, models: Collection, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"a model").hexdigest()
    store.put(b"a model")
    file = tmp_path / "sha256" / sha256[:2] / sha256
    os.utime(file, (0, 0))

    store.put(b"a model")

    assert await forget(store, models, later=timedelta(0))() == 0
    assert store.has(sha256)
