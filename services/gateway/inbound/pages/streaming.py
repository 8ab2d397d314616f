"""A socket of the public API as server-sent events of a page."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from services.gateway.inbound.pages.in_process import SocketRefusedError, watch
from services.gateway.inbound.pages.showing import Visit

# Less than a proxy waits for a connection on which nothing comes.
BEAT_S: Final = 15.0
HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


def stream(
    visit: Visit,
    socket: str,
    *,
    query: Mapping[str, Any],
    say: Callable[[Sequence[str]], Iterable[str]],
    rest_s: float = 0.0,
    says_why: bool = False,
) -> Response:
    """Return what a socket tells as server-sent events, which `say` makes of the messages that are there together.

    `rest_s` is how long it rests after it has said something, while further messages gather. `says_why` has it tell why the socket was
    refused.
    """
    if not visit.session.signed_in:
        # A browser does not ask again after this.
        return Response(status_code=204)
    heard = watch(visit.request.app, socket, query=urlencode(query), token=visit.session.access_token)
    return visit.keep(StreamingResponse(_events(heard, say, rest_s, says_why=says_why), media_type="text/event-stream", headers=HEADERS))


def sent_event(name: str, data: Any) -> str:
    """Return one event as it is sent; its id is the moment, so that a browser that comes back says when it last heard anything."""
    return _moment() + _event(name, data)


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _moment() -> str:
    return f"id: {time.time():.3f}\n"


async def _events(
    heard: AsyncIterator[list[str]], say: Callable[[Sequence[str]], Iterable[str]], rest_s: float, *, says_why: bool
) -> AsyncIterator[str]:
    """Yield what is said of what is heard, a comment while it is quiet, and `ended` at the end."""
    coming: asyncio.Task[Any] = asyncio.ensure_future(anext(heard, None))
    try:
        yield "retry: 3000\n\n"
        while True:
            await asyncio.wait((coming,), timeout=BEAT_S)
            if not coming.done():
                yield f"{_moment()}: still here\n\n"
                continue
            try:
                messages = coming.result()
            except SocketRefusedError as error:
                # The browser asks again in a moment, with a session that is renewed by then.
                if says_why:
                    yield _event("refused", {"why": str(error)})  # Without a moment: nothing was heard.
                return
            if messages is None:
                yield sent_event("ended", {})
                return
            for each in say(messages):
                yield each
            coming = asyncio.ensure_future(anext(heard, None))
            await asyncio.sleep(rest_s)
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError, SocketRefusedError, StopAsyncIteration):
            await coming
