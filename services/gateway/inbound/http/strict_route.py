"""The one route class of the gateway: credential before input, queries and JSON read strictly, work done once per Idempotency-Key."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

import orjson
from fastapi import APIRouter, Depends, params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.errors import UnreadableRequestError
from services.gateway.domain.repeats import Answer
from services.gateway.domain.work import Work
from services.gateway.inbound.http.errors import invalid_request
from services.gateway.inbound.http.exchange import Exchange, exchange_of
from services.gateway.inbound.http.face import Access
from services.gateway.inbound.http.limits import limits_of
from services.gateway.inbound.http.queries import check_queries, known_queries, without_empty
from services.gateway.inbound.http.strict_json import read_json
from services.gateway.inbound.http.uploads import Uploads, upload_terms_of

F = TypeVar("F", bound=Callable[..., Any])
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

DOOR: Final = "__door__"
MARK: Final = "__starts_work__"
HEADER: Final = "idempotency-key"
PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "The same key with the same request gives the same answer for a day; the work is done once. Another request: 409.",
}


@dataclass(frozen=True, slots=True)
class Door:
    """A route that its document leaves open, and what it needs where such routes are closed."""

    else_needs: Scope | None = None


def starts_work(endpoint: F) -> F:
    """Mark an endpoint that starts work: it honours `Idempotency-Key`. Stands below the route's decorator."""
    setattr(endpoint, MARK, True)
    return endpoint


def open_as_documented(*, else_needs: Scope | None = None) -> Callable[[F], F]:
    """Mark an endpoint that its document leaves open; under GATEWAY_ANONYMOUS=never it needs a credential, with `else_needs` if given.

    Stands below the route's decorator.
    """

    def mark(endpoint: F) -> F:
        setattr(endpoint, DOOR, Door(else_needs))
        return endpoint

    return mark


def admit(exchange: Exchange, *, door: Door | None) -> None:
    """Let a request in, or raise AuthenticationError or PermissionDeniedError. A bad credential is refused where none would do, too."""
    access = exchange.face.access
    if access is Access.OPEN:
        return
    if exchange.anonymous and exchange.refused is None and (door is not None or access is Access.DOCUMENTED):
        return
    if door is not None and door.else_needs is not None and not exchange.anonymous:
        exchange.require(door.else_needs)
    else:
        exchange.require()


def current_work(request: Request) -> Work:
    """Return the work that a request starts; without an Idempotency-Key each is its own."""
    return exchange_of(request.scope).work or Work()


CurrentWork = Annotated[Work, Depends(current_work)]


def make_router(*, prefix: str = "", tags: list[str] | None = None, route_class: "type[StrictRoute] | None" = None) -> APIRouter:
    """Return a router whose routes are strict; every router of the gateway is made here. `route_class` may add to what a route does."""
    return APIRouter(
        prefix=prefix,
        tags=list(tags or []),
        route_class=route_class or StrictRoute,
        # Short names for generated clients: a handler's name is said once in all faces.
        generate_unique_id_function=lambda route: route.name,
        strict_content_type=False,  # `check_content_type` says what is understood.
    )


class StrictRequest(Request):
    """A request whose JSON was read strictly before FastAPI asks for it; a query parameter without a value is none."""

    @property
    def query_params(self) -> QueryParams:
        """The query's parameters that have a value."""
        return without_empty(super().query_params)

    async def read(self) -> Any:
        """Read the body. Raise InvalidError for another content type or bad JSON."""
        body = await self.body()
        if body:
            check_content_type(self.headers.get("content-type"))
            self._json = read_json(body)
            return self._json
        return None


def check_content_type(content_type: str | None) -> None:
    """Raise InvalidError unless the body is JSON; nothing said counts as JSON."""
    named = (content_type or "application/json").partition(";")[0].strip().lower()
    if named != "application/json" and not (named.startswith("application/") and named.endswith("+json")):
        message = "The request's body cannot be read."
        raise UnreadableRequestError(message, details={"Content-Type": [f"'{named[:60]}' is not understood; send application/json."]})


class StrictRoute(APIRoute):
    """See the module."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if getattr(endpoint, MARK, False):
            extra = dict(options.get("openapi_extra") or {})
            options["openapi_extra"] = extra | {"parameters": [*extra.get("parameters", []), PARAMETER]}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """Return FastAPI's handler with the gateway's own order of things around it."""
        answer = super().get_route_handler()
        reads_json = self.body_field is not None and not isinstance(self.body_field.field_info, params.Form)
        works = bool(getattr(self.endpoint, MARK, False))
        door, limits, upload = getattr(self.endpoint, DOOR, None), limits_of(self.endpoint), upload_terms_of(self.endpoint)
        path, queries = self.path_format, known_queries(self.dependant, self.openapi_extra)

        async def handle(request: Request) -> Response:
            exchange = exchange_of(request.scope)
            admit(exchange, door=door)
            if limits:
                exchange.count(limits, route=f"{request.method} {path}")
            if queries:
                check_queries(request.query_params, known=queries)
            strict = StrictRequest(request.scope, request.receive)
            body = await strict.read() if reads_json else None
            key = request.headers.get(HEADER) if works else None
            if upload is not None:
                exchange.key, exchange.route = key, _route(request, path)
                async with exchange.use_cases[Uploads].receiving(strict, terms=upload) as received:
                    sent = [dict(received.fields), received.staged.sha256]
                    return await _answer(strict, key=key, body=sent, path=path, answer=answer)
            return await _answer(strict, key=key, body=body, path=path, answer=answer)

        return handle


async def _answer(request: StrictRequest, *, key: str | None, body: Any, path: str, answer: Handler) -> Response:
    return await (answer(request) if key is None else _once(request, key=key, body=body, path=path, answer=answer))


async def _once(request: StrictRequest, *, key: str, body: Any, path: str, answer: Handler) -> Response:
    exchange = exchange_of(request.scope)

    async def run(work: Work) -> Answer:
        exchange.work = work
        try:
            given = await answer(request)
        except RequestValidationError as error:
            raise invalid_request(error.errors()) from error
        named = tuple((name, value) for name, value in given.headers.items() if name != "content-length")
        needed = tuple(sorted(scope.value for scope in exchange.needed))
        return Answer(status=given.status_code, headers=named, body=bytes(given.body), needed=needed)

    kept = await exchange.run_once(
        key=key,
        account_id=exchange.owner(),
        route=_route(request, path),
        request=orjson.dumps([request.path_params, request.url.query, body], option=orjson.OPT_SORT_KEYS),
        run=run,
    )
    exchange.repeated = exchange.work is None
    for scope in kept.needed:
        exchange.require(Scope(scope))
    return Response(kept.body, status_code=kept.status, headers=dict(kept.headers))


def _route(request: Request, path: str) -> str:
    return f"{request.method} {path.rstrip('/')}"
