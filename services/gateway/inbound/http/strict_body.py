"""Bodies that FastAPI reads: unknown keys are refused, each by its name unless there are very many, with the nearest known one."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from libs.contracts.names import did_you_mean
from libs.contracts.problems import MOST
from services.gateway.domain.dates import is_date

SHOWN: Final = 60
UNKNOWN: Final = "unknown_field"


def _day(given: Any) -> date:
    if not is_date(given):
        msg = "Must be a date such as 2012-12-31"
        raise ValueError(msg)
    return date.fromisoformat(given)


def _number(given: Any) -> Any:
    # pydantic takes true for 1 and "0.8" for 0.8.
    if isinstance(given, bool | str):
        msg = "Must be a number"
        raise ValueError(msg)  # noqa: TRY004 - pydantic tells no other
    return given


def _boolean(given: Any) -> Any:
    # pydantic takes "yes" and 1 for true.
    if not isinstance(given, bool):
        msg = "Must be true or false"
        raise ValueError(msg)  # noqa: TRY004 - pydantic tells no other
    return given


Day = Annotated[date, BeforeValidator(_day)]
# Annotates an int or a float.
Number: Final = BeforeValidator(_number)
Boolean = Annotated[bool, BeforeValidator(_boolean)]


class StrictBody(BaseModel):
    """A request's body without room for anything else."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_many(cls, given: Any) -> Any:
        # In one error, before pydantic makes one of each: that would hold up everybody else.
        known = {field.alias or name for name, field in cls.model_fields.items()}
        unknown = [name for name in given if name not in known] if isinstance(given, dict) else []
        if len(unknown) > MOST:
            message = f"There are {len(unknown)} unknown fields, such as '{unknown[0][:SHOWN]}'."
            raise ValueError(message)
        return given

    @model_validator(mode="wrap")
    @classmethod
    def _say_what_is_known(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return read(given)
        except ValidationError as error:
            known = [field.alias or name for name, field in cls.model_fields.items()]
            problems = [_told(problem, known=known) for problem in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(cls.__name__, problems) from None


def _told(problem: Mapping[str, Any], *, known: Collection[str]) -> InitErrorDetails:
    """Return a problem as it was, an unknown key of this very body with the names that there are."""
    kind, place = problem["type"], problem["loc"]
    if kind == "extra_forbidden" and len(place) == 1:
        words = f"There is no such field; there are {', '.join(known)}.{did_you_mean(str(place[0]), known)}"
        told: str | PydanticCustomError = PydanticCustomError(UNKNOWN, "{words}", {"words": words})
    elif kind == UNKNOWN:  # of a body inside this one
        told = PydanticCustomError(UNKNOWN, "{words}", problem["ctx"])
    else:
        told = kind
    return InitErrorDetails(type=told, loc=place, input=problem["input"], ctx=problem.get("ctx", {}))
