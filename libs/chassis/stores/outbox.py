"""The outbox in the document: events are written with the state that they are about, and a relay publishes them.

A relay that dies between publishing and marking publishes again: handlers pass over what they have seen.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from pymongo import ReturnDocument

from libs.chassis.bus.port import Bus, MessageTooLargeError
from libs.chassis.bus.wire import entry_of
from libs.chassis.errors import UnavailableError
from libs.chassis.liveness.failures import UNPUBLISHED
from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from libs.chassis.stores.mongo import Collection
from libs.chassis.tasks import end
from libs.contracts.envelope import Event, now

__all__ = ["HAS_ROOM", "OutboxFullError", "Relay", "entry_of", "telling", "write_with_events"]

# Writers wake the relay of their process; this net is for what a process wrote that died before it was published.
POLL_S: Final = 5.0
# Longer than one event may take to be published (the bus's own bound), short enough that another relay soon takes over from one that died.
LEASE: Final = timedelta(seconds=12)
LEAST_LEASE: Final = timedelta(seconds=6)
STUCK: Final = timedelta(seconds=60)
SIDE_BY_SIDE: Final = 16
# A document is 16 MB at most, and the largest event some 70 kB: so many events that nobody could publish are enough.
PENDING_MOST: Final = 100
HAS_ROOM: Final[Mapping[str, Any]] = {f"pending_events.{PENDING_MOST - 1}": {"$exists": False}}
STOP_WITHIN_S: Final = 8.0


class OutboxFullError(UnavailableError, code="unavailable"):
    """So many events of a document wait to be published that no more are taken: the broker has been away for long."""

    def __init__(self) -> None:
        super().__init__("The message broker has been away for too long for this to be changed again; try again later.")


def telling(change: Mapping[str, Any], events: Sequence[Event], *, source: str | None = None) -> Mapping[str, Any]:
    """Return a change of a document that also writes down the events that tell of it.

    It asks for no room: for `write_with_events`, and in a blocking transaction for documents that tell a few things in their life.
    """
    if not events:
        return change
    return {**change, "$push": {"pending_events": {"$each": [entry_of(event, source=source) for event in events]}}}


async def write_with_events(
    collection: Collection,
    unchanged: Mapping[str, Any],
    change: Mapping[str, Any],
    events: Sequence[Event],
    *,
    source: str | None = None,
    room: Mapping[str, Any] | None = None,
    upsert: bool = False,
    session: Any = None,
) -> bool:
    """Write a document and the events that tell of it, in one write. Return False when nothing matches `unchanged`: a lost race.

    Raise OutboxFullError, with nothing written, where as many of the document's events wait as may: what a person asks for is refused,
    and what a sweep or a handler does is tried again later. `room` is asked of the document in place of HAS_ROOM, which is asked when
    there are events; {} asks for none, and is for documents that tell a few things in their life.
    """
    change = telling(change, events, source=source)
    if room is None:
        room = HAS_ROOM if events else {}
    written = await collection.update_one({**unchanged, **room}, change, upsert=upsert, session=session)
    if written.matched_count or written.upserted_id is not None:
        return True
    if room and await collection.find_one(unchanged, {"_id": 1}, session=session):
        raise OutboxFullError
    return False


class Relay:
    """Publishes the pending events of some collections, in order for each document, for as long as it takes.

    A lease on the document keeps two replicas from publishing its events side by side. The relay writes the fields `pending_events`
    and `relay` of a document and no other, its `version` included.
    """

    def __init__(self, bus: Bus, *, collections: Sequence[Collection]) -> None:
        self._bus = bus
        self.collections = collections
        self._work = [(collection, asyncio.Event()) for collection in collections]
        self._me = uuid.uuid4().hex
        self._stopping = asyncio.Event()

    def wake(self, *names: str) -> None:
        """Say that something was written, to these collections or to any: it is published at once instead of at the next look."""
        for collection, written in self._work:
            if not names or collection.name in names:
                written.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Publish in the background; on leaving, what is being published is marked, the rest waits for the next relay."""
        self._stopping.clear()
        relaying = [
            asyncio.create_task(keep_going(partial(self._relay, *work), what="the outbox's relay", stopping=self._stopping))
            for work in self._work
        ]
        try:
            yield
        finally:
            self._stopping.set()
            self.wake()
            await asyncio.gather(*(end(task, within=STOP_WITHIN_S) for task in relaying))

    async def _relay(self, collection: Collection, written: asyncio.Event) -> None:
        await collection.create_index("pending_events.event_id", sparse=True)
        while not self._stopping.is_set():
            written.clear()
            await self._drain(collection)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(written.wait(), POLL_S)

    async def _drain(self, collection: Collection) -> None:
        """Publish until nothing is pending; documents side by side, the events of one in their order. Raise what stands in the way."""
        publishing: set[asyncio.Task[None]] = set()
        failed: list[BaseException] = []

        def over(task: asyncio.Task[None]) -> None:
            publishing.discard(task)
            if not task.cancelled() and (error := task.exception()):
                failed.append(error)

        try:
            while not failed and not self._stopping.is_set() and (leased := await self._lease(collection)):
                task = asyncio.create_task(self._publish(collection, *leased))
                publishing.add(task)
                task.add_done_callback(over)
                if len(publishing) >= SIDE_BY_SIDE:
                    await asyncio.wait(publishing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if publishing:
                await asyncio.wait(publishing)
        if failed:
            raise failed[0]

    async def _lease(self, collection: Collection) -> tuple[dict[str, Any], datetime] | None:
        """Take a document with pending events that no relay works on; return it and until when it is ours."""
        until = now() + LEASE
        # Asked for by the field that has the sparse index, so that a look at a large collection with nothing pending costs nothing.
        free = {"pending_events.event_id": {"$exists": True}, "$or": [{"relay": None}, {"relay.until": {"$lt": now()}}]}
        lease = {"$set": {"relay": {"owner": self._me, "until": until}}}
        leased = await collection.find_one_and_update(free, lease, projection={"pending_events": 1}, return_document=ReturnDocument.AFTER)
        return (leased, until) if leased else None

    async def _publish(self, collection: Collection, document: dict[str, Any], until: datetime) -> None:
        """Publish a document's events in order, mark what was published, and give the lease back."""
        done: list[str] = []
        after: dict[str, Any] = {"$unset": {"relay": ""}}
        passing: Exception | None = None
        for entry in document["pending_events"]:
            if now() > until - LEAST_LEASE:
                break  # The rest goes out under a new lease, or another relay would publish it beside this one.
            try:
                await self._send(entry)
            except Exception as error:  # noqa: BLE001  # raised below, or logged: what was published must be marked first
                if is_passing(error):
                    passing = error
                else:
                    log().error("an event cannot be published", event_id=entry["event_id"], topic=entry["topic"], exc_info=True)
                    after = {"$set": {"relay.until": now() + STUCK}}  # Out of the others' way, and tried again after a while.
                break
            done.append(entry["event_id"])
        # A document deleted meanwhile (a model) has nothing left to mark.
        mine = {"_id": document["_id"], "relay.owner": self._me}
        await collection.update_one(mine, {"$pull": {"pending_events": {"event_id": {"$in": done}}}, **after})
        if passing:
            raise passing

    async def _send(self, entry: Mapping[str, Any]) -> None:
        """Publish an event; one that is too large for the bus goes to the dead letters, and the ones after it go on."""
        try:
            await self._bus.publish_entry(entry)
        except MessageTooLargeError as error:
            about = {"event_id": entry["event_id"], "topic": entry["topic"]}
            log().error("an event is too large for the bus and is set aside", error=error.message, **about)
            await self._bus.set_aside(entry, error)
            UNPUBLISHED.labels(entry["topic"]).inc()
