"""Dead letters in MongoDB, as admins see them."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING

from libs.chassis.bus.dead_letters import DeadLetter
from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.chassis.stores.versioned import fields_of
from libs.contracts.envelope import now
from services.gateway.domain.errors import NotFoundError

NEWEST_FIRST: Final = (("kept_at", DESCENDING), ("_id", DESCENDING))
KEPT: Final = timedelta(days=30)


class DeadLettersMongo:
    """What was set aside and neither sent again nor dropped."""

    def __init__(self, collection: Collection) -> None:
        self._letters = collection

    async def prepare(self) -> None:
        """Make indexes; letters are kept as long as their topics keep them."""
        await self._letters.create_index("kept_at", expireAfterSeconds=int(KEPT.total_seconds()))
        for fields in (("dealt_with",), ("dealt_with", "topic")):
            await self._letters.create_index([*((field, ASCENDING) for field in fields), *NEWEST_FIRST])

    async def keep(self, letter: DeadLetter) -> None:
        """Keep a letter; heard twice it is kept once, and one that was dealt with does not come back."""
        fields = {name: value for name, value in asdict(letter).items() if name != "id"}
        # Header names hold dots and dashes, which are not for keys of a document.
        fields["headers"] = list(dict(letter.headers).items())
        fresh = fields | {"kept_at": now(), "dealt_with": None}
        await self._letters.update_one({"_id": letter.id}, {"$setOnInsert": fresh}, upsert=True)

    async def page(self, part: Part, *, topic: str | None) -> Page[DeadLetter]:
        """Return a part of the letters, the newest first."""
        wanted: dict[str, Any] = {"dealt_with": None} | ({"topic": topic} if topic else {})
        return await read_part(self._letters, wanted, part, order=NEWEST_FIRST, read=_from_document)

    async def count(self) -> int:
        """Return how many there are."""
        return await self._letters.count_documents({"dealt_with": None})

    async def get(self, letter_id: str) -> DeadLetter:
        """Return a letter. Raise NotFoundError."""
        document = await self._letters.find_one({"_id": letter_id, "dealt_with": None})
        if document is None:
            msg = f"There is no dead letter '{letter_id[:120]}'."
            raise NotFoundError(msg)
        return _from_document(document)

    async def deal_with(self, letter_id: str, *, how: str) -> None:
        """Note that a letter was replayed or dropped, and by whom."""
        await self._letters.update_one({"_id": letter_id}, {"$set": {"dealt_with": {"how": how, "at": now()}}})


def _from_document(document: dict[str, Any]) -> DeadLetter:
    return DeadLetter(**fields_of(DeadLetter, document) | {"id": document["_id"], "headers": dict(document["headers"])})
