"""A receiver of webhooks on this machine: a real HTTP server that writes down what comes and answers what the story wants."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from tests.waiting import until


@dataclass(frozen=True)
class Call:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def payload(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Receiver:
    """Answers with the statuses of `will_answer`, one each, then with 200, and 500 to what has `refuses` in it; while `open` is cleared no answer goes out."""

    url: str
    calls: list[Call] = field(default_factory=list)
    will_answer: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    text: str = "thanks"
    refuses: str = ""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        self.calls.append(Call(scope["path"], dict(request.headers), await request.body()))
        status = self.will_answer.pop(0) if self.will_answer else 200
        if self.refuses and self.refuses in self.calls[-1].body.decode():
            status = 500
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
        finally:
            self.at_once -= 1
        await Response(self.text, status_code=status, headers=self.headers)(scope, receive, send)

    async def heard(self, count: int) -> list[Call]:
        """Wait until so many calls have come, and return them."""

        async def there() -> bool:
            return len(self.calls) >= count

        await until(there, what=f"{count} calls")
        return self.calls


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def receiving(*, host: str = "127.0.0.1", certificate: Path | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver on a free port; with a certificate (and key, in one file) over TLS."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    receiver = Receiver(f"{'https' if certificate else 'http'}://{host}:{port}")
    receiver.open.set()
    config = uvicorn.Config(
        receiver, log_config=None, access_log=False, lifespan="off", ssl_certfile=certificate, timeout_graceful_shutdown=1
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))

    async def started() -> bool:
        return server.started

    await until(started, what="the receiver")
    try:
        yield receiver
    finally:
        receiver.open.set()
        server.should_exit = True
        await serving
