"""Files of data roots: looked up, listed, replaced, added up and taken away by indexes, however many others there are."""

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.envelope import now
from libs.contracts.training import Artifact
from services.gateway.outbound.files.files_mongo import FilesMongo
from services.gateway.outbound.jobs.folders_mongo import FoldersMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from tests.queries.profiled import multiply, numbered, profiled

ONE = Artifact(uri="sha256/aa/a", sha256="a" * 64, size=10)


async def test_files_are_found_and_taken_away_by_indexes(database: Database, many: int) -> None:
    store, documents = FilesMongo(database["files"]), database["files"]
    await store.prepare()
    await store.put_many({"data/one": ONE}, account_id="account", made_by=None, at=now())
    await multiply(documents, "account/data/one", by=many, account_id="other", path=numbered("data/o"))
    await multiply(documents, "account/data/one", by=many // 10, path=numbered("many/o"))

    async with profiled(database) as looked:
        await store.put_many({"data/two": ONE, "data/one": ONE}, account_id="account", made_by="job", at=now())
        assert (await store.get("data/one", account_id="account")).made_by == "job"
        assert [file.path for file in await store.under("data", account_id="account")] == ["data/one", "data/two"]
        page = await store.find("data/", Part(20), account_id="account")
        assert (page.count, len(page.items)) == (2, 2)
        assert len((await store.find("many/", Part(20, offset=40), account_id="account")).items) == 20
        assert await store.blocks("data/one/more", account_id="account") == "data/one"
        assert await store.blocks("data", account_id="account") == "data/one"
        await store.delete("data/one", account_id="account")
        assert await store.delete_under("data", account_id="account") == 1
    assert looked.problems(counted=many) == []

    async with profiled(database) as added:
        assert (await store.use("account")).size == 10
    assert [work.examined for work in added.works] == [0]  # The index has all that is added up.

    async with profiled(database) as forgot:
        await store.forget("account")
    assert forgot.problems() == []
    assert await documents.count_documents({"account_id": "account"}) == 0


async def test_the_job_that_writes_to_a_folder_is_found_by_its_index(database: Database, many: int) -> None:
    jobs = database["jobs"]
    await JobsMongo(jobs, on_write=int).prepare()
    at_work = {"_id": "job_1", "account_id": "account", "kind": "export", "slot": 1, "spec": {"output_dir": "models/mine"}}
    await jobs.insert_one(at_work)
    await multiply(jobs, "job_1", by=many, account_id="account", slot=None)

    async with profiled(database) as looked:
        assert await FoldersMongo(jobs).writer(["models", "models/mine"], account_id="account") == ("job_1", "models/mine")
        assert await FoldersMongo(jobs).writer(["models"], account_id="account") is None
    assert looked.problems(counted=many) == []
