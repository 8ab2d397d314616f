"""What sources answer, read with suspicion: a row of a candle, and how long to wait."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from libs.market.live.source import Bar


def bar_of(opened: int, values: Sequence[Any]) -> Bar:
    """Return a bar of open, high, low, close and volume; no volume is 0. Raise ValueError or TypeError for what is no bar."""
    first, high, low, last, *rest = values
    volume = float(rest[0]) if rest and rest[0] is not None else 0.0
    bar = Bar(opened, float(first), float(high), float(low), float(last), volume)
    if opened <= 0 or not all(map(math.isfinite, bar)):
        message = "a row that is no candle"
        raise ValueError(message)
    return bar


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds an answer asks to wait; None where it does not say. It says seconds, or a date."""
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    if said is None:
        return None
    try:
        return max(0.0, float(said)) if said.strip().replace(".", "", 1).isdigit() else _until(parsedate_to_datetime(said))
    except ValueError:
        return None


def server_time(headers: Mapping[str, str]) -> int | None:
    """Return the time that an answer was sent by its sender's clock, nanoseconds since 1970; None where it does not say."""
    said = next((value for name, value in headers.items() if name.lower() == "date"), None)
    try:
        return int(parsedate_to_datetime(said).timestamp()) * 10**9 if said else None
    except ValueError:
        return None


def _until(moment: datetime) -> float:
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
