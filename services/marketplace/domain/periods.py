"""Calendar months, and how many of them a payment lasts."""

import calendar
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from libs.contracts.subscriptions import Period

MONTHS: Final[Mapping[Period, int]] = {Period.MONTHLY: 1, Period.QUARTERLY: 3, Period.YEARLY: 12}


def months_after(first: datetime, months: int) -> datetime:
    """Return the same time of the same day so many calendar months later, UTC; a day that the month lacks becomes its last.

    Counted from the first day, the end does not drift: Jan 31, Feb 28, Mar 31.
    """
    day = first.astimezone(UTC)
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))
