"""A second face, as small as can be: it differs from AI Studio in all that a face may declare, and one line adds it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import pytest
import pytest_asyncio
from pydantic import BaseModel, Field
from pydantic.alias_generators import to_camel
from starlette.requests import Request

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.envelope import JsonObject
from services.gateway.domain.caller import Scope
from services.gateway.inbound.http.app import Served
from services.gateway.inbound.http.face import Access, By, Face, Faces, Limit, Window
from services.gateway.inbound.http.limits import limited
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import PerhapsCaller, needs, used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router, open_as_documented
from tests.gateway.conftest import Desk, OpenDesk, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ToyUseCases:
    """What the toy face's handlers call."""

    names: tuple[str, ...]


class Success(BaseModel, Generic[T]):
    """The toy face's envelope."""

    success: Literal[True] = True
    data: T


class Failure(BaseModel):
    """The toy face's envelope of an error."""

    success: Literal[False] = False
    detail: str
    fields: list[str]


class ToyIn(StrictBody):
    """A new toy."""

    wheel_count: int = Field(alias="wheelCount", ge=1)


class Toys(BaseModel):
    """Some toys."""

    items: list[str]
    total: int
    offset: int


def in_toy_words(error: PlatformError) -> JsonObject:
    return Failure(detail=error.message, fields=sorted(error.details)).model_dump()


PAGES: Final = Offsets(size=2, most=3)
TOYS: Final = Face(
    name="toys",
    prefixes=("/toys", "/api/ai-studio/toys"),
    exact=frozenset({"/toy-box"}),
    error_body=in_toy_words,
    error_model=Failure,
    statuses={ErrorKind.INVALID: 422},
    spell=to_camel,
    pages=PAGES,
    access=Access.CLOSED,
    limits=(Limit(40, Window.MINUTE, By.ADDRESS),),
)
routes = make_router(tags=["Toys"])
Use = Annotated[ToyUseCases, used(ToyUseCases)]


@routes.get("/toys", openapi_extra={"parameters": PAGES.parameters})
async def list_toys(request: Request, use: Use) -> Success[Toys]:
    part = PAGES.read(request)
    return Success(data=Toys(items=list(use.names[part.skipped :][: part.size]), total=len(use.names), offset=part.skipped))


@routes.post(
    "/api/ai-studio/toys",
    dependencies=[needs()],
    responses=refused(TOYS, InvalidError("Too many.", details={"wheel_count": ["At most 4."]})),
)
async def make_toy(body: ToyIn) -> Success[int]:
    if body.wheel_count > 4:
        message = "Too many."
        raise InvalidError(message, details={"wheel_count": ["At most 4."]})
    return Success(data=body.wheel_count)


@routes.get("/toy-box")
@open_as_documented()
async def toy_box(caller: PerhapsCaller) -> Success[str]:
    return Success(data=caller.username if caller else "a stranger")


@routes.get("/toys/debug")
@open_as_documented(else_needs=Scope.ADMIN)
async def debug() -> Success[str]:
    return Success(data="all is well")


@routes.get("/toys/rare")
@limited(Limit(2, Window.DAY), Limit(1, Window.MINUTE, By.ADDRESS))
async def rare() -> Success[str]:
    return Success(data="seen")


SERVED: Final = Served(TOYS, [routes], [ToyUseCases(("bear", "car", "doll", "kite", "top"))])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def toys(open_desk: OpenDesk) -> AsyncIterator[Desk]:
    yield await open_desk(besides=[SERVED])


