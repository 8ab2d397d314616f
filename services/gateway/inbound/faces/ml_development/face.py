"""ML Development as a face: its paths, who may call, and its words for errors: `{"detail": …}`, a text or the list of what is wrong."""

from typing import Annotated, Final

from pydantic import BaseModel, Field

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.envelope import JsonObject
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.accounts.tier_limits import LimitReachedError
from services.gateway.domain.errors import MethodNotAllowedError, WrongStateError
from services.gateway.domain.jobs.recipe_runs import RunOverError
from services.gateway.domain.models.recipe_models import StandingRefusedError
from services.gateway.domain.recipes.errors import RecipeRefusedError, RecipeUsedError, TooManyRecipeVersionsError
from services.gateway.inbound.faces.ml_development.words import NOT_FOUND, InvalidWordError, MismatchError
from services.gateway.inbound.http.errors import UnusableRequestError
from services.gateway.inbound.http.face import Access, Face
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.queries import InvalidQueryError
from services.gateway.inbound.http.security import welcomes

# How its lists are walked.
PAGES: Final = Offsets(size=100, most=500)
# Input that is read and refused for what it says: 400 with a text. All else that cannot be read is 422 with a list.
REFUSED: Final[tuple[type[PlatformError], ...]] = (
    InvalidWordError,
    MismatchError,
    LimitReachedError,
    RecipeRefusedError,
    RecipeUsedError,
    RunOverError,
    StandingRefusedError,
    TooManyRecipeVersionsError,
)
PROBLEMS_MOST: Final = 50
HEADERS: Final = frozenset({"Content-Type", "Idempotency-Key"})


class MlProblem(BaseModel):
    """One thing that is wrong with a request."""

    loc: list[str | int] = Field(description="Where: `body`, `query` or `path`, and the way from there.", examples=[["body", "name"]])
    msg: str = Field(description="What is wrong, in words.", examples=["This field is required"])
    type: str = Field(description="For programs.", examples=["value_error.missing"])


class MlError(BaseModel):
    """An error."""

    detail: str | list[MlProblem] = Field(description="What is wrong, in words; of a request that cannot be read (422), all of it.")


def error_body(error: PlatformError) -> JsonObject:
    """Say an error as the document's "Error Responses" have it."""
    if isinstance(error, InvalidError) and not isinstance(error, (*REFUSED, MethodNotAllowedError, WrongStateError)):
        return MlError(detail=_problems(error)[:PROBLEMS_MOST]).model_dump()
    return MlError(detail=NOT_FOUND.get(type(error), error.message)).model_dump()


def _problems(error: InvalidError) -> list[MlProblem]:
    if isinstance(error, UnusableRequestError):
        return [MlProblem(loc=list(place), msg=words, type=_kind(kind)) for place, words, kind in error.problems]
    place = "query" if isinstance(error, InvalidQueryError) else "body"
    found = [
        MlProblem(loc=_loc(field, place), msg=words, type="value_error") for field, problems in error.details.items() for words in problems
    ]
    return found or [MlProblem(loc=[place], msg=error.message, type="value_error")]


def _loc(field: str, place: str) -> list[str | int]:
    if field in HEADERS:
        return ["header", field]
    return [place] if field == place else [place, *field.split(".")]


def _kind(kind: str) -> str:
    """Return what the document calls a kind of problem."""
    return "value_error.missing" if kind == "missing" else kind


FACE: Final = Face(
    name="ml_development",
    title="ML Development",
    prefixes=("/api/ml-development",),
    error_body=error_body,
    error_model=MlError,
    statuses={ErrorKind.INVALID: 422},
    exceptions=dict.fromkeys(REFUSED, 400),
    # What the state of a thing does not allow now.
    conflicts=(WrongStateError,),
    access=Access.DOCUMENTED,
    nouns={
        "recipes": "How a model of a family is made: levels that inherit, approval, versions that never change.",
        "models": "Models that were made by recipes.",
        "runs": "Trainings, evaluations and backtests of recipes.",
        "monitoring": "How models do in production: performance, drift, freshness, alerts.",
        "chat": "Questions about recipes, models and runs.",
    },
)
# A stranger is let in where GATEWAY_ANONYMOUS says so: all strangers are one account of the lowest tier.
Reader = Annotated[Caller, welcomes(Scope.READ)]
Maker = Annotated[Caller, welcomes(Scope.TRAIN)]
