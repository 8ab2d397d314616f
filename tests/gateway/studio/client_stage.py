"""Where stories of the Python client play: a gateway in this process, and servers that answer as they should not."""

import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import httpx

from modelbourse.async_steps import AsyncPerformer
from modelbourse.gateway import Credential, Gateway, Retries
from modelbourse.watching import watch_jobs
from services.gateway.domain.jobs.watch import JobWatch
from services.gateway.serving import serving
from tests.gateway.studio.sockets import SOCKETS, listening, token
from tests.gateway.studio.world import User, World

ONCE = Retries(attempts=1)
NOBODY = "http://127.0.0.1:9"
# Nobody shows a certificate: reading the usual authorities for each case would take longer than the case.
PLAIN: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(repr=False)
class Stage:
    """A gateway, and people who use it through the client."""

    studio: World
    ada: User

    async def run(self, steps: Callable[..., Any], *arguments: Any, by: User | None = None, **more: Any) -> Any:
        """Perform what a function of the client does, as somebody."""
        user = by or self.ada
        token = user.http.headers["Authorization"].removeprefix("Bearer ")
        return await performed(user.http, steps(Gateway("http://studio.test", Credential(token), ONCE, 30.0), *arguments, **more))


async def performed(http: httpx.AsyncClient, steps: Any) -> Any:
    performer = AsyncPerformer(http)
    ended: list[Any] = []
    async for _ in performer.items(steps, ended):
        pass
    return ended[0]


def answering(status: int, text: str, *, stream: bool = False) -> tuple[httpx.AsyncClient, Gateway]:
    """A server that answers everything like this."""

    async def lines() -> Any:
        yield text.encode()
        if stream:
            raise httpx.ReadError("the connection broke")

    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=lines()))
    return httpx.AsyncClient(transport=transport, base_url="http://studio.test"), Gateway("http://studio.test", Credential("t"), ONCE, 30.0)


def away() -> Gateway:
    return Gateway(NOBODY, Credential("token"), ONCE, 1.0)


async def nobody_answers(steps: Any) -> Any:
    async with httpx.AsyncClient(base_url=NOBODY, verify=PLAIN) as http:
        return await performed(http, steps)


async def watched(stage: Stage, steps: Callable[..., Any] = watch_jobs, **filters: Any) -> Any:
    """Watch jobs, or what else `steps` listen to, at a gateway that listens, as sockets need one."""
    async with serving(stage.studio.gateway.app, listening()) as address, httpx.AsyncClient(base_url=address, verify=PLAIN) as http:
        await performed(http, steps(Gateway(address, Credential(token(stage.ada)), ONCE, 30.0), **filters))


async def watched_too_often(stage: Stage) -> Any:
    async with AsyncExitStack() as stack:
        for _ in range(SOCKETS):
            stack.enter_context(stage.studio.gateway.live.hub.watching(JobWatch(), account_id=stage.ada.account_id))
        await watched(stage)
