"""Requests with an Idempotency-Key in MongoDB, kept for a day; the unique `_id` lets one of many take a request up."""

from datetime import timedelta
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from libs.contracts.envelope import now
from services.gateway.domain.repeats import Answer, Repeat
from services.gateway.outbound.outage import store_outages

KEPT: Final = timedelta(days=1)


class RepeatsMongo:
    """Implements the port Repeats."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the index that ends a record's life."""
        await self._collection.create_index("began_at", name="began_at", expireAfterSeconds=int(KEPT.total_seconds()))

    async def begin(self, seed: str, *, fingerprint: str, holder: str, lease: timedelta) -> Repeat:
        """Take the request up, if it is new or whoever had it let its lease run out; else say how it stands."""
        at = now()
        new = {"_id": seed, "fingerprint": fingerprint, "began_at": at, "holder": holder, "lease_until": at + lease, "answer": None}
        try:
            await self._collection.insert_one(new)
        except DuplicateKeyError:
            return await self._take_over(seed, fingerprint=fingerprint, holder=holder, lease=lease)
        return Repeat(fingerprint=fingerprint, began_at=at, mine=True, answer=None)

    async def _take_over(self, seed: str, *, fingerprint: str, holder: str, lease: timedelta) -> Repeat:
        at = now()
        left = {"_id": seed, "fingerprint": fingerprint, "answer": None, "lease_until": {"$lte": at}}
        taken = await self._collection.find_one_and_update(left, {"$set": {"holder": holder, "lease_until": at + lease}})
        if taken is not None:
            return Repeat(fingerprint=fingerprint, began_at=taken["began_at"], mine=True, answer=None, again=True)
        document = await self._collection.find_one({"_id": seed})
        if document is None:
            # Refused and forgotten in between: it is new again.
            return await self.begin(seed, fingerprint=fingerprint, holder=holder, lease=lease)
        return Repeat(fingerprint=document["fingerprint"], began_at=document["began_at"], mine=False, answer=to_answer(document["answer"]))

    async def renew(self, seed: str, *, holder: str, lease: timedelta) -> bool:
        """Begin the lease anew; False when another has taken the request over, or it has its answer. Raise UnavailableError."""
        mine = {"_id": seed, "holder": holder, "answer": None}
        with store_outages():
            return bool((await self._collection.update_one(mine, {"$set": {"lease_until": now() + lease}})).matched_count)

    async def has_begun(self, seed: str) -> bool:
        """Tell whether the request was taken up before, and not refused."""
        return await self._collection.find_one({"_id": seed}, {"_id": 1}) is not None

    async def finish(self, seed: str, *, holder: str, answer: Answer) -> None:
        """Keep the answer. Does nothing when another has taken the request over."""
        kept = {
            "status": answer.status,
            "headers": [list(header) for header in answer.headers],
            "body": answer.body,
            "needed": list(answer.needed),
        }
        await self._collection.update_one({"_id": seed, "holder": holder}, {"$set": {"answer": kept}})

    async def let_go(self, seed: str, *, holder: str, forget: bool) -> None:
        """Give the request up: `forget` it, or leave it to the next attempt, which makes the same ids."""
        mine = {"_id": seed, "holder": holder, "answer": None}
        if forget:
            await self._collection.delete_one(mine)
        else:
            # Nobody's from here on: a renewal that is on its way must not hold it again.
            await self._collection.update_one(mine, {"$set": {"lease_until": now(), "holder": None}})


def to_answer(stored: dict[str, Any] | None) -> Answer | None:
    """Return the stored answer, if there is one yet."""
    if stored is None:
        return None
    headers = tuple((name, value) for name, value in stored["headers"])
    return Answer(status=stored["status"], headers=headers, body=bytes(stored["body"]), needed=tuple(stored.get("needed", ())))
