"""The calendars that candles can keep: the names of `exchange-calendars` as plain words, so that the edge knows them without pandas."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.names import LONGEST, did_you_mean

ALWAYS: Final = "24/7"
WEEKDAYS: Final = "24/5"
CALENDAR_NAMES: Final = (
    "24/5", "24/7", "AIXK", "ARCX", "ASEX", "ASX", "BATS", "BMF", "BSE", "BVB", "BVMF", "CBOT", "CFE", "CME", "CMES", "COMEX",
    "FWB", "HKEX", "ICE", "ICEUS", "IEPA", "JKT", "JPX", "LSE", "LUXSE", "NASDAQ", "NYFE", "NYMEX", "NYSE", "OOTC", "OSE", "SIX",
    "SSE", "TASE", "TSX", "XAMS", "XASE", "XASX", "XBDA", "XBEL", "XBKK", "XBOG", "XBOM", "XBRA", "XBRU", "XBSE", "XBUD", "XBUE",
    "XCBF", "XCSE", "XCYS", "XDUB", "XDUS", "XEEE", "XETR", "XEUR", "XFRA", "XHAM", "XHEL", "XHKG", "XICE", "XIDX", "XIST", "XJSE",
    "XKAR", "XKLS", "XKRX", "XLIM", "XLIS", "XLIT", "XLJU", "XLON", "XLUX", "XMAD", "XMEX", "XMIL", "XMOS", "XNAS", "XNYS", "XNZE",
    "XOSL", "XPAR", "XPHS", "XPRA", "XRIS", "XSAU", "XSES", "XSGO", "XSHG", "XSTO", "XSTU", "XSWX", "XTAE", "XTAI", "XTAL", "XTKS",
    "XTSE", "XTSX", "XWAR", "XWBO", "XZAG", "us_futures",
)  # fmt: skip
CALENDARS: Final[Mapping[str, str]] = MappingProxyType({"equity": "XNYS", "index": "XNYS", "crypto": ALWAYS, "currency": WEEKDAYS})
"""When each kind of thing that comes with the platform trades."""
_KNOWN: Final = frozenset(CALENDAR_NAMES)


def check_calendar(name: str, *, field: str = "calendar") -> str:
    """Return the name. Raise `InvalidError` of the field, with the nearest name, for one that is no calendar's."""
    if name in _KNOWN:
        return name
    near = did_you_mean(name, CALENDAR_NAMES)
    message = f"There is no calendar {name[:LONGEST]!r}.{near} It is 24/7, 24/5 or an exchange's name, such as XNYS, XLON or XTKS."
    raise InvalidError(message, details={field: [message]})
