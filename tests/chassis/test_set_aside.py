"""Documents that are set aside while a process that starts lets all of them be taken up once more."""

from collections.abc import Awaitable, Callable
from typing import Any

from libs.chassis.settings import SharedSettings
from libs.chassis.stores.mongo import Collection, Database, connect
from libs.chassis.stores.set_aside import NOTES, look_again, put_aside


class Meanwhile:
    """A collection of which a document is met again as soon as its mark was taken away."""

    def __init__(self, collection: Collection, meet: Callable[[], Awaitable[None]]) -> None:
        self._collection, self._meet = collection, meet

    async def update_one(self, which: dict[str, Any], change: dict[str, Any]) -> None:
        await self._collection.update_one(which, change)
        await self._meet()


class Databases(dict[str, Any]):
    """A database with a collection of the story's own."""

    def __init__(self, database: Database, **collections: Meanwhile) -> None:
        super().__init__(collections)
        self._database = database

    def __missing__(self, name: str) -> Collection:
        return self._database[name]


async def test_a_document_that_is_set_aside_anew_while_all_are_looked_at_again_keeps_its_note(mongo_url: str, namespace: str) -> None:
    shared = SharedSettings(kafka_bootstrap="x", mongo_url=mongo_url, redis_url="redis://x", artifacts_url="x", namespace=namespace)
    database = connect(shared, "training")
    jobs = database["jobs"]
    await jobs.insert_one({"_id": "job_1"})
    await put_aside(jobs, "job_1", ValueError("unreadable"))

    async def meet() -> None:
        await put_aside(jobs, "job_1", ValueError("still unreadable"))

    await look_again(Databases(database, jobs=Meanwhile(jobs, meet)))  # type: ignore[arg-type]  # as much of it as is asked

    (note,) = await database[NOTES].find().to_list(None)
    job = await jobs.find_one({"_id": "job_1"})
    assert job
    assert note["error"] == job["set_aside"]["error"] == "ValueError: still unreadable"
    await database.client.drop_database(database.name)
    database.client.close()
