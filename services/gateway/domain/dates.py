"""Days as requests have them."""

import re
from datetime import date
from typing import Any, Final

DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def is_date(text: Any) -> bool:
    """Tell whether this is a day such as `2012-12-31`."""
    try:
        return isinstance(text, str) and DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
