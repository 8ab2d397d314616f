"""For machines that look after the gateway: probes and metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from libs.chassis.liveness.fleet import joined_metrics
from libs.chassis.liveness.outages import as_platform_error
from modelbourse.answers.answer import Answer
from services.gateway.domain.errors import PathNotFoundError
from services.gateway.inbound.faces.platform.face import FACE
from services.gateway.inbound.http.documents import Readers
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import make_router

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
METRICS_EXAMPLE: Final = (
    'modelbourse_requests_total{face="auth",instance="gateway-1",method="GET",route="/auth/me",service="gateway",status="200"} 3.0\n'
)
NO_METRICS: Final = PathNotFoundError("There is nothing at /metrics.")
UNREADY: Final = {"status": "unavailable", "checks": {"mongodb": "ok", "kafka": "The message broker is not available right now."}}
LOOK_WITHIN_S: Final = 1.0
Check = Callable[[], Awaitable[Any]]


class Liveness(Answer):
    """The process answers."""

    status: Literal["ok"] = Field(description="It does.")


class Readiness(Answer):
    """Whether all is there that no request can do without."""

    status: Literal["ok", "unavailable"] = Field(description="`unavailable` when something is missing.")
    checks: dict[str, str] = Field(description="`ok`, or what is wrong.", examples=[{"mongodb": "ok", "kafka": "ok"}])


@dataclass(frozen=True, slots=True)
class Probes:
    """What these routes look at. `checks` are of what no request can do without."""

    redis: Redis
    namespace: str
    checks: Mapping[str, Check]
    readers: Readers


Use = Annotated[Probes, used(Probes)]
routes = make_router(tags=[FACE.tag("probes")])


@routes.get("/livez", summary="Does the process answer?")
async def get_liveness() -> Liveness:
    """Say so; nothing else is looked at."""
    return Liveness(status="ok")


@routes.get(
    "/readyz",
    summary="Can requests be served?",
    responses={
        200: {"model": Readiness},
        503: {"model": Readiness, "content": {"application/json": {"example": UNREADY}}, "description": "Something is missing."},
    },
)
async def get_readiness(use: Use) -> Response:
    """Say what is missing; 503 when something is."""
    looked = await asyncio.gather(*(_look(check) for check in use.checks.values()))
    found = dict(zip(use.checks, looked, strict=True))
    ready = all(state == "ok" for state in found.values())
    return JSONResponse({"status": "ok" if ready else "unavailable", "checks": found}, status_code=200 if ready else 503)


@routes.get(
    "/metrics",
    summary="Metrics of the whole fleet, for Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"example": METRICS_EXAMPLE}}}, **refused(FACE, 503, NO_METRICS)},
)
async def get_metrics(request: Request, use: Use) -> Response:
    """Every process's own, with the labels service and instance; where there is a `GATEWAY_METRICS_TOKEN`, for who brings it."""
    use.readers.check_metrics(request)
    return Response(await joined_metrics(use.redis, use.namespace), media_type=METRICS_TYPE)


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
