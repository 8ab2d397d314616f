"""A whole face, as small as can be: it differs from AI Studio in all that a face may declare. See add-a-face.md; a test serves it."""

from dataclasses import dataclass
from typing import Annotated, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, Field
from pydantic.alias_generators import to_camel
from starlette.requests import Request

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.envelope import JsonObject
from services.gateway.domain.accounts.caller import Scope
from services.gateway.inbound.http.app import Served
from services.gateway.inbound.http.face import Access, By, Face, Limit, Window
from services.gateway.inbound.http.limits import limited
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import PerhapsCaller, needs, used
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router, open_as_documented

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
    """Say an error as the toy face does."""
    return Failure(detail=error.message, fields=sorted(error.details)).model_dump()


WHEELS_MOST: Final = 4
PAGES: Final = Offsets(size=2, most=3)
TOYS: Final = Face(
    name="toys",
    prefixes=("/toys", "/api/ai-studio/toys"),
    exact=frozenset({"/toy-box"}),
    error_body=in_toy_words,
    error_model=Failure,
    statuses={ErrorKind.INVALID: 422},
    spell=to_camel,
    access=Access.CLOSED,
    limits=(Limit(40, Window.MINUTE, By.ADDRESS),),
)
routes = make_router(tags=["Toys"])
Use = Annotated[ToyUseCases, used(ToyUseCases)]


@routes.get("/toys", openapi_extra={"parameters": PAGES.parameters})
async def list_toys(request: Request, use: Use) -> Success[Toys]:
    """Return a part of the toys' names."""
    part = PAGES.read(request)
    return Success(data=Toys(items=list(use.names[part.skipped :][: part.size]), total=len(use.names), offset=part.skipped))


@routes.post(
    "/api/ai-studio/toys",
    dependencies=[needs()],
    responses=refused(TOYS, InvalidError("Too many.", details={"wheel_count": ["At most 4."]})),
)
async def make_toy(body: ToyIn) -> Success[int]:
    """Make a toy; it has at most four wheels."""
    if body.wheel_count > WHEELS_MOST:
        message = "Too many."
        raise InvalidError(message, details={"wheel_count": ["At most 4."]})
    return Success(data=body.wheel_count)


@routes.get("/toy-box")
@open_as_documented()
async def toy_box(caller: PerhapsCaller) -> Success[str]:
    """Say who looks into the box."""
    return Success(data=caller.username if caller else "a stranger")


@routes.get("/toys/debug")
@open_as_documented(else_needs=Scope.ADMIN)
async def debug() -> Success[str]:
    """Say how the face is; for operators where nobody comes without a credential."""
    return Success(data="all is well")


@routes.get("/toys/rare")
@limited(Limit(2, Window.DAY), Limit(1, Window.MINUTE, By.ADDRESS))
async def rare() -> Success[str]:
    """Be seen twice a day."""
    return Success(data="seen")


SERVED: Final = Served(TOYS, [routes], [ToyUseCases(("bear", "car", "doll", "kite", "top"))])
