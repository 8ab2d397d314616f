"""Whose turn it is to deliver to a webhook, in the webhook's own document: `due_at`, and the lease of who delivers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, ReturnDocument

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.set_aside import IN_USE, first_readable
from services.gateway.domain.webhooks.webhook import Turn
from services.gateway.outbound.webhooks.webhooks_mongo import webhook_of


class WebhookTurnsMongo:
    """Implements the port Turns. Writes `due_at`, `wakes` and `lease` of a document and no other field."""

    def __init__(self, collection: Collection) -> None:
        self._webhooks = collection

    async def prepare(self) -> None:
        """Make the index by which what is due is found."""
        await self._webhooks.create_index([("enabled", ASCENDING), ("due_at", ASCENDING)])

    async def wake(self, webhook_id: str, *, at: datetime) -> None:
        """Say that there is something new to deliver."""
        await self._webhooks.update_one({"_id": webhook_id}, {"$set": {"due_at": at}, "$inc": {"wakes": 1}})

    async def take(self, *, holder: str, at: datetime, until: datetime, but_of: Sequence[str] = ()) -> Turn | None:
        """Take the enabled webhook that has been due longest and that nobody holds, of no account in `but_of`; None when there is none."""
        free: dict[str, Any] = IN_USE | {"enabled": True, "due_at": {"$lte": at}, "$or": [{"lease": None}, {"lease.until": {"$lte": at}}]}
        if but_of:
            free["account_id"] = {"$nin": list(but_of)}
        lease = {"$set": {"lease": {"holder": holder, "until": until}}}
        first = [("due_at", ASCENDING)]

        async def look() -> dict[str, Any] | None:
            return await self._webhooks.find_one_and_update(free, lease, sort=first, return_document=ReturnDocument.AFTER)

        return await first_readable(look, lambda taken: Turn(webhook_of(taken), holder, taken["wakes"], until), of=self._webhooks)

    async def end(self, turn: Turn, *, due_at: datetime | None) -> None:
        """Give the turn back: due again at `due_at` (None: when woken), or at once when woken meanwhile."""
        mine = {"_id": turn.webhook.id, "lease.holder": turn.holder}
        # Woken meanwhile, the document has a `due_at` of its own, which is earlier: in one write, so that no wake is lost.
        due: dict[str, Any] = {"$cond": [{"$eq": ["$wakes", turn.wakes]}, due_at, "$due_at"]}
        await self._webhooks.update_one(mine, [{"$set": {"due_at": due, "lease": None}}])
