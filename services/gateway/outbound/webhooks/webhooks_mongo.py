"""Webhooks in MongoDB: one document with its secret, whose turn it is (webhook_turns_mongo.py) and its unpublished events."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import write_with_events
from libs.chassis.stores.parts import Page, Part
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.contracts.envelope import Event
from services.gateway.domain.webhooks.errors import TooManyWebhooksError, WebhookChangedError, WebhookNotFoundError
from services.gateway.domain.webhooks.webhook import Webhook
from services.gateway.outbound.outage import store_outages

NEWEST_FIRST: Final = (("_id", DESCENDING),)
SOURCE: Final = "gateway"
KEPT: Final = ("account_id", "url", "secret", "created_at")
CHANGING: Final = ("url", "enabled", "updated_at", "failing_since", "disabled_at", "disabled_reason")


class WebhooksMongo:
    """Implements the port Webhooks. `on_write` is called after every write that has events."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None]) -> None:
        self._webhooks, self._on_write = collection, on_write

    async def prepare(self) -> None:
        """Make indexes."""
        # Each webhook has one of its account's numbered places: so two made at once cannot both be the last that is allowed.
        await self._webhooks.create_index([("account_id", ASCENDING), ("place", ASCENDING)], unique=True)
        await self._webhooks.create_index([("account_id", ASCENDING), ("_id", DESCENDING)])

    async def add(self, webhook: Webhook, *, most: int) -> None:
        """Keep a new webhook. Raise TooManyWebhooksError when its account has `most` already."""
        with store_outages():
            taken = {document["place"] async for document in self._webhooks.find({"account_id": webhook.account_id}, {"place": 1})}
            for place in sorted(set(range(most)) - taken):
                try:
                    await self._webhooks.insert_one(_new_document(webhook, place=place))
                except DuplicateKeyError:
                    continue  # Another request took the place in between.
                return
        raise TooManyWebhooksError(most)

    async def get(self, webhook_id: str, *, account_id: str) -> Webhook:
        """Return a webhook. Raise WebhookNotFoundError."""
        with store_outages():
            document = await self._webhooks.find_one({"_id": webhook_id, "account_id": account_id})
        if document is None:
            raise WebhookNotFoundError(webhook_id)
        return webhook_of(document)

    async def find(self, account_id: str, part: Part) -> Page[Webhook]:
        """Return a part of an account's webhooks, the newest first."""
        return await read_part(self._webhooks, {"account_id": account_id}, part, order=NEWEST_FIRST, read=webhook_of)

    async def listening(self, account_id: str, *, event: str) -> Sequence[Webhook]:
        """Return the account's enabled webhooks that want an event."""
        found = self._webhooks.find({"account_id": account_id, "enabled": True, "events": event} | IN_USE)
        return await readable(found, webhook_of, of=self._webhooks)

    async def save(self, webhook: Webhook, *events: Event) -> None:
        """Write a webhook and the events that tell of it, in one write. Raise WebhookChangedError for a lost race."""
        fields = {name: getattr(webhook, name) for name in CHANGING} | {"events": list(webhook.events), "version": webhook.version + 1}
        unchanged = {"_id": webhook.id, "version": webhook.version}
        if not await write_with_events(self._webhooks, unchanged, {"$set": fields}, events, source=SOURCE):
            raise WebhookChangedError(webhook.id)
        if events:
            self._on_write()

    async def switch_off(self, account_id: str, *, reason: str, at: datetime) -> None:
        """Disable all of an account's webhooks that are enabled."""
        fields = {"enabled": False, "disabled_at": at, "disabled_reason": reason, "updated_at": at}
        await self._webhooks.update_many({"account_id": account_id, "enabled": True}, {"$set": fields, "$inc": {"version": 1}})

    async def remove(self, webhook_id: str, *, account_id: str) -> None:
        """Forget a webhook. Raise WebhookNotFoundError."""
        gone = await self._webhooks.delete_one({"_id": webhook_id, "account_id": account_id})
        if not gone.deleted_count:
            raise WebhookNotFoundError(webhook_id)


def _new_document(webhook: Webhook, *, place: int) -> dict[str, Any]:
    fields = {name: getattr(webhook, name) for name in (*KEPT, *CHANGING)}
    return fields | {"_id": webhook.id, "events": list(webhook.events), "version": 1, "place": place, "due_at": None, "wakes": 0}


def webhook_of(document: dict[str, Any]) -> Webhook:
    """Return the stored webhook."""
    fields = {name: document[name] for name in (*KEPT, *CHANGING)}
    return Webhook(id=document["_id"], events=tuple(document["events"]), version=document["version"], **fields)
