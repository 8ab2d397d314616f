"""Documents of which more events wait than anybody publishes, as when the broker has been away for long."""

from datetime import timedelta
from typing import Any

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import PENDING_MOST
from libs.contracts.envelope import now
from libs.contracts.ids import new_id


async def fill_outbox(collection: Collection, document_id: str, *, but: int = 0) -> None:
    """Let as many of a document's events wait as may, `but` some; a relay that does not come back holds them."""
    waiting = [{"event_id": new_id("event")} for _ in range(PENDING_MOST - but)]
    relay = {"owner": "gone", "until": now() + timedelta(days=1)}
    written = await collection.update_one({"_id": document_id}, {"$set": {"pending_events": waiting, "relay": relay}})
    assert written.matched_count == 1


async def empty_outbox(collection: Collection, document_id: str) -> None:
    """Let all that waits be published."""
    await collection.update_one({"_id": document_id}, {"$set": {"pending_events": []}, "$unset": {"relay": ""}})


async def count_pending(collection: Collection, document_id: str) -> int:
    """Return how many events of a document wait."""
    document: dict[str, Any] | None = await collection.find_one({"_id": document_id}, {"pending_events": 1})
    assert document is not None
    return len(document["pending_events"])
