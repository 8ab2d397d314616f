"""Bodies that FastAPI reads: unknown keys are refused, each by its name unless there are very many."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, model_validator

from libs.contracts.problems import MOST

SHOWN: Final = 60


class StrictBody(BaseModel):
    """A request's body without room for anything else."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_many(cls, given: Any) -> Any:
        # In one error, before pydantic makes one of each: that would hold up everybody else.
        unknown = [name for name in given if name not in cls.model_fields] if isinstance(given, dict) else []
        if len(unknown) > MOST:
            message = f"There are {len(unknown)} unknown fields, such as '{unknown[0][:SHOWN]}'."
            raise ValueError(message)
        return given
