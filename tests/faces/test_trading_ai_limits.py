"""Each route of Trading AI has the limit that its document says, as the gate counts it."""

from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute

from services.gateway.inbound.faces.trading_ai.face import FACE
from services.gateway.inbound.faces.trading_ai.served import SERVED as FACE_SERVED
from services.gateway.inbound.http.face import Limit
from services.gateway.inbound.http.limits import limits_of
from tests.faces.trading_ai_limits import COUNTED_WHEN_STARTED, LIMITS, OTHERS


def routes() -> Iterator[tuple[str, APIRoute]]:
    for router in FACE_SERVED.routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods):
                yield f"{method} {route.path}", route


def counted(route: APIRoute) -> set[tuple[int, Any]]:
    limits: tuple[Limit, ...] = (*FACE.limits, *limits_of(route.endpoint))
    return {(limit.most, limit.window) for limit in limits}


def test_a_route_may_be_called_as_often_as_its_document_says() -> None:
    wrong = {
        name: counted(route)
        for name, route in routes()
        if name not in COUNTED_WHEN_STARTED and LIMITS.get(name, OTHERS) not in counted(route)
    }

    assert wrong == {}


def test_no_limit_is_stricter_than_its_document_says() -> None:
    wrong = {
        name: counted(route)
        for name, route in routes()
        for most, window in counted(route)
        if name in LIMITS and window is LIMITS[name][1] and most < LIMITS[name][0]
    }

    assert wrong == {}


def test_every_documented_route_is_served() -> None:
    assert LIMITS.keys() - {name for name, _ in routes()} == set()
