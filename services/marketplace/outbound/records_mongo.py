"""Listings' records in MongoDB: a document a day, which is inserted and never replaced."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.errors import BulkWriteError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.record_chain import chained, genesis
from libs.contracts.records import ChainedDay, DayAgain, KeptDay, RecordDay, RecordHead, RecordPage
from services.marketplace.domain.errors import BooksChangedError

DUPLICATE: Final = 11000
# Other machines' arithmetic differs by less; what differs by more is another day.
SAME_WITHIN: Final = 1e-8
OLDEST_FIRST: Final = (("date", ASCENDING),)


class RecordsMongo:
    """Implements the port Records. A day's id is its listing's with its number, so that two writers cannot both write it."""

    def __init__(self, database: Database) -> None:
        self._days = database["record_days"]

    async def prepare(self) -> None:
        """Make indexes."""
        unique = ("number", "date")
        await self._days.create_indexes([IndexModel([("listing_id", ASCENDING), (field, ASCENDING)], unique=True) for field in unique])

    async def append(
        self, listing_id: str, days: Sequence[RecordDay], *, version: str, after: date | None, measured_at: datetime
    ) -> RecordHead:
        """Keep those days that are newer than what is kept, and return the end of the chain. Raise BooksChangedError for a lost race."""
        newest = await self._newest(listing_id)
        if days:
            await self._compare(listing_id, days, measured_at=measured_at)
            last = date.fromisoformat(newest["date"]) if newest else None
            if after is None or (last is not None and after <= last):
                previous = newest["hash"] if newest else genesis(listing_id, version=version)
                new = chained([day for day in days if last is None or day.date > last], previous=previous)
                await self._insert(listing_id, new, first=newest["number"] + 1 if newest else 0)
                newest = await self._newest(listing_id)
        if newest is None:
            return RecordHead(days=0, hash=genesis(listing_id, version=version), last=None)
        restated = await self._days.count_documents({"listing_id": listing_id, "again.measured_at": measured_at})
        return RecordHead(days=newest["number"] + 1, hash=newest["hash"], last=newest["date"], restated=restated)

    async def page(self, listing_id: str, part: Part, *, measured_at: datetime | None) -> RecordPage:
        """Return a part of the days, the oldest first, with what the measuring of this moment says of them where it says something else."""
        found = await read_part(self._days, {"listing_id": listing_id}, part, order=OLDEST_FIRST, read=lambda day: _told(day, measured_at))
        return RecordPage(count=found.count, days=tuple(found.items), after=found.after[0] if found.after else None)

    async def _newest(self, listing_id: str) -> dict[str, Any] | None:
        return await self._days.find_one({"listing_id": listing_id}, sort=[("number", DESCENDING)])

    async def _compare(self, listing_id: str, days: Sequence[RecordDay], *, measured_at: datetime) -> None:
        """Note beside kept days what was measured now, where that is something else."""
        now = {day.date.isoformat(): day for day in days}
        found = self._days.find({"listing_id": listing_id, "date": {"$gte": min(now), "$lte": max(now)}})
        again = [
            UpdateOne({"_id": kept["_id"]}, {"$set": {"again": _again(day, measured_at)}})
            async for kept in found
            if (day := now.get(kept["date"])) is not None and not _same(day, kept)
        ]
        if again:
            await self._days.bulk_write(again, ordered=False)

    async def _insert(self, listing_id: str, days: Sequence[ChainedDay], *, first: int) -> None:
        if not days:
            return
        documents = [
            {"_id": f"{listing_id}:{number}", "listing_id": listing_id, "number": number, **day.model_dump(mode="json")}
            for number, day in enumerate(days, start=first)
        ]
        try:
            await self._days.insert_many(documents)
        except BulkWriteError as error:
            if any(each["code"] != DUPLICATE for each in (error.details or {}).get("writeErrors", [])):
                raise
            msg = f"the record of {listing_id} has grown"
            raise BooksChangedError(msg) from error


def _same(day: RecordDay, kept: dict[str, Any]) -> bool:
    near = abs(day.day_return - kept["day_return"]) < SAME_WITHIN and abs(day.position - kept["position"]) < SAME_WITHIN
    return near and day.absent is kept["absent"]


def _again(day: RecordDay, measured_at: datetime) -> dict[str, Any]:
    return {"day_return": day.day_return, "position": day.position, "absent": day.absent, "measured_at": measured_at}


def _told(document: dict[str, Any], measured_at: datetime | None) -> KeptDay:
    again = document.get("again")
    restated = DayAgain.model_validate(again) if again and again["measured_at"] == measured_at else None
    return KeptDay.model_validate({**document, "restated": restated})
