"""A provider that speaks OpenAI's chat completions over real HTTP on 127.0.0.1, and misbehaves as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from aiohttp import web

Reaction = Callable[[dict[str, Any]], web.StreamResponse]


@dataclass
class LlmServer:
    """`reactions` are what the next requests get, one each; after them, `usually` what all others get."""

    url: str = ""
    reactions: list[Reaction] = field(default_factory=list)
    usually: Reaction | None = None
    # What a request gets that was `slow`, when the server is told to be silent no more.
    at_last: Reaction = field(default=lambda _: web.Response(status=503))
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    marked_keys: list[str] = field(default_factory=list)
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    # What a request gets whose words hold a mark, one reaction each, before all others: for who does not ask alone.
    marked: dict[str, list[Reaction]] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        words = self.texts[-1]
        for mark, reactions in self.marked.items():
            if mark in words and reactions:
                self.marked_keys.append(request.headers["authorization"].removeprefix("Bearer "))
                return reactions.pop(0)(body)
        self.keys.append(request.headers["authorization"].removeprefix("Bearer "))
        reaction = self.reactions.pop(0) if self.reactions else self.usually
        assert reaction is not None, "nothing was told for this request"
        if reaction is slow:
            await self.silent.wait()
            reaction = self.at_last
        return reaction(body)

    @property
    def texts(self) -> list[str]:
        """All that was sent, a text a request."""
        return ["\n".join(each["content"] for each in body["messages"]) for body in self.requests]


def says(content: Any, *, usage: dict[str, int] | None = None, finish: str = "stop", model: str | None = None) -> Reaction:
    """Return a good answer with this content; what is no text is written as JSON."""
    text = content if isinstance(content, str) or content is None else json.dumps(content)

    def react(body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1_700_000_000,
                "model": model or f"{body['model']}-2024-07-18",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": text, "refusal": None},
                        "finish_reason": finish,
                        "logprobs": None,
                    }
                ],
                "usage": {"prompt_tokens": 1_000, "completion_tokens": 200, "total_tokens": 1_200} if usage is None else usage or None,
            }
        )

    return react


def fails(status: int, message: str = "no", *, code: str | None = None, headers: dict[str, str] | None = None) -> Reaction:
    """Return an error in OpenAI's envelope."""
    body = {"error": {"message": message, "type": "some_error", "param": None, "code": code}}
    return lambda _: web.json_response(body, status=status, headers=headers)


def garbles(text: str = "<html>gateway</html>", *, content_type: str = "text/html") -> Reaction:
    """Return something that is no chat completion, with status 200."""
    return lambda _: web.Response(text=text, content_type=content_type)


def slow(_: dict[str, Any]) -> web.StreamResponse:
    """Answer `at_last`, when the server is told to be silent no more."""
    raise NotImplementedError


@contextmanager
def served_beside() -> Iterator[LlmServer]:
    """Serve in a thread, for processes that a story does not wait for; what is not marked is answered with 503."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    stack = AsyncExitStack()
    try:
        server = asyncio.run_coroutine_threadsafe(stack.enter_async_context(llm_server()), loop).result()
        server.usually = fails(503)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@asynccontextmanager
async def llm_server() -> AsyncIterator[LlmServer]:
    """Serve until the context ends."""
    server = LlmServer()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        server.url = f"http://127.0.0.1:{port}/v1"
        yield server
    finally:
        server.silent.set()
        await runner.cleanup()