async def test_errors_have_the_face_s_status_envelope_and_spelling(toys: Desk) -> None:
    headers = bearer(await toys.user())

    refused_ = await toys.client.post("/api/ai-studio/toys", json={"wheelCount": 5}, headers=headers)
    unread = await toys.client.post("/api/ai-studio/toys", json={"wheelCount": 0}, headers=headers)
    near = await toys.client.post("/api/ai-studio/toys", json={"wheelCounts": 4}, headers=headers)
    studio = await toys.client.post("/api/ai-studio/models/", json={}, headers=headers)

    assert (refused_.status_code, refused_.json()) == (422, {"success": False, "detail": "Too many.", "fields": ["wheelCount"]})
    assert (unread.status_code, unread.json()["fields"]) == (422, ["wheelCount"])
    assert (near.status_code, near.json()["fields"]) == (422, ["wheelCount", "wheelCounts"])
    assert (studio.status_code, studio.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("path", ["/toys/nothing", "/api/ai-studio/toys/nothing", "/toys/"])
async def test_the_longest_owner_of_a_path_answers_what_is_not_there(toys: Desk, path: str) -> None:
    headers = bearer(await toys.user())

    answer = await toys.client.delete(path, headers=headers)

    assert answer.status_code in {404, 405}
    assert answer.json()["success"] is False
    assert (await toys.client.get("/api/ai-studio/toy", headers=headers)).json()["error"]["code"] == "RESOURCE_NOT_FOUND"


async def test_an_exact_path_belongs_to_the_face_that_names_it(toys: Desk) -> None:
    assert (await toys.client.get("/toy-box/")).json() == {"success": True, "data": "a stranger"}
    assert (await toys.client.get("/toy-box/lid")).json()["error"]["code"] == "RESOURCE_NOT_FOUND"
    with pytest.raises(ValueError, match="both toys and toys own /toy-box"):
        Faces([TOYS, TOYS])


async def test_lists_are_walked_by_limit_and_offset(toys: Desk) -> None:
    headers = bearer(await toys.user())

    first = await toys.client.get("/toys", headers=headers)
    later = await toys.client.get("/toys?limit=3&offset=4", headers=headers)
    wrong = await toys.client.get("/toys?limit=4&offset=-1", headers=headers)

    assert first.json()["data"] == {"items": ["bear", "car"], "total": 5, "offset": 0}
    assert later.json()["data"] == {"items": ["top"], "total": 5, "offset": 4}
    assert (wrong.status_code, wrong.json()["fields"]) == (422, ["limit", "offset"])


async def test_what_a_document_leaves_open_is_closed_where_strangers_never_come_in(toys: Desk, open_desk: OpenDesk) -> None:
    never = await open_desk(besides=[SERVED], anonymous="never")
    user, admin = bearer(await never.user()), await never.admin()

    assert (await toys.client.get("/toys/debug")).status_code == 200
    assert (await toys.client.get("/toys")).status_code == 401
    assert (await toys.client.get("/toy-box", headers=bearer("nonsense"))).status_code == 401
    assert (await never.client.get("/toy-box")).status_code == 401
    assert (await never.client.get("/toy-box", headers=user)).json()["data"].startswith("ada")
    assert [(await never.client.get("/toys/debug", headers=headers)).status_code for headers in (user, admin)] == [403, 200]


async def test_a_route_s_limits_count_besides_its_face_s(toys: Desk) -> None:
    headers = bearer(await toys.user())

    seen, refused_ = [await toys.client.get("/toys/rare", headers=headers) for _ in range(2)]
    other = await toys.client.get("/toys", headers=headers)

    assert (seen.status_code, seen.headers["x-ratelimit-remaining"]) == (200, "0")
    assert (refused_.status_code, refused_.json()["detail"][:46]) == (429, "The limit of 1 requests a minute is used up; t")
    assert 0 < int(refused_.headers["retry-after"]) <= 60
    assert other.headers["x-ratelimit-limit"] == "40"


async def test_the_document_shows_a_face_as_it_answers(toys: Desk) -> None:
    document: dict[str, Any] = (await toys.client.get("/openapi.json")).json()

    answers = document["paths"]["/api/ai-studio/toys"]["post"]["responses"]
    assert {"422", "401", "413"} <= set(answers)
    assert "400" not in answers
    assert answers["422"]["content"]["application/json"]["example"]["fields"] == ["wheelCount"]
    assert answers["422"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Failure"}
