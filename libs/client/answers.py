"""What all answers have in common: every documented key as an attribute, and what a newer gateway adds besides."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from libs.client.frames import to_frame

Row = TypeVar("Row", bound="Answer")
# Money with two decimals; a string on the wire, so that no cent is lost.
Money: TypeAlias = Annotated[Decimal, "two decimals"]
Numbers: TypeAlias = dict[str, float | None]


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
