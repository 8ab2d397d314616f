"""For machines that look after the gateway, and for readers of events: probes, metrics, AsyncAPI."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from redis.asyncio import Redis
from starlette.responses import HTMLResponse, JSONResponse, Response

from libs.chassis.fleet import joined_metrics
from libs.chassis.outages import as_platform_error
from services.gateway.inbound.error_answers import standard_body
from services.gateway.inbound.face import Face
from services.gateway.inbound.pages.asyncapi_page import asyncapi_page
from services.gateway.inbound.strict_route import make_router

TAG: Final = "platform"
ROOT_FACE: Final = Face(name="platform", prefix="/", error_body=standard_body)
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
LOOK_WITHIN_S: Final = 1.0
Check = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class PlatformParts:
    """What these routes look at. `checks` are of what no request can do without."""

    redis: Redis
    namespace: str
    checks: Mapping[str, Check]
    asyncapi: Callable[[], dict[str, Any]]


def make_platform_routes(parts: PlatformParts) -> APIRouter:
    """Return `/livez`, `/readyz`, `/metrics`, `/asyncapi`, `/asyncapi.json`."""
    routes = make_router(tags=[TAG])
    _add_probes(routes, parts)
    _add_documents(routes, parts)
    return routes


def _add_probes(routes: APIRouter, parts: PlatformParts) -> None:
    @routes.get("/livez", summary="Does the process answer?")
    async def livez() -> dict[str, str]:
        """Say so; nothing else is looked at."""
        return {"status": "ok"}

    @routes.get("/readyz", summary="Can requests be served?")
    async def readyz() -> Response:
        """Say what is missing; 503 when something is."""
        looked = await asyncio.gather(*(_look(check) for check in parts.checks.values()))
        found = dict(zip(parts.checks, looked, strict=True))
        ready = all(state == "ok" for state in found.values())
        return JSONResponse({"status": "ok" if ready else "unavailable", "checks": found}, status_code=200 if ready else 503)

    @routes.get("/metrics", summary="Metrics of the whole fleet, for Prometheus")
    async def metrics() -> Response:
        """Every process's own, with the labels service and instance."""
        return Response(await joined_metrics(parts.redis, parts.namespace), media_type=METRICS_TYPE)


def _add_documents(routes: APIRouter, parts: PlatformParts) -> None:
    @routes.get("/asyncapi.json", summary="The events, as an AsyncAPI 3 document")
    async def asyncapi_json() -> Response:
        """Generate it from the contracts."""
        return JSONResponse(parts.asyncapi())

    @routes.get("/asyncapi", summary="The events, to read", response_class=HTMLResponse)
    async def asyncapi() -> Response:
        """One page, without anything from elsewhere."""
        return HTMLResponse(asyncapi_page(parts.asyncapi()))


async def _look(check: Check) -> str:
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            await check()
    except TimeoutError:
        return f"no answer within {LOOK_WITHIN_S:.0f} s"
    except Exception as error:
        away = as_platform_error(error)
        if away is None:
            raise
        return away.message
    return "ok"
