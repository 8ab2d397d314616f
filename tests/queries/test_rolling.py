"""While a release is rolled out, lists have an index at every moment: what replaces one is there before it goes."""

import re

from libs.chassis.stores.migrations import migrate
from libs.chassis.stores.mongo import Database
from services.gateway.outbound.schema import SCHEMA, SHORTER_INDEXES

FIELD = re.compile(r"(.+?)_(-?1)(?:_|$)")


def keys_of(index: str) -> list[tuple[str, int]]:
    """Return what an index is of, by the name that MongoDB gave it."""
    return [(field, int(order)) for field, order in FIELD.findall(index)]


async def test_indexes_of_the_last_release_go_when_those_that_stand_for_them_are_there(database: Database) -> None:
    await database["schema"].insert_one({"_id": "state", "version": 2, "readable_from": 1})
    for name, indexes in SHORTER_INDEXES.items():
        for index in indexes:
            assert await database[name].create_index(keys_of(index)) == index
    await database.command("profile", 2)

    await migrate(database, SCHEMA)

    await database.command("profile", 0)
    done = [entry["command"] async for entry in database["system.profile"].find({"op": "command"}).sort("ts", 1)]
    for name, indexes in SHORTER_INDEXES.items():
        assert not (await database[name].index_information()).keys() & set(indexes)
        steps = [word for command in done for word in ("createIndexes", "dropIndexes") if command.get(word) == name]
        made = steps.count("createIndexes")
        assert steps == ["createIndexes"] * made + ["dropIndexes"] * len(indexes)
        assert made >= len(indexes)
