"""One socket that watches jobs: their state at first, then each change; one that watches jobs by their ids until all have ended."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams
from starlette.websockets import WebSocket, WebSocketDisconnect

from libs.chassis.errors import PlatformError
from libs.chassis.single_flight import SingleFlight
from libs.chassis.tasks import side_by_side
from libs.contracts.envelope import now
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.watch import JobWatch, WatchedJobs
from services.gateway.inbound.http.face import Face
from services.gateway.inbound.live.door import CLOSE_CODES, Door, Visitor, refuse
from services.gateway.inbound.live.feed import ENDED_WITHIN, Feed, Say
from services.gateway.inbound.live.hub import Hub, Watcher

# A reader that takes nothing for so long is let go: everything for it would have to be kept.
SEND_WITHIN_S: Final = 10.0
DONE: Final = 1000
TOO_SLOW: Final = CLOSE_CODES + 408


@dataclass(frozen=True, slots=True)
class Watching:
    """Serves sockets that watch jobs. Those of an account that are woken by the same change share the look at it."""

    hub: Hub
    door: Door
    face: Face
    jobs: WatchedJobs
    looks: SingleFlight[Sequence[Job]]

    async def __call__(self, socket: WebSocket, read: Callable[[QueryParams], JobWatch], *, say: Say) -> None:
        """Serve one socket from its handshake to its end; `read` says by its query what it watches, `say` puts a job into words."""
        let_in = await self.door.let_in(socket, read, face=self.face)
        if let_in is None:
            return
        visitor, wanted = let_in
        with suppress(WebSocketDisconnect):
            try:
                with self.hub.watching(wanted, account_id=visitor.caller.account_id) as watcher:
                    await side_by_side(_listened(socket), self._told(socket, visitor, watcher, Feed(wanted, say)))
            except PlatformError as error:
                await refuse(socket, error, face=self.face)
            except TimeoutError:
                await close(socket, TOO_SLOW, f"Nothing was read for {SEND_WITHIN_S:g} s.")

    async def _told(self, socket: WebSocket, visitor: Visitor, watcher: Watcher, feed: Feed) -> None:
        every = changed = watcher.wanted.job_ids
        while True:
            jobs = await self.look(visitor.caller.account_id, changed)
            for message in feed.news(jobs, looked_at=changed, whole=changed == every):
                async with asyncio.timeout(SEND_WITHIN_S):
                    await socket.send_text(message.model_dump_json())
            if feed.is_over:
                await close(socket, DONE, "It has ended." if len(every) == 1 else "All have ended.")
                return
            changed = await watcher.changed() or every
            await self.door.identify(visitor.token)

    async def look(self, account_id: str, job_ids: frozenset[str]) -> Sequence[Job]:
        """Return jobs by their ids, for no ids all that are current."""

        async def look() -> Sequence[Job]:
            if job_ids:
                return await self.jobs.several(job_ids, account_id=account_id)
            return await self.jobs.current(account_id, ended_since=now() - ENDED_WITHIN)

        # Not what somebody asks who was woken before: he may not see the newest change.
        return await self.looks((account_id, job_ids, self.hub.heard), look)


async def _listened(socket: WebSocket) -> None:
    """Take what the client sends, which means nothing here, until it goes."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", DONE))


async def close(socket: WebSocket, code: int, reason: str) -> None:
    """Close a socket whose reader may stand still."""
    # A reader that stands still does not take the close frame either: the server breaks the connection off after a while.
    with suppress(TimeoutError):
        async with asyncio.timeout(SEND_WITHIN_S):
            await socket.close(code, reason)
