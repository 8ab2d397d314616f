"""A socket of the public API, opened in this process for a page."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.types import ASGIApp, Message


async def watch(app: ASGIApp, path: str, *, query: str, token: str) -> AsyncIterator[str]:
    """Yield the messages of a socket until it is closed, or refused; it is left when the iterator is."""
    heard: asyncio.Queue[str | None] = asyncio.Queue(maxsize=100)
    left = asyncio.Event()
    opened = False

    async def receive() -> Message:
        nonlocal opened
        if not opened:
            opened = True
            return {"type": "websocket.connect"}
        await left.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Message) -> None:
        if message["type"] == "websocket.send":
            await heard.put(message["text"])

    async def run() -> None:
        try:
            await app(_scope(path, query, token), receive, send)
        finally:
            await heard.put(None)

    task = asyncio.create_task(run())
    try:
        while (message := await heard.get()) is not None:
            yield message
    finally:
        left.set()
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
