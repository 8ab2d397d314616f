"""Cells of comma-separated values, as people write them."""

import json
import re
from typing import Any, Final

# What names something, such as `007`, is no number.
NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?")


def value_of(cell: str) -> Any:
    """Return a cell's number where it is written as JSON has one, else its word, without spaces around it."""
    word = cell.strip()
    return json.loads(word) if NUMBER.fullmatch(word) else word
