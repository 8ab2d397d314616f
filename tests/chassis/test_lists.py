"""Parts of a list in MongoDB: in every order, with nulls and equals, from any row to the end."""

import random
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
import pytest_asyncio
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ASCENDING, DESCENDING

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection, to_decimal128
from libs.chassis.stores.parts import Part

BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
TIE: Final = ("_id", DESCENDING)
ORDERS: Final = {
    "newest": (("at", DESCENDING), TIE),
    "cheapest": (("price", ASCENDING), ("at", DESCENDING), TIE),
    "best": (("ratio", DESCENDING), ("at", DESCENDING), TIE),
    "worst": (("ratio", ASCENDING), TIE),
    "featured": (("featured", DESCENDING), ("at", DESCENDING), TIE),
    "oldest id": (("_id", ASCENDING),),
}


def row(number: int, dice: random.Random) -> dict[str, Any]:
    """A row whose fields are often equal to others', and sometimes null or missing."""
    ratio = dice.choice([{}, {"ratio": None}, {"ratio": 1}, {"ratio": 0.5}, {"ratio": -2.25}])
    price = to_decimal128(Decimal(dice.choice(["1.00", "2.50", "30.00"])))
    at = BEGAN + timedelta(milliseconds=dice.randrange(4))
    return {"_id": f"id{number:03}", "at": at, "price": price, "featured": dice.random() < 0.3, **ratio}


@pytest_asyncio.fixture
async def rows(mongo_url: str) -> AsyncIterator[Collection]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True, tzinfo=UTC)
    database = client[f"t{uuid.uuid4().hex[:10]}"]
    dice = random.Random(7)
    await database["rows"].insert_many([row(number, dice) for number in range(60)])
    yield database["rows"]
    await client.drop_database(database.name)
    client.close()


def id_of(document: dict[str, Any]) -> str:
    return str(document["_id"])


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
async def test_parts_after_a_row_make_up_the_list_in_its_order(rows: Collection, order: Any) -> None:
    whole = [document["_id"] async for document in rows.find().sort(list(order))]

    seen, part = [], Part(7)
    while True:
        found = await read_part(rows, {}, part, order=order, read=id_of)
        seen += found.items
        if found.after is None:
            break
        part = Part(7, after=found.after)

    assert (seen, found.count) == (whole, 60)


async def test_a_pages_number_still_counts_rows(rows: Collection) -> None:
    whole = [document["_id"] async for document in rows.find().sort("_id", ASCENDING)]

    second = await read_part(rows, {}, Part(25, page=2), order=ORDERS["oldest id"], read=id_of)
    last = await read_part(rows, {}, Part(25, page=3), order=ORDERS["oldest id"], read=id_of)
    beyond = await read_part(rows, {}, Part(25, page=4), order=ORDERS["oldest id"], read=id_of)

    assert list(second.items) == whole[25:50]
    assert second.after == (whole[49],)
    assert (len(last.items), last.after) == (10, None)
    assert (list(beyond.items), beyond.after) == ([], None)
