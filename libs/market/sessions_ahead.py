"""Which candle a target of days or weeks looks at, counted in sessions of the symbol's calendar, on candles shorter than a day."""

from typing import Final

import numpy as np

from libs.market.age import instrument_of
from libs.market.calendar_names import CALENDARS
from libs.market.sessions import sessions_of
from libs.quant.candles import Candles, Integers
from libs.quant.labels import UNLABELLED
from libs.quant.targets import Target

A_WEEK: Final = 7
NOT_YET: Final = -2
"""The place of a bar that is still to come."""


def calendar_behind(candles: Candles) -> str:
    """Return the name of the calendar that a symbol's candles are traded by: their own, else that of the symbol's asset class."""
    if candles.calendar is not None:
        return candles.calendar
    instrument = instrument_of(candles.symbol)
    return CALENDARS[instrument.asset_class if instrument else "equity"]


def candles_ahead(candles: Candles, *, target: Target) -> Integers:
    """Return for each bar the place of the one that a target of so many days or weeks looks at; -1 where there is none, `NOT_YET` before.

    A day ahead is the next session, at the same time since its opening, or its close where it is shorter: the last candle that has closed
    by then. A week ahead is the session of the same weekday, or the last before where that day has none. A bar outside of any session
    counts as one of the next. None reaches across a hole in the data; of an illiquid symbol without a candle in that session by then there
    is none.
    """
    time = candles.time
    sessions = sessions_of(calendar_behind(candles), first=int(time[0]))
    own = np.minimum(np.searchsorted(sessions.close, time), len(sessions.close) - 1)
    if target.unit == "week":
        wanted = np.searchsorted(sessions.day, sessions.day[own] + A_WEEK * target.count, side="right") - 1
    else:
        wanted = own + target.count
    wanted = np.minimum(wanted, len(sessions.close) - 1)
    moment = np.minimum(sessions.open[wanted] + np.maximum(time - sessions.open[own], 0), sessions.close[wanted])
    found = np.searchsorted(time, moment, side="right") - 1
    told = (wanted > own) & (own[found] == wanted) & (candles.segment[found] == candles.segment)
    return np.where(time[-1] < moment, NOT_YET, np.where(told, found, UNLABELLED)).astype(np.int64)
