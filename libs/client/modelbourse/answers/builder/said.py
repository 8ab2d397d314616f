"""What every answer of Model Builder is wrapped in, and how its lists are paged."""

from collections.abc import Sequence
from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import Field

from modelbourse.answers.answer import Answer
from modelbourse.answers.frames import to_frame

Data = TypeVar("Data")
Row = TypeVar("Row", bound=Answer)
CORRELATION_ID: Final = "req-123456"


class BuilderSaid(Answer, Generic[Data]):
    """An answer of Model Builder."""

    success: Literal[True] = Field(description="True: an error has false.")
    data: Data = Field(description="What was asked for.")
    message: str = Field(description="For people.", examples=["All is well."])
    correlation_id: str | None = Field(
        description="The request's X-Correlation-Id, or one that was made for it; null outside a request.", examples=[CORRELATION_ID]
    )


class BuilderPagination(Answer):
    """Which part of a list this is: `limit` and `offset` of the request, told in pages."""

    page: int = Field(description="offset / limit + 1, rounded down.", examples=[1])
    per_page: int = Field(description="The request's limit.", examples=[20])
    total: int = Field(description="How many rows there are.", examples=[1])
    total_pages: int = Field(description="How many pages there are.", examples=[1])
    has_next: bool = Field(description="Whether rows come after these.", examples=[False])
    has_prev: bool = Field(description="Whether rows come before these.", examples=[False])


class BuilderPage(Answer, Generic[Row]):
    """A part of a list."""

    items: Sequence[Row] = Field(description="The rows of this part.")
    pagination: BuilderPagination = Field(description="Which part it is.")

    def to_frame(self) -> Any:
        """Return the page as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame(self.items)
