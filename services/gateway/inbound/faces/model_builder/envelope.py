"""The one place where Model Builder's answers are wrapped: a handler returns its `data`, and its route says the rest."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, get_type_hints

from fastapi import APIRouter
from starlette.responses import Response

from libs.chassis.logs import correlation_id
from libs.chassis.stores.parts import Part
from modelbourse.answers.answer import Answer
from modelbourse.answers.builder.said import CORRELATION_ID, BuilderPage, BuilderPagination, BuilderSaid
from services.gateway.inbound.faces.model_builder.face import FACE
from services.gateway.inbound.http.described import Schema, resolve
from services.gateway.inbound.http.strict_route import StrictRoute, make_router

F = TypeVar("F", bound=Callable[..., Any])
P = TypeVar("P", bound=BuilderPage[Any])
SAYS: Final = "__says__"


def says(message: Callable[[Any], str]) -> Callable[[F], F]:
    """Say another message than the route's `response_description`, by the answer's data. Stands below the route's decorator."""

    def mark(endpoint: F) -> F:
        setattr(endpoint, SAYS, message)
        return endpoint

    return mark


class EnvelopedRoute(StrictRoute):
    """A strict route whose handler returns what is its answer's `data`; its `message` is the route's `response_description`.

    A handler that returns a Response of its own is let alone.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Raise ValueError for a route without a `response_description`."""
        kind = get_type_hints(endpoint, include_extras=True)["return"]
        if not (isinstance(kind, type) and issubclass(kind, Response)):
            constant = options.get("response_description")
            if constant in {None, "Successful Response"}:
                message = f"{path}: an answer's message is its route's `response_description`, which is missing"
                raise ValueError(message)
            options["response_model"] = BuilderSaid[kind]  # type: ignore[valid-type]  # known at import alone
            endpoint = _enveloped(endpoint, message=getattr(endpoint, SAYS, None) or (lambda _: constant))
        super().__init__(path, endpoint, **options)


def _enveloped(endpoint: Callable[..., Any], *, message: Callable[[Any], str]) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    async def answer(*args: Any, **named: Any) -> BuilderSaid[Any]:
        data = await endpoint(*args, **named)
        return BuilderSaid(success=True, data=data, message=message(data), correlation_id=correlation_id())

    return answer


def describe_messages(document: Schema) -> None:
    """Show each answer's own message in its example."""
    for path, methods in document["paths"].items():
        for operation in methods.values() if path.startswith(FACE.prefix) else ():
            for status, answer in operation["responses"].items():
                schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
                said = resolve(document, schema) if status.startswith("2") and "$ref" in schema else {}
                if "message" in said.get("properties", {}):
                    said["properties"]["message"]["examples"] = [answer["description"]]


def make_routes(noun: str, *, under: str = "") -> APIRouter:
    """Return a router for the routes of a noun of the face, below `/api/v1{under}`."""
    return make_router(prefix=f"{FACE.prefix}{under}", tags=[FACE.tag(noun)], route_class=EnvelopedRoute)


def answered(example: Answer, *, message: str, status: int = 200) -> dict[int | str, Schema]:
    """Return a route's `responses` with an example of its answer, made by what makes the answers themselves."""
    body = {"success": True, "data": example.as_json(), "message": message, "correlation_id": CORRELATION_ID}
    return {status: {"content": {"application/json": {"example": body}}}}


def page_of(kind: type[P], rows: Sequence[Answer], *, part: Part, total: int, **beside: Sequence[Answer]) -> P:
    """Return a part of a list as an answer: `limit` and `offset` of the request, told in pages; `beside` are further fields of it."""
    pagination = BuilderPagination(
        page=part.skipped // part.size + 1,
        per_page=part.size,
        total=total,
        total_pages=-(-total // part.size),
        has_next=part.skipped + len(rows) < total,
        has_prev=part.skipped > 0,
    )
    return kind(items=list(rows), pagination=pagination, **beside)
