"""Migrations of a database: each is done once, by one process at a time, goes on where it was broken off, and keeps older releases out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from libs.chassis.settings import SharedSettings
from libs.chassis.stores import migrations
from libs.chassis.stores.migrations import Migration, Schema, SchemaTooNewError, Step, migrate
from libs.chassis.stores.mongo import Database, connect
from libs.chassis.stores.set_aside import NOTES, look_at_changed, readable
from libs.contracts.envelope import now
from tests.waiting import until

MANY = 1_200
LEASE = timedelta(hours=1)


@pytest_asyncio.fixture
async def settings(mongo_url: str, namespace: str) -> AsyncIterator[SharedSettings]:
    settings = SharedSettings.model_validate(
        {"kafka_bootstrap": "-", "mongo_url": mongo_url, "redis_url": "redis://x", "artifacts_url": "/tmp", "namespace": namespace}
    )
    yield settings
    database = process(settings)
    await database.client.drop_database(database.name)
    database.client.close()


def process(settings: SharedSettings) -> Database:
    """Return the database as a process of its own has it."""
    return connect(settings, "gateway")


def doubled(document: dict[str, Any]) -> dict[str, Any]:
    return {"twice": 2 * document["once"]}


async def double(step: Step) -> None:
    await step.walk(step.database["things"], doubled)


DOUBLES = Migration(2, "things are doubled", double)


async def of_the_release_before(database: Database, *, things: int = MANY) -> None:
    await migrate(database, Schema())
    await database["things"].insert_many([{"_id": f"thing_{number:05}", "once": number} for number in range(things)])


async def state(database: Database) -> dict[str, Any]:
    return await database["schema"].find_one({"_id": "state"}) or {}


async def test_processes_that_start_at_once_do_each_migration_once_and_wait_for_it(settings: SharedSettings) -> None:
    await of_the_release_before(process(settings))
    began: list[int] = []

    async def count(step: Step) -> None:
        began.append(step.number)
        await double(step)

    schema = Schema((Migration(2, "counted", count), Migration(3, "and again", count)))
    databases = [process(settings) for _ in range(4)]

    await asyncio.gather(*(migrate(each, schema) for each in databases))

    assert began == [2, 3]
    assert await databases[0]["things"].count_documents({"$expr": {"$eq": ["$twice", {"$multiply": [2, "$once"]}]}}) == MANY
    kept = await state(databases[0])
    assert (kept["version"], [each["name"] for each in kept["done"]]) == (3, ["counted", "and again"])
    await databases[1]["things"].insert_one({"_id": "new"})
    assert {each["schema_version"] async for each in databases[0]["things"].find()} == {3}


async def test_a_migration_that_was_broken_off_goes_on_where_it_was_by_whoever_has_the_lock_next(settings: SharedSettings) -> None:
    await of_the_release_before(process(settings))
    seen: list[str] = []

    async def die_half_way(step: Step) -> None:
        def change(document: dict[str, Any]) -> dict[str, Any]:
            seen.append(document["_id"])
            if len(seen) == MANY - 10:
                raise ConnectionError
            return doubled(document)

        await step.walk(step.database["things"], change)

    with pytest.raises(ConnectionError):
        await migrate(process(settings), Schema((Migration(2, "half", die_half_way),)))
    assert (await state(process(settings)))["version"] == 1
    began = len(seen)

    await migrate(process(settings), Schema((Migration(2, "half", die_half_way),)))

    assert began < len(seen) < 2 * MANY - 500
    assert await process(settings)["things"].count_documents({"schema_version": 2, "twice": {"$exists": True}}) == MANY


async def test_the_lock_of_a_process_that_died_is_free_after_its_lease_and_that_of_one_that_lives_is_not(
    settings: SharedSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "RENEW_EVERY_S", 0.2)
    databases = [process(settings), process(settings)]
    await of_the_release_before(databases[0], things=1)
    may_end, order, ends, kept = asyncio.Event(), list[str](), list[datetime](), databases[0]["schema"]

    async def slow(_: Step) -> None:
        order.append("begins")
        await may_end.wait()
        order.append("ends")

    await kept.insert_one({"_id": "lock", "holder": "one that died", "until": now() + timedelta(seconds=0.25)})
    migrating = [asyncio.create_task(migrate(each, Schema((Migration(2, "slow", slow),), lease=LEASE))) for each in databases]

    async def is_renewed_while_the_other_looks() -> bool:
        ends.extend([lock["until"] async for lock in kept.find({"_id": "lock", "holder": {"$ne": "one that died"}})])
        return bool(ends) and ends[-1] - ends[0] > timedelta(seconds=2 * migrations.LOOK_EVERY_S)

    await until(is_renewed_while_the_other_looks, what="a lease that was renewed")
    held = list(order)
    may_end.set()
    await asyncio.gather(*migrating)

    assert (held, order) == (["begins"], ["begins", "ends"])
    assert (await state(databases[1]))["version"] == 2
    assert await kept.find_one({"_id": "lock"}) is None


async def test_a_release_that_cannot_read_the_database_says_so_and_one_that_can_goes_on(settings: SharedSettings) -> None:
    later = process(settings)
    await of_the_release_before(later, things=1)
    await migrate(later, Schema((DOUBLES,)))
    await migrate(process(settings), Schema())

    await migrate(later, Schema((DOUBLES, Migration(3, "what version 1 needs is taken away", double, readable_from=2))))

    await migrate(process(settings), Schema((DOUBLES,)))
    with pytest.raises(SchemaTooNewError) as refused:
        await migrate(process(settings), Schema())
    assert refused.value.message == (
        f"The database {later.name} is at version 3 of its schema, which is read from version 2 on, and this release is at 1: "
        "start the later release, or restore the backup that was taken before it."
    )


def word_of(document: dict[str, Any]) -> str:
    return str(document["word"])


async def test_what_only_a_later_release_can_read_is_passed_over_by_the_older_one_and_taken_up_by_the_later(
    settings: SharedSettings,
) -> None:
    older, later = process(settings), process(settings)
    await of_the_release_before(older, things=1)
    await migrate(later, Schema((DOUBLES,)))
    await later["things"].insert_one({"_id": "thing_new", "words": ["one"]})

    assert await readable(older["things"].find({"_id": "thing_new"}), word_of, of=older["things"]) == []
    (note,) = await older[NOTES].find().to_list(None)
    assert note["error"] == "A later release wrote it (schema version 2, and this process reads 1): upgrade it."
    await look_at_changed(older, at=now())
    assert await later["things"].count_documents({"set_aside": None}) == 1

    await look_at_changed(later, at=now())

    assert await later["things"].count_documents({"set_aside": None}) == 2


async def test_what_is_made_carries_the_version_whatever_makes_it_and_what_is_changed_keeps_its_own(settings: SharedSettings) -> None:
    database = process(settings)
    await of_the_release_before(database, things=1)
    things = database["things"]
    await migrate(database, Schema((Migration(2, "nothing", lambda step: step.walk(step.database["none"], doubled)),)))

    await things.update_one({"_id": "thing_00000"}, {"$set": {"once": 7}}, upsert=True)
    await things.update_one({"_id": "made"}, {"$set": {"once": 7}}, upsert=True)
    await things.find_one_and_update({"_id": "taken"}, {"$setOnInsert": {"once": 7}}, upsert=True)
    await things.replace_one({"_id": "replaced"}, {"once": 7}, upsert=True)

    assert {each["_id"]: each["schema_version"] async for each in things.find()} == {
        "thing_00000": 1,
        "made": 2,
        "taken": 2,
        "replaced": 2,
    }


def test_migrations_are_numbered_in_their_order() -> None:
    with pytest.raises(ValueError, match="numbered 2, 3, 4"):
        Schema((Migration(3, "too late", double),))
