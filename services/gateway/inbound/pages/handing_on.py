"""A file of the API, handed on to a reader as it comes."""

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from services.gateway.inbound.http.exchange import COUNTED_AS, KEY
from services.gateway.inbound.pages.api import ERROR_FROM, Problem, problem_of
from services.gateway.inbound.pages.face import READS

# Runs no script and loads nothing, wherever the file is from.
POLICY: Final = b"default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
HANDED: Final = frozenset({b"content-type", b"content-length", b"content-disposition", b"content-range", b"accept-ranges", b"etag"})
ASKED: Final = frozenset({b"range", b"if-none-match", b"if-range", b"x-correlation-id"})


class HandedOn(Response):
    """The answer of the API's `path`, which is quoted; where it refuses, what `refuse` makes of its problem."""

    def __init__(self, request: Request, path: str, *, token: str, refuse: Callable[[Problem], Response]) -> None:
        super().__init__()
        # What keeps a session on its way stays; what describes a body comes from the API.
        del self.headers["content-length"]
        self._path, _, self._query = path.partition("?")
        self._app, self._token, self._refuse = request.app, token, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the API and hand on what it says."""
        status = 0
        said: list[bytes] = []

        async def hand_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [pair for pair in message["headers"] if pair[0].lower() in HANDED]
                message = {**message, "headers": [*headers, (b"content-security-policy", POLICY), *self.raw_headers]}
            elif status >= ERROR_FROM:
                said.append(message.get("body", b""))
            if status < ERROR_FROM:
                await send(message)

        await self._app(self._asked(scope), receive, hand_on)
        if status >= ERROR_FROM:
            body = orjson.loads(b"".join(said)) if said and said[0] else None
            await self._refuse(problem_of(status, body))(scope, receive, send)

    def _asked(self, scope: Scope) -> Scope:
        headers = [pair for pair in scope["headers"] if pair[0] in ASKED | {b"host"}]
        credential = [(b"authorization", b"Bearer " + self._token.encode())] if self._token else []
        asked = {name: value for name, value in scope.items() if name not in {KEY, "route", "endpoint", "path_params", "app", "router"}}
        path = {"path": unquote(self._path), "raw_path": self._path.encode(), "query_string": self._query.encode(), "method": "GET"}
        return {**asked, **path, "headers": [*headers, *credential], COUNTED_AS: READS}
