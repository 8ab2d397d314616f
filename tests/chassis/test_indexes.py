"""Indexes that are asked for together are made at the end, each collection's by one command, or their conflict is told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from pymongo.errors import OperationFailure

from libs.chassis.settings import SharedSettings
from libs.chassis.stores.indexes import asked_together
from libs.chassis.stores.mongo import Database, connect, expire


@pytest_asyncio.fixture
async def database(mongo_url: str, namespace: str) -> AsyncIterator[Database]:
    places = {"kafka_bootstrap": "-", "mongo_url": mongo_url, "redis_url": "redis://x", "artifacts_url": "/tmp", "namespace": namespace}
    database = connect(SharedSettings.model_validate(places), "gateway")
    yield database
    await database.client.drop_database(database.name)
    database.client.close()


async def indexes_of(database: Database, name: str) -> dict[str, Any]:
    return {name: each.get("unique", False) for name, each in (await database[name].index_information()).items() if name != "_id_"}


async def test_what_is_asked_for_together_is_there_at_the_end_also_where_it_was_asked_for_twice(database: Database) -> None:
    async with asked_together():
        named = await database["things"].create_index([("account_id", 1), ("at", -1)])
        await database["things"].create_index("slug", unique=True)
        await database["things"].create_index("slug", unique=True)
        await database["others"].create_index("at", name="newest")
        assert await indexes_of(database, "things") == {}

    assert named == "account_id_1_at_-1"
    assert await indexes_of(database, "things") == {"account_id_1_at_-1": False, "slug_1": True}
    assert await indexes_of(database, "others") == {"newest": False}


async def start(database: Database, *, life: timedelta, unique: bool) -> None:
    async with asked_together():
        await expire(database["things"], "at", after=life)
        await database["things"].create_index("slug", unique=unique)


async def test_an_index_that_is_there_otherwise_is_told_and_a_changed_life_is_not_in_its_way(database: Database) -> None:
    # given
    await start(database, life=timedelta(days=1), unique=False)

    # when
    with pytest.raises(OperationFailure, match="slug_1"):
        await start(database, life=timedelta(days=2), unique=True)

    # then
    assert (await database["things"].index_information())["at_1"]["expireAfterSeconds"] == timedelta(days=2).total_seconds()
    assert (await indexes_of(database, "things"))["slug_1"] is False
