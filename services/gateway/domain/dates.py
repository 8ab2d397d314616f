"""Days and moments as requests have them."""

import re
from datetime import UTC, date, datetime
from typing import Any, Final

DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def is_date(text: Any) -> bool:
    """Tell whether this is a day such as `2012-12-31`."""
    try:
        return isinstance(text, str) and DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def in_utc(at: datetime) -> datetime:
    """Return a moment in UTC, of which it is where it says nothing. Raise ValueError where UTC has none: beyond year 9999."""
    if at.tzinfo is None:
        return at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        msg = "there is no such moment in UTC"
        raise ValueError(msg) from error
