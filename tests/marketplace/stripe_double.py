"""Stripe's side of the wire, as far as we use it: a real HTTP server that keeps customers, intents and refunds, and troubles at will.

It speaks as api.stripe.com does: forms in, JSON out, bearer keys, idempotency keys (the same answer again for the same request, an error for
another one, 409 while the first is under way; forgotten when a story says so), parameters it does not know refused, errors as objects.
"""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from tests.marketplace.stripe_objects import RefusalError, StripeObjects
from tests.waiting import until

KEY: Final = "sk_test_51Double0Secret"
Answer = tuple[int, bytes]


@dataclass
class Trouble:
    """What happens to the next request that it fits, once: `status` instead of the answer, `before` or after it was carried out.

    Without a status the answer never comes.
    """

    method: str
    path: str
    status: int | None = None
    before: bool = True

    def fits(self, request: Request) -> bool:
        return request.method == self.method and re.fullmatch(self.path, request.url.path) is not None


@dataclass
class Call:
    """One request that came."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class StripeDouble:
    """The server; a story reads its `objects`, its `calls` and how many stay `unanswered`, and orders its `troubles`."""

    url: str = ""
    objects: StripeObjects = field(default_factory=StripeObjects)
    troubles: list[Trouble] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    unanswered: int = 0
    _memory: dict[str, tuple[str, Answer | None]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def forget_keys(self) -> None:
        """Let a day go by: idempotency keys are forgotten, all else stays."""
        self._memory.clear()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        form = {name: str(value) for name, value in (await request.form()).items()} | dict(request.query_params)
        self.calls.append(Call(request.method, request.url.path, dict(request.headers), form))
        status, body = await self._answer(request, form)
        headers = {"request-id": f"req_{next(self._numbers)}", "content-type": "application/json"}
        await Response(body, status_code=status, headers=headers)(scope, receive, send)

    async def _answer(self, request: Request, form: dict[str, str]) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _refused(RefusalError(401, "invalid_request_error", None, "Invalid API Key provided: sk_test_*****cret"))
        trouble = next((each for each in self.troubles if each.fits(request)), None)
        if trouble:
            self.troubles.remove(trouble)
            if trouble.before:
                return await self._trouble(trouble)
        answer = await self._once(request, form)
        return await self._trouble(trouble) if trouble else answer

    async def _trouble(self, trouble: Trouble) -> Answer:
        if trouble.status is None:
            self.unanswered += 1
            await asyncio.Event().wait()
        kind = "rate_limit" if trouble.status == 429 else "api_error"
        return _refused(RefusalError(trouble.status or 500, kind, None, "Something went wrong."))

    async def _once(self, request: Request, form: dict[str, str]) -> Answer:
        """Carry a request out, or say again what was said to the same one before."""
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key is None:
            return self._carry_out(request, form)
        asked = f"{request.url.path} {sorted(form.items())}"
        if key in self._memory:
            before, answer = self._memory[key]
            if before != asked:
                message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
                return _refused(RefusalError(400, "idempotency_error", None, message))
            if answer is None:
                return _refused(RefusalError(409, "idempotency_error", "idempotency_key_in_use", "There is another request in progress."))
            return answer
        self._memory[key] = (asked, None)
        await asyncio.sleep(0)  # Others come in between, as they do.
        self._memory[key] = (asked, self._carry_out(request, form))
        return self._memory[key][1] or (500, b"")

    def _carry_out(self, request: Request, form: dict[str, str]) -> Answer:
        try:
            return 200, orjson.dumps(self.objects.carry_out(request.method, request.url.path, form))
        except RefusalError as refusal:
            return _refused(refusal)


def _refused(refusal: RefusalError) -> Answer:
    return refusal.status, orjson.dumps({"error": refusal.body})


@asynccontextmanager
async def stripe_double() -> AsyncIterator[StripeDouble]:
    """Serve on a free port of this machine."""
    double = StripeDouble()
    server = uvicorn.Server(uvicorn.Config(double, host="127.0.0.1", port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # signals are the test's
    serving = asyncio.create_task(server.serve())

    async def listens() -> bool:
        return server.started

    await until(listens, within=60)
    double.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield double
    finally:
        server.should_exit = True
        server.force_exit = True
        await serving
