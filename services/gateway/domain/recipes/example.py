"""A recipe's synthetic example: rows of the kind that it learns from, which nobody has lived through."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol

from libs.contracts.envelope import JsonObject
from services.gateway.domain.errors import NotFoundError

PREFIX: Final = "syn"
ROWS_MOST: Final = 1_000
BYTES_MOST: Final = 400_000
"""Of an example that is sent, as JSON."""


class ExampleNotFoundError(NotFoundError):
    """The recipe has no example."""

    def __init__(self, _: str = "") -> None:
        super().__init__("The recipe has no synthetic example yet: send one, or have one generated.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What an account has as the example of a recipe. `about` is what was measured of generated rows; None of those that were sent."""

    id: str
    account_id: str
    recipe_id: str
    recipe_version_id: str
    asked_at: datetime
    created_at: datetime
    source: Literal["given", "generated"]
    row_schema: JsonObject
    rows: Sequence[JsonObject]
    example_run: JsonObject
    job_id: str | None = None
    about: JsonObject | None = None
    reasons: JsonObject = field(default_factory=dict)


class Examples(Protocol):
    """The examples of all accounts, one for each recipe of each. All raise UnavailableError."""

    async def get(self, recipe_id: str, *, account_id: str) -> Example:
        """Return the example of a recipe. Raise ExampleNotFoundError."""

    async def put(self, example: Example) -> None:
        """Keep an example in place of the one before; one that was asked for before that stays away."""

    async def remove(self, recipe_id: str, *, account_id: str) -> None:
        """Take the example of a recipe away, if there is one."""

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""
