"""The timetable of the periodic analysis: one document, whose turn one replica at a time holds by a lease."""

from datetime import datetime
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from services.inference.domain.analyses import Turn

ID: Final = "tracked symbols"


class RoundsMongo:
    """Implements the port Rounds."""

    def __init__(self, collection: Collection) -> None:
        self._rounds = collection

    async def take(self, *, holder: str, at: datetime, until: datetime) -> Turn | None:
        """Take the turn that is due; the first one of all is due at once."""
        free: dict[str, Any] = {"_id": ID, "due_at": {"$lte": at}, "until": {"$lte": at}}
        lease = {"$set": {"holder": holder, "until": until}}
        found = await self._rounds.find_one_and_update(free, lease, return_document=ReturnDocument.AFTER)
        if found is None:
            found = {"_id": ID, "place": 0, "round_at": at, "due_at": at, "holder": holder, "until": until}
            try:
                await self._rounds.insert_one(found)
            except DuplicateKeyError:
                return None  # It is not due, or another's.
        # One that comes late begins a round now: what was missed is not made up for.
        return Turn(found["place"], at if found["place"] == 0 else found["round_at"])

    async def end(self, turn: Turn, *, holder: str, after: Turn, due_at: datetime) -> None:
        """Give a turn back, and say which comes after it and when."""
        mine = {"_id": ID, "holder": holder, "place": turn.place}
        fields = {"place": after.place, "round_at": after.round_at, "due_at": due_at, "holder": None, "until": due_at}
        await self._rounds.update_one(mine, {"$set": fields})
