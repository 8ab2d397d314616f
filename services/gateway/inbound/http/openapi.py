"""One OpenAPI 3.1 document for all faces, and the pages that show it."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from fastapi.openapi.utils import get_openapi
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from services.gateway.inbound.http.described import Schema
from services.gateway.inbound.http.documents import Readers, nothing_at
from services.gateway.inbound.http.examples import show_examples
from services.gateway.inbound.http.face import Faces
from services.gateway.inbound.http.refusals import describe_refusals

DESCRIPTION: Final = """\
Create a model, train it on a cluster, watch it, read honest results, ask it for predictions with reasons.

**Begin**: `POST /auth/register`, then press *Authorize* and log in with the same name and password.
Programs use an API key (`POST /auth/api-keys`) in the same header: `Authorization: Bearer …`.

**Limits** count per account and API: an hour in AI Studio, a minute in Trading AI, some routes a day.
Every answer says how it stands: `X-RateLimit-Limit`, `X-RateLimit-Remaining`,
`X-RateLimit-Reset` (Unix time in seconds). A refused request is 429 with `Retry-After` in seconds.

**Requests that start work** take an `Idempotency-Key`: sent twice, they are done once.

**Every answer** carries `X-Request-Id`, `X-Correlation-Id` (yours, if you send one) and `traceparent`.
"""
# Where an app keeps its document, in the state that is for what it has for as long as it runs: writing it takes seconds.
WRITTEN: Final = "openapi"
ASSETS: Final = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
PAGE_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
)


def describe(app: FastAPI, *, faces: Faces, more: Sequence[Callable[[Schema], None]] = (), readers: Readers, server: str) -> None:
    """Give the app its OpenAPI document and the pages `/openapi.json` and `/docs`; `/` leads a browser to the web UI.

    `more` adds what FastAPI cannot see; `readers` says who may read them; `server` is where the paths are called.
    """
    app.openapi = lambda: make_document(app, faces=faces, more=more, server=server)  # type: ignore[method-assign]  # FastAPI's documented way

    async def openapi(request: Request) -> Response:
        await readers.check_docs(request)
        if not hasattr(app.state, WRITTEN):
            setattr(app.state, WRITTEN, orjson.dumps(app.openapi()))
        caching = {"cache-control": "public, max-age=60"} if readers.docs == "public" else {}
        return Response(getattr(app.state, WRITTEN), media_type="application/json", headers=caching)

    async def docs(request: Request) -> Response:
        await readers.check_docs(request)
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Modelbourse API",
            swagger_js_url="/docs/swagger-ui-bundle.js",
            swagger_css_url="/docs/swagger-ui.css",
            swagger_favicon_url="data:,",
            oauth2_redirect_url="/docs/oauth2-redirect",
            swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True, "filter": True, "tryItOutEnabled": True},
        )
        page.headers["content-security-policy"] = PAGE_POLICY
        return page

    async def redirected(request: Request) -> Response:
        await readers.check_docs(request)
        return get_swagger_ui_oauth2_redirect_html()

    async def asset(request: Request) -> Response:
        if readers.docs == "off":
            raise nothing_at(request)
        name = request.url.path.rpartition("/")[2]
        content = (files("fastapi_swagger") / "resources" / name).read_bytes()
        return Response(content, media_type=ASSETS[name], headers={"cache-control": "public, max-age=86400"})

    pages = {"/openapi.json": openapi, "/docs": docs, "/docs/oauth2-redirect": redirected}
    for path, page in (pages | {f"/docs/{name}": asset for name in ASSETS}).items():
        app.add_route(path, page, methods=["GET"], include_in_schema=False)
    app.router.routes.insert(0, _BrowserRoute("/", _home, methods=["GET"], include_in_schema=False))


class _BrowserRoute(Route):
    """A route that is there for browsers alone: what programs are answered at its path is another's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and "text/html" not in Headers(scope=scope).get("accept", ""):
            return Match.NONE, {}
        return super().matches(scope)


async def _home(_: Request) -> Response:
    return RedirectResponse("/app")


def make_document(app: FastAPI, *, faces: Faces, more: Sequence[Callable[[Schema], None]] = (), server: str) -> Schema:
    """Return the OpenAPI 3.1 document of all routes."""
    tags = [{"name": face.tag(noun), "description": text} for face in faces.all for noun, text in face.nouns.items()]
    servers: list[dict[str, Any]] = [{"url": server}]
    schema = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, tags=tags, servers=servers)
    for add in more:
        add(schema)
    _leave_out_what_never_travels(schema)
    describe_refusals(schema, faces=faces)
    show_examples(schema)
    return schema


def _leave_out_what_never_travels(schema: Schema) -> None:
    # FastAPI names each model among a body's types, also one that a validator makes of what is sent.
    schemas, paths = schema["components"]["schemas"], orjson.dumps(schema)
    for name in [name for name in schemas if f'"#/components/schemas/{name}"'.encode() not in paths]:
        del schemas[name]
