"""For machines that look after the gateway, and for readers of events: probes, metrics, AsyncAPI."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from libs.chassis.liveness.fleet import joined_metrics
from libs.chassis.liveness.outages import as_platform_error
from libs.contracts.envelope import JsonObject
from services.gateway.domain.errors import PathNotFoundError
from services.gateway.inbound.http.documents import Readers
from services.gateway.inbound.http.errors import ErrorOut, standard_body
from services.gateway.inbound.http.face import Face
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.inbound.pages.asyncapi_page import asyncapi_page

TAG: Final = "platform"
ROOT_FACE: Final = Face(name="platform", prefixes=("/",), error_body=standard_body, error_model=ErrorOut)
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
METRICS_EXAMPLE: Final = 'modelbourse_requests_total{face="auth",instance="gateway-1",method="GET",service="gateway",status="200"} 3.0\n'
NO_METRICS: Final = PathNotFoundError("There is nothing at /metrics.")
LOOK_WITHIN_S: Final = 1.0
Check = Callable[[], Awaitable[Any]]


class LiveOut(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class ReadyOut(BaseModel):
    """Whether all is there that no request can do without."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str] = Field(description="`ok`, or what is wrong.", examples=[{"mongodb": "ok", "kafka": "ok"}])


class EventsOut(BaseModel):
    """An AsyncAPI document."""

    model_config = ConfigDict(extra="allow")

    asyncapi: str = Field(examples=["3.0.0"])
    info: JsonObject = Field(examples=[{"title": "Modelbourse events", "version": "0.1.0"}])
    channels: JsonObject = Field(examples=[{"training.completed": {"address": "training.completed"}}])
    operations: JsonObject = Field(examples=[{}])
    components: JsonObject = Field(examples=[{}])


@dataclass(frozen=True, slots=True)
class PlatformParts:
    """What these routes look at. `checks` are of what no request can do without."""

    redis: Redis
    namespace: str
    checks: Mapping[str, Check]
    asyncapi: Callable[[], dict[str, Any]]
    readers: Readers


def make_platform_routes(parts: PlatformParts) -> APIRouter:
    """Return `/livez`, `/readyz`, `/metrics`, `/asyncapi`, `/asyncapi.json`."""
    routes = make_router(tags=[TAG])
    _add_probes(routes, parts)
    _add_documents(routes, parts)
    return routes


def _add_probes(routes: APIRouter, parts: PlatformParts) -> None:
    @routes.get("/livez", summary="Does the process answer?")
    async def livez() -> LiveOut:
        """Say so; nothing else is looked at."""
        return LiveOut(status="ok")

    unready = {"status": "unavailable", "checks": {"mongodb": "ok", "kafka": "The message broker is not available right now."}}

    @routes.get(
        "/readyz",
        summary="Can requests be served?",
        responses={
            200: {"model": ReadyOut},
            503: {"model": ReadyOut, "content": {"application/json": {"example": unready}}, "description": "Something is missing."},
        },
    )
    async def readyz() -> Response:
        """Say what is missing; 503 when something is."""
        looked = await asyncio.gather(*(_look(check) for check in parts.checks.values()))
        found = dict(zip(parts.checks, looked, strict=True))
        ready = all(state == "ok" for state in found.values())
        return JSONResponse({"status": "ok" if ready else "unavailable", "checks": found}, status_code=200 if ready else 503)

    @routes.get(
        "/metrics",
        summary="Metrics of the whole fleet, for Prometheus",
        response_class=PlainTextResponse,
        responses={200: {"content": {"text/plain": {"example": METRICS_EXAMPLE}}}, **refused(ROOT_FACE, 503, NO_METRICS)},
    )
    async def metrics(request: Request) -> Response:
        """Every process's own, with the labels service and instance; where there is a `GATEWAY_METRICS_TOKEN`, for who brings it."""
        parts.readers.check_metrics(request)
        return Response(await joined_metrics(parts.redis, parts.namespace), media_type=METRICS_TYPE)


def _add_documents(routes: APIRouter, parts: PlatformParts) -> None:
    # Made once, at the first call: anybody may ask for them, as often as they like.
    document = cache(parts.asyncapi)
    page = cache(lambda: asyncapi_page(document()))

    @routes.get("/asyncapi.json", summary="The events, as an AsyncAPI 3 document", responses={200: {"model": EventsOut}})
    async def asyncapi_json(request: Request) -> Response:
        """Generate it from the contracts."""
        await parts.readers.check_docs(request)
        return JSONResponse(document())

    @routes.get(
        "/asyncapi",
        summary="The events, to read",
        response_class=HTMLResponse,
        responses={200: {"content": {"text/html": {"example": "<!doctype html><title>Modelbourse events</title>…"}}}},
    )
    async def asyncapi(request: Request) -> Response:
        """One page, without anything from elsewhere."""
        await parts.readers.check_docs(request)
        return HTMLResponse(page())


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
