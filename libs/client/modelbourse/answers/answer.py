"""What all answers have in common: every documented key as an attribute, and what a newer gateway adds besides."""

from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from modelbourse.answers.frames import to_frame

Row = TypeVar("Row", bound="Answer")
# Money with two decimals; a string on the wire, so that no cent is lost.
Money: TypeAlias = Annotated[Decimal, "two decimals"]
Numbers: TypeAlias = dict[str, float | None]
JsonObject: TypeAlias = dict[str, Any]


def _written(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# A moment in UTC; on the wire with milliseconds and `Z`.
Moment: TypeAlias = Annotated[
    AwareDatetime,
    PlainSerializer(_written, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


class Answer(BaseModel):
    """An answer of the gateway. What is null has its reason under `reasons`, by name, where the answer has such a key."""

    # A key that Python reserves has another name here, and its own one on the wire.
    # `defer_build`: a command that starts needs few of these, and building them all takes longer than most commands.
    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=(), serialize_by_alias=True, defer_build=True)

    def as_json(self) -> dict[str, Any]:
        """Return what the gateway said, as JSON has it: nothing is added, nothing left out."""
        return self.model_dump(mode="json", exclude_unset=True)


class Page(Answer, Generic[Row]):
    """A part of a list: `count` is how many there are on all pages, `next` the address of what comes after."""

    count: int
    next: str | None
    previous: str | None
    results: Sequence[Row]

    def to_frame(self) -> Any:
        """Return the page as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame(self.results)
