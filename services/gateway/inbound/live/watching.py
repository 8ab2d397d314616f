"""One socket that watches one thing: its state at first, then each change, until it has come to its end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from libs.chassis.errors import PlatformError
from libs.chassis.single_flight import SingleFlight
from libs.chassis.tasks import side_by_side
from libs.contracts.envelope import JsonObject
from services.gateway.domain.notices import Notice
from services.gateway.inbound.http.face import Face
from services.gateway.inbound.live.door import CLOSE_CODES, Door, Visitor, refuse
from services.gateway.inbound.live.hub import Hub

T = TypeVar("T")
# So often a thing is looked at though no notice has come, and the credential checked again.
LOOK_EVERY_S: Final = 15.0
# A reader that takes nothing for so long is let go: everything for it would have to be kept.
SEND_WITHIN_S: Final = 10.0
DONE: Final = 1000
TOO_SLOW: Final = CLOSE_CODES + 408


@dataclass(frozen=True)
class Watching(Generic[T]):
    """What sockets watch: things that `load` returns by account and id (it raises when there is none), and `say` puts into words.

    Sockets that watch the same thing share each look.
    """

    hub: Hub
    door: Door
    face: Face
    load: Callable[[str, str], Awaitable[T]]
    say: Callable[[T], JsonObject]
    has_ended: Callable[[T], bool]
    looking: SingleFlight[T]

    async def __call__(self, socket: WebSocket, thing_id: str) -> None:
        """Serve one socket from its handshake to its end."""
        visitor = await self.door.let_in(socket, face=self.face)
        if visitor is None:
            return
        with suppress(WebSocketDisconnect):
            try:
                with self.hub.watching(Notice("job", thing_id), account_id=visitor.caller.account_id) as changed:
                    await side_by_side(_listened(socket), self._told(socket, thing_id, visitor, changed))
            except PlatformError as error:
                await refuse(socket, error, face=self.face)
            except TimeoutError:
                await _close(socket, TOO_SLOW, f"Nothing was read for {SEND_WITHIN_S:g} s.")

    async def _told(self, socket: WebSocket, thing_id: str, visitor: Visitor, changed: asyncio.Event) -> None:
        said: JsonObject | None = None
        while True:
            changed.clear()
            thing = await self._look(visitor.caller.account_id, thing_id)
            message = self.say(thing)
            if message != said:
                said = message
                at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                async with asyncio.timeout(SEND_WITHIN_S):
                    await socket.send_text(orjson.dumps(message | {"timestamp": at}).decode())
            if self.has_ended(thing):
                await _close(socket, DONE, "It has ended.")
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await changed.wait()
            await self.door.identify(visitor.token)

    async def _look(self, account_id: str, thing_id: str) -> T:
        async def look() -> T:
            return await self.load(account_id, thing_id)

        return await self.looking((account_id, thing_id), look)


async def _listened(socket: WebSocket) -> None:
    """Take what the client sends, which means nothing here, until it goes."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", DONE))


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    # A reader that stands still does not take the close frame either: the server breaks the connection off after a while.
    with suppress(TimeoutError):
        async with asyncio.timeout(SEND_WITHIN_S):
            await socket.close(code, reason)
