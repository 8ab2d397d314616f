"""The one HTTP app: every face's routes behind one gate, with one place where errors become answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from libs.chassis.errors import InvalidError, PlatformError
from services.gateway.domain.errors import MethodNotAllowedError, PayloadTooLargeError
from services.gateway.inbound.http.described import Schema
from services.gateway.inbound.http.documents import Readers, nothing_at
from services.gateway.inbound.http.errors import answer_error, invalid_request
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.face import Face, Faces
from services.gateway.inbound.http.gate import Gate, GateParts
from services.gateway.inbound.http.openapi import describe
from services.gateway.inbound.http.quick import QuickRoute
from services.gateway.inbound.http.strict_route import StrictRoute
from services.gateway.inbound.http.uploads import upload_terms_of


@dataclass(frozen=True, slots=True)
class Served:
    """A face with its routes, and what its handlers call besides the platform's use cases.

    `plain_routes` are Starlette's and answer before the routers; those of `uploads` bound their bodies themselves.
    `describe` adds to the OpenAPI document what FastAPI does not know of.
    """

    face: Face
    routers: Sequence[APIRouter] = ()
    use_cases: Sequence[Any] = ()
    plain_routes: Sequence[BaseRoute] = ()
    uploads: Sequence[Route] = ()
    describe: Sequence[Callable[[Schema], None]] = ()


class App(FastAPI):
    """FastAPI, which hands what is for a quick route to the gate itself: nothing that stands before it concerns them."""

    gate: Gate | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self.gate is not None and scope["type"] == "http" and (quick := self.gate.quick_of(scope)) is not None:
            await self.gate.serve(scope, receive, send, quick=quick)
        else:
            await super().__call__(scope, receive, send)


def make_app(
    *,
    parts: GateParts,
    served: Sequence[Served],
    cors_origins: Sequence[str] = (),
    readers: Readers,
    server: str = "/",
) -> FastAPI:
    """Return the app.

    `server` is where the OpenAPI document says that the API is: `/` is wherever the document was read (OpenAPI 3.1, Server Object).
    """
    app = App(
        title="Modelbourse",
        version="0.1.0",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # The gate makes one span a request, which costs a tenth.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    plain_routes = [route for each in served for route in each.plain_routes]
    app.router.routes.extend(plain_routes)
    # Routes as they are (`make_router`): included, each would be worked out a second time when the first request of this app comes, and
    # every request would pass through its router.
    app.router.routes.extend(route for each in served for router in each.routers for route in router.routes)
    app.router.routes.append(_no_socket(parts.faces))
    app.add_exception_handler(PlatformError, _on_platform_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    quick = [route for route in plain_routes if isinstance(route, QuickRoute)]
    gate = Gate(parts=parts, quick=quick, uploads=[route for each in served for route in _uploads(each)])
    app.add_middleware(gate.before)
    if not cors_origins:
        app.gate = gate
    else:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(cors_origins),
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id", "X-Correlation-Id"],
            expose_headers=["X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"],
        )
    describe(app, faces=parts.faces, more=[add for each in served for add in each.describe], readers=readers, server=server)
    return app


def _uploads(served: Served) -> list[Route]:
    routes = (route for router in served.routers for route in router.routes)
    marked = (route for route in routes if isinstance(route, StrictRoute) and upload_terms_of(route.endpoint) is not None)
    return [*served.uploads, *marked]


def _no_socket(faces: Faces) -> WebSocketRoute:
    """Return the route of sockets at paths where there are none: each is refused as its owner refuses an unknown path."""

    async def refuse(socket: WebSocket) -> None:
        await socket.send_denial_response(answer_error(nothing_at(socket), face=faces.owner_of(socket.url.path)))

    return WebSocketRoute("/{path:path}", refuse)


async def _on_platform_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PlatformError)
    return answer_error(error, face=exchange_of(request.scope).face)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer_error(invalid_request(error.errors()), face=exchange_of(request.scope).face)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return answer_error(_in_our_words(request, error), face=exchange_of(request.scope).face)


def _in_our_words(request: Request, error: HTTPException) -> PlatformError:
    path = request.url.path[:200]
    match error.status_code:
        case 404:
            return nothing_at(request)
        case 405:
            allowed = sorted(allowed_methods(request))
            return MethodNotAllowedError(f"{request.method[:20]} is not allowed at {path}.", allow=", ".join(allowed))
        case 413:
            return PayloadTooLargeError("The request's body is too large.")
        case _:
            return InvalidError(str(error.detail)[:200])


def allowed_methods(request: Request) -> set[str]:
    """Return the methods that some route takes at this path."""
    found: set[str] = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = dict(request.scope) | {"method": method, "path_params": {}}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            found |= {method, "HEAD"} if method == "GET" else {method}
    return found
