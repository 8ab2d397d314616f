"""ML Development's words, each value outside of its enum refused as the document has it: `Invalid model_family value: …`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from pydantic import BeforeValidator
from starlette.requests import Request

from libs.chassis.errors import InvalidError, PlatformError
from libs.contracts.names import did_you_mean
from libs.contracts.recipes import FAMILIES, LEVELS, RECIPE_STATUSES, Family, Level, RecipeStatus
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.models.errors import ModelNotFoundError

W = TypeVar("W", bound=str)
SHOWN: Final = 60
# What is not there, as the document says it.
NOT_FOUND: Final[Mapping[type[PlatformError], str]] = {JobNotFoundError: "Run not found", ModelNotFoundError: "Model not found"}


class InvalidWordError(InvalidError):
    """A value outside its enum."""

    def __init__(self, field: str, given: str, *, known: Sequence[str]) -> None:
        problem = f"'{given[:SHOWN]}' is not one of {', '.join(known)}.{did_you_mean(given, known)}"
        super().__init__(f"Invalid {field} value: {problem}", details={field: [problem]})


class MismatchError(InvalidError):
    """A body names another thing than the path does."""

    def __init__(self, field: str) -> None:
        problem = f"It is not the path's {field}; leave it out, or send the same."
        super().__init__(f"Invalid {field} value: {problem}", details={field: [problem]})


WRONG_WORD: Final = InvalidWordError("model_family", "prcing", known=FAMILIES)


def one_of(field: str, known: Sequence[str]) -> BeforeValidator:
    """Return what refuses a text that is not one of some words, whatever else is wrong with the request."""

    def check(given: Any) -> Any:
        if isinstance(given, str) and given not in known:
            raise InvalidWordError(field, given, known=known)
        return given

    return BeforeValidator(check)


def read_filter(request: Request, name: str, *, known: Sequence[W]) -> W | None:
    """Return a filter that is one of some words; None where it was not given. Raise InvalidWordError."""
    given = request.query_params.get(name)
    if not given:
        return None
    found = next((word for word in known if word == given), None)
    if found is None:
        raise InvalidWordError(name, given, known=known)
    return found


def same_as(path: str, body: str | None, *, field: str) -> None:
    """Raise MismatchError where a body repeats the path's id and has another one."""
    if body is not None and body != path:
        raise MismatchError(field)


FamilyWord = Annotated[Family, one_of("model_family", FAMILIES)]
LevelWord = Annotated[Level, one_of("level", LEVELS)]
RecipeStatusWord = Annotated[RecipeStatus, one_of("status", RECIPE_STATUSES)]
