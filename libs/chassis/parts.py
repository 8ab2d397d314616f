"""Which part of a list is wanted."""

from dataclasses import dataclass
from typing import Any, Final

# The values of a row in the fields that its list is ordered by: str, int, float, bool, datetime, Decimal or None.
Key = tuple[Any, ...]
FIRST_PAGE: Final = 1


@dataclass(frozen=True, slots=True)
class Part:
    """Up to `size` rows after the row with the key `after`; without one, those of the page with this number."""

    size: int
    page: int = FIRST_PAGE
    after: Key | None = None
