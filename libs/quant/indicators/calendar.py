"""The calendar: when a bar closed, in UTC. A bar that closes at midnight belongs to the day before."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from libs.quant.candles import NANOSECONDS_A_DAY, Floats
from libs.quant.indicators.bars import Bars, Indicator

Parameters = Mapping[str, int]

_NANOSECONDS_AN_HOUR: Final = 3_600 * 10**9
_THURSDAY: Final = 3  # the first day of 1970


def day_of_week(bars: Bars, _: Parameters) -> Floats:
    """Return the day of the week; Monday is 0, Sunday 6."""
    return (((bars.time - 1) // NANOSECONDS_A_DAY + _THURSDAY) % 7).astype(np.float64)


def day_of_month(bars: Bars, _: Parameters) -> Floats:
    """Return the day of the month; the first is 1."""
    days = ((bars.time - 1) // NANOSECONDS_A_DAY).astype("datetime64[D]")
    since_the_first: Floats = (days - days.astype("datetime64[M]")).astype(np.float64)
    return since_the_first + 1.0


def month(bars: Bars, _: Parameters) -> Floats:
    """Return the month; January is 1."""
    months = ((bars.time - 1) // NANOSECONDS_A_DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months % 12).astype(np.float64) + 1.0


def hour_of_day(bars: Bars, _: Parameters) -> Floats:
    """Return the hour of the bar's close, 0 to 23."""
    return (bars.time // _NANOSECONDS_AN_HOUR % 24).astype(np.float64)


CALENDAR: Final[Mapping[str, Indicator]] = {
    "day_of_week": day_of_week,
    "day_of_month": day_of_month,
    "month": month,
    "hour_of_day": hour_of_day,
}
