"""Which part of a list is wanted, and what was found of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
# The values of a row in the fields that its list is ordered by: str, int, float, bool, datetime, Decimal or None.
Key = tuple[Any, ...]
FIRST_PAGE: Final = 1


@dataclass(frozen=True, slots=True)
class Part:
    """Up to `size` rows after the row with the key `after`; without one, those after the first `offset`, or of a page."""

    size: int
    page: int = FIRST_PAGE
    after: Key | None = None
    offset: int | None = None

    @property
    def skipped(self) -> int:
        """How many rows of the list come before these; those before a key are not counted."""
        if self.after is not None:
            return 0
        return (self.page - FIRST_PAGE) * self.size if self.offset is None else self.offset


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list, how long the whole is, and the key of the part's last item; None when no item comes after it."""

    count: int
    items: Sequence[T]
    after: Key | None = None
