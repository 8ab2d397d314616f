"""Routes that the gate serves by itself: a body in, JSON out, and no layer, request or response object in between."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from services.gateway.inbound.http.exchange import Exchange, exchange_of


@dataclass(slots=True)
class Posted:
    """What a quick route is given: the exchange, the path's parameters, and the body, which is read when it is asked for."""

    exchange: Exchange
    parameters: Mapping[str, str]
    content_type: str | None
    read: Callable[[], Awaitable[bytes]]


Answer: TypeAlias = Callable[[Posted], Awaitable[bytes]]
# In a request's scope: what writes a whole answer of status 200 at once, given the lines of its head and its body, or returns False when
# that is not possible (connections.py).
ANSWER_WHOLE: Final = "gateway.answer_whole"
AnswerWhole: TypeAlias = Callable[[bytes, bytes], bool]


class QuickRoute(Route):
    """A POST that is answered with JSON and 200, or refused by raising a PlatformError. It works behind any other app, too."""

    def __init__(self, path: str, answer: Answer) -> None:
        self.answer = answer

        async def endpoint(request: Request) -> Response:
            content_type = request.headers.get("content-type")
            posted = Posted(exchange_of(request.scope), request.path_params, content_type, request.body)
            return Response(await answer(posted), media_type="application/json")

        super().__init__(path, endpoint, methods=["POST"])

    def parameters_of(self, scope: Scope) -> dict[str, Any] | None:
        """Return the path's parameters of a POST that is for this route, None for any other."""
        matched = self.path_regex.fullmatch(scope["path"])
        return matched.groupdict() if matched else None


Quick: TypeAlias = tuple[QuickRoute, dict[str, Any]]
"""The route that a request is for, and its path's parameters."""
