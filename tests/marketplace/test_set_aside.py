"""One document that cannot be read or worked on: it is set aside, people are told, and every sweep goes on with the others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.errors import InvalidError
from libs.chassis.stores.mongo import Database, connect
from libs.chassis.stores.set_aside import AGAIN_WITHIN, describe_set_aside, look_again, look_at_changed, put_aside
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.marketplace.settings import Settings
from services.marketplace.usecases.recount_listings import BATCH as COUNTED_AT_ONCE
from services.marketplace.usecases.settling import BATCH, settle_all
from tests.marketplace.bourse import bourse
from tests.marketplace.market import wired

PAST = now() - timedelta(days=1)
# By sweep: the collection it looks through, and what it finds there of a document that lacks all the rest.
SWEEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "expired reservations were given back": ("reservations", {"state": "held", "expires_at": PAST}),
    "unfinished purchases came to their end": ("purchases", {"state": "begun", "go_on_at": PAST}),
    "bought credits expired": ("purchases", {"state": "credited", "expires_at": PAST}),
    "records were asked for": ("listings", {"state": "listed", "measure_at": PAST, "model_id": "m", "is_open": True}),
    "listings stand otherwise than before": ("listings", {"state": "listed", "model_id": "m", "is_open": True}),
    "subscriptions were renewed or ended": ("subscriptions", {"open": True, "due_at": PAST, "listing_id": "l", "subscriber_id": "s"}),
    "unfinished payments of subscriptions came to their end": ("bills", {"state": "begun", "go_on_at": PAST}),
}
# It reads the ids of accounts alone, which anything can be.
READS_IDS = {"erased accounts were wholly forgotten"}
SWEEP = "expired reservations were given back"
UNREADABLE = {"_id": "job", "account_id": "a", "state": "held", "expires_at": PAST}
MISSING = {"hours": 0, "outcome": None, "charged": 0, "parts": []}


@pytest.fixture
def database(settings: Settings) -> Database:
    return connect(settings, "marketplace")


@pytest.mark.parametrize("sweep", SWEEPS)
async def test_a_sweep_sets_a_document_aside_that_it_cannot_read_and_reads_it_once(
    sweep: str, settings: Settings, database: Database
) -> None:
    collection, found = SWEEPS[sweep]
    async with wired(settings, MemoryBroker()) as market:
        await database[collection].insert_one({"_id": "bad"} | found)

        await market.sweeps[sweep]()
        first = await database[collection].find_one({"_id": "bad"})
        await market.sweeps[sweep]()

    assert first is not None
    assert first["set_aside"]["error"].startswith("KeyError: ")
    assert await database[collection].find_one({"_id": "bad"}) == first
    assert await describe_set_aside(database) == f"1 set aside, such as {collection}/bad (the collection `set_aside` has them all)"


async def test_every_schedule_of_the_marketplace_is_in_the_table(settings: Settings) -> None:
    async with wired(settings, MemoryBroker()) as market:
        assert set(market.sweeps) == set(SWEEPS) | READS_IDS


async def test_good_reservations_behind_bad_ones_are_given_back(settings: Settings, database: Database) -> None:
    good = {"account_id": "a", "hours": 0, "state": "held", "outcome": None, "charged": 0, "parts": []}
    async with wired(settings, MemoryBroker()) as market:
        bad = [{"_id": f"bad {number}", "state": "held", "expires_at": PAST - timedelta(hours=1)} for number in range(120)]
        await database["wallets"].insert_one({"_id": "b", "version": 1})  # An account whose books cannot be read.
        unbookable = {"_id": "of nobody's books", "account_id": "b", "expires_at": PAST - timedelta(minutes=1)}
        await database["reservations"].insert_many([*bad, good | unbookable, good | {"_id": "good", "expires_at": PAST}])

        for _ in range(3):
            await market.sweeps["expired reservations were given back"]()

    states = {each["_id"]: each["state"] async for each in database["reservations"].find({"set_aside": None})}
    assert states == {"good": "closed"}


@dataclass(frozen=True)
class Debt:
    """Something that is due."""

    id: str


async def test_what_is_refused_again_and_again_makes_way_to_all_that_is_due_behind_it() -> None:
    due = {name: Debt(name) for name in (*(f"a{number:03}" for number in range(2 * BATCH)), *(f"b{number:03}" for number in range(BATCH)))}
    tried: list[str] = []

    async def batch(but: Collection[str]) -> list[Debt]:
        return [debt for name, debt in due.items() if name not in but][:BATCH]

    async def settle(debt: Debt) -> None:
        tried.append(debt.id)
        if debt.id.startswith("a"):
            raise InvalidError("not today")
        del due[debt.id]

    async def set_aside(debt: Debt, error: Exception) -> None:
        raise AssertionError((debt, error))

    settled = await settle_all(batch, settle, what="a debt", set_aside=set_aside)

    assert (settled, len(tried), len(set(tried))) == (BATCH, 3 * BATCH, 3 * BATCH)
    assert await settle_all(batch, settle, what="a debt", set_aside=set_aside) == 0


async def test_listings_whose_numbers_must_wait_make_way_and_what_is_said_of_none_is_looked_at_once(database: Database) -> None:
    market = await bourse(database, seed=1, pace=1, models=1)
    [listing] = market.shelf
    rating = {"account_id": "a", "rating": 4, "comment": "", "at": PAST, "uncounted": True, "version": 1}
    nowhere = [rating | {"_id": f"!{number}:a", "listing_id": f"!{number}"} for number in range(COUNTED_AT_ONCE)]
    await database["ratings"].insert_many([*nowhere, rating | {"_id": f"{listing}:a", "listing_id": listing}])

    counted = [await market.parts.recount() for _ in range(2)]

    assert counted == [COUNTED_AT_ONCE + 1, 0]
    assert (await market.listings.get(listing)).ratings == 1
    assert await market.listings.aside() == []


async def test_a_listing_that_cannot_be_read_keeps_no_other_from_being_counted(database: Database) -> None:
    market = await bourse(database, seed=1, pace=1, models=2)
    bad, good = sorted(market.shelf)
    await database["listings"].update_one({"_id": bad}, {"$unset": {"offer": ""}})
    rating = {"account_id": "a", "rating": 4, "comment": "", "at": PAST, "uncounted": True, "version": 1}
    await database["ratings"].insert_many([rating | {"_id": f"{listing}:a", "listing_id": listing} for listing in (bad, good)])

    counted = [await market.parts.recount() for _ in range(2)]

    assert counted == [2, 0]
    assert (await market.listings.get(good)).ratings == 1
    assert await market.listings.aside() == [bad]


async def test_a_process_that_starts_looks_again_at_what_was_repaired(settings: Settings, database: Database) -> None:
    sweep = "expired reservations were given back"
    async with wired(settings, MemoryBroker()) as market:
        await database["reservations"].insert_one({"_id": new_id("job"), "state": "held", "expires_at": PAST, "account_id": "a"})
        await market.sweeps[sweep]()
        repaired = {"hours": 0, "outcome": None, "charged": 0, "parts": []}
        await database["reservations"].update_many({}, {"$set": repaired})

        await look_again(database)

        assert await describe_set_aside(database) is None
        assert await market.sweeps[sweep]() == 1


async def test_a_document_that_was_repaired_is_taken_up_and_told_of_no_more(settings: Settings, database: Database) -> None:
    async with wired(settings, MemoryBroker()) as market:
        await database["reservations"].insert_one(UNREADABLE)
        await market.sweeps[SWEEP]()
        await look_at_changed(database, at=now())
        assert await market.sweeps[SWEEP]() == 0  # nobody has repaired it yet

        await database["reservations"].update_one({"_id": "job"}, {"$set": MISSING})
        await look_at_changed(database, at=now())
        told_meanwhile = await describe_set_aside(database)
        settled = await market.sweeps[SWEEP]()
        await look_at_changed(database, at=now() + AGAIN_WITHIN)

    assert (settled, await describe_set_aside(database)) == (1, None)
    assert told_meanwhile is not None


async def test_a_repair_that_does_not_help_is_told_of_all_the_time(settings: Settings, database: Database) -> None:
    async with wired(settings, MemoryBroker()) as market:
        await database["reservations"].insert_one(UNREADABLE)
        await market.sweeps[SWEEP]()

        told = []
        for at in (now(), now() + AGAIN_WITHIN):
            await database["reservations"].update_one({"_id": "job"}, {"$set": {"hours": f"as much as at {at}"}})
            await look_at_changed(database, at=at)
            told.append(await describe_set_aside(database))
            await market.sweeps[SWEEP]()
            await look_at_changed(database, at=at)
            told.append(await describe_set_aside(database))

    assert None not in told
    assert await database["reservations"].find_one({"_id": "job", "set_aside": {"$ne": None}})


async def test_what_is_written_routinely_is_no_repair_and_a_missing_field_that_is_added_is(settings: Settings, database: Database) -> None:
    async with wired(settings, MemoryBroker()) as market:
        await database["reservations"].insert_one(UNREADABLE | {"lease_until": PAST, "uncounted": True})
        await market.sweeps[SWEEP]()

        await database["reservations"].update_one({"_id": "job"}, {"$set": {"lease_until": now()}, "$unset": {"uncounted": ""}})
        await look_at_changed(database, at=now())
        after_routine = await database["reservations"].find_one({"_id": "job", "set_aside": {"$ne": None}})
        await database["reservations"].update_one({"_id": "job"}, {"$set": {"wakes": 0}})
        await look_at_changed(database, at=now())

    assert after_routine is not None
    assert await database["reservations"].find_one({"_id": "job", "set_aside": {"$ne": None}}) is None


async def test_a_document_that_is_gone_when_it_is_set_aside_is_told_of_by_nobody(settings: Settings, database: Database) -> None:
    async with wired(settings, MemoryBroker()):
        await put_aside(database["reservations"], "gone", ValueError("unreadable"))
        told = await describe_set_aside(database)
        await database["set_aside"].insert_one({"_id": "reservations/old", "collection": "reservations", "document_id": "old", "at": now()})
        await look_at_changed(database, at=now())

    assert (told, await describe_set_aside(database)) == (None, None)


@pytest.mark.parametrize("change", ["it was deleted", "people took its mark away"])
async def test_a_document_that_nobody_need_look_at_any_more_is_told_of_no_more(settings: Settings, database: Database, change: str) -> None:
    async with wired(settings, MemoryBroker()) as market:
        await database["reservations"].insert_one(UNREADABLE)
        await market.sweeps[SWEEP]()
        if change == "it was deleted":
            await database["reservations"].delete_one({"_id": "job"})
        else:
            await database["reservations"].update_one({"_id": "job"}, {"$unset": {"set_aside": ""}, "$set": {"state": "closed"}})

        for at in (now(), now() + AGAIN_WITHIN):
            await look_at_changed(database, at=at)

    assert await describe_set_aside(database) is None
