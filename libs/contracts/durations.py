"""Durations as people write them: `15m`, `12h`, `7d`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

UNITS: Final[Mapping[str, timedelta]] = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def pattern_of(units: str) -> str:
    """Return the regular expression of a whole number of up to five digits, not 0, with one of these units: `dh` for days and hours."""
    return f"([1-9][0-9]{{0,4}})([{units}])"


def read_duration(text: str, *, units: str) -> timedelta | None:
    """Return how long a text says, in one of these units; None for a text that is no such duration."""
    found = re.fullmatch(pattern_of(units), text, re.ASCII)
    return int(found[1]) * UNITS[found[2]] if found else None
