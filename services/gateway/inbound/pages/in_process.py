"""A socket of the public API, opened in this process for a page."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.types import ASGIApp, Message

DONE: Final = 1000
LEAVES_WITHIN_S: Final = 1.0


class SocketRefusedError(ConnectionError):
    """The socket was not opened, or closed before all was said: a credential has ended, or there are too many sockets.

    Its text is what the socket has said of it; empty where that said nothing.
    """


class _Client:
    """The client's end of a socket, as ASGI has it."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str | None] = asyncio.Queue(maxsize=100)
        self.code = 0
        self.reason = ""
        self._opened = False
        self._left = asyncio.Event()

    async def receive(self) -> Message:
        """Say what the client does: it connects, and says nothing until it leaves."""
        if not self._opened:
            self._opened = True
            return {"type": "websocket.connect"}
        await self._left.wait()
        return {"type": "websocket.disconnect", "code": DONE}

    async def send(self, message: Message) -> None:
        """Take what the server says."""
        if message["type"] == "websocket.send":
            await self.heard.put(message["text"])
        elif message["type"] == "websocket.close":
            self.code, self.reason = message.get("code", DONE), message.get("reason") or ""

    def leave(self) -> None:
        """Leave."""
        self._left.set()


async def watch(app: ASGIApp, path: str, *, query: str, token: str) -> AsyncIterator[list[str]]:
    """Yield the messages of a socket, those that are there together, until it is closed; it is left when the iterator is.

    Raise SocketRefusedError where it is refused, or closed for another reason than that all was said.
    """
    client = _Client()

    async def run() -> None:
        try:
            await app(_scope(path, query, token), client.receive, client.send)
        finally:
            await client.heard.put(None)

    task = asyncio.create_task(run())
    try:
        ended = False
        while not ended:
            said = [await client.heard.get()]
            while not client.heard.empty():
                said.append(client.heard.get_nowait())
            ended = None in said
            if messages := [each for each in said if each is not None]:
                yield messages
        if client.code != DONE:
            raise SocketRefusedError(client.reason)
    finally:
        client.leave()
        try:
            # It ends by itself, as any socket does whose client has gone; what would wait for a reader is cancelled.
            await asyncio.wait((task,), timeout=LEAVES_WITHIN_S)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _scope(path: str, query: str, token: str) -> dict[str, Any]:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"gateway"), (b"authorization", f"Bearer {token}".encode())],
        "subprotocols": [],
        "client": None,
        "server": None,
        "extensions": {"websocket.http.response": {}},
    }
