"""Accounts that are being erased, in MongoDB: the wish is on the account's own document, so that it outlives whoever works on it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.outbox import write_with_events
from libs.contracts.envelope import Event
from libs.contracts.job_kinds import KINDS
from services.gateway.domain.accounts.account import Account
from services.gateway.domain.accounts.erasure import ERASED
from services.gateway.domain.errors import AccountChangedError
from services.gateway.outbound.accounts.accounts_mongo import to_document
from services.gateway.outbound.outage import store_outages

DUE: Final[dict[str, Any]] = {"erasing_at": {"$type": "date"}}
SOURCE: Final = "gateway"
AT_ONCE: Final = 20
NOTHING: Final[dict[str, Any]] = {
    "name": ERASED,
    "slug": None,
    "asked": None,
    "symbols": [],
    "result": None,
    "logs": [],
    "cancel_reason": None,
    "reported": None,
    "forgotten": True,  # What an event tells later brings no words back.
}


class ErasuresMongo:
    """Implements the port Erasures on the collections that accounts_mongo.py and jobs_mongo.py write."""

    def __init__(self, database: Database, *, on_write: Callable[[], None]) -> None:
        self._accounts, self._jobs, self._on_write = database["accounts"], database["jobs"], on_write

    async def prepare(self) -> None:
        """Make indexes."""
        await self._accounts.create_index([("tried_at", ASCENDING)], partialFilterExpression=DUE)

    async def due(self) -> Sequence[str]:
        """Return the ids of some that are not wholly erased yet, those that were tried longest ago first."""
        with store_outages():
            found = self._accounts.find(DUE, {"_id": 1}).sort("tried_at", ASCENDING).limit(AT_ONCE)
            return [document["_id"] async for document in found]

    async def tried(self, account_id: str, *, at: datetime) -> None:
        """Note that this one was tried: before it is, so that none holds up the others."""
        with store_outages():
            await self._accounts.update_one({"_id": account_id}, {"$set": {"tried_at": at}})

    async def save(self, account: Account, *events: Event) -> Account:
        """Write an account and what tells of it, in one write; return it as stored. Raise AccountChangedError for a lost race."""
        unchanged = {"_id": account.id, "version": account.version}
        change = {"$set": to_document(account) | {"version": account.version + 1}}
        with store_outages():
            written = await write_with_events(self._accounts, unchanged, change, events, source=SOURCE)
        if not written:
            msg = "The account was changed in between; try again."
            raise AccountChangedError(msg)
        if events:
            self._on_write()
        return replace(account, version=account.version + 1)

    async def forget_jobs(self, account_id: str) -> None:
        """Take a person's words out of what is kept of an account's jobs: names, logs, results and errors."""
        with store_outages():
            await self._jobs.update_many({"account_id": account_id}, {"$set": NOTHING})
            for kind, form in KINDS.items():
                if form.words:
                    of_kind = {"account_id": account_id, "kind": kind.value, "spec": {"$type": "object"}}
                    await self._jobs.update_many(of_kind, {"$set": {f"spec.{path}": left for path, left in form.words.items()}})
            failed = {"account_id": account_id, "error.message": {"$gt": ""}}
            await self._jobs.update_many(failed, {"$set": {"error.message": ERASED}})
