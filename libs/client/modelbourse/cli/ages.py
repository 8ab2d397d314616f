"""How commands show how old data is, and that candles were generated: in the row itself."""

import datetime as dt
from collections.abc import Iterable, Sequence

from modelbourse.answers.predictions import SymbolAge
from modelbourse.cli.showing import say, shown


def aged(as_of: dt.datetime | None, age_bars: int | None, stale: bool | None, *marks: str) -> str:  # noqa: FBT001  # as answers have it
    """Return when a candle closed (UTC), how many bars have closed since, and what else is to be seen of it."""
    closed = None if as_of is None else f"{as_of.astimezone(dt.timezone.utc):%Y-%m-%d %H:%M}"
    return " ".join([shown(closed), *(bars_old(age_bars)), *(("STALE",) if stale else ()), *(mark for mark in marks if mark)])


def bars_old(age_bars: int | None) -> tuple[str, ...]:
    """Return an age in words; nothing where a gateway does not tell it."""
    return () if age_bars is None else (f"· {age_bars:,} {'bar' if age_bars == 1 else 'bars'} old",)


def generated(parts: Sequence[str], *, synthetic: bool | None) -> str:
    """Return the mark of what rests on generated candles, with the part that does: its training, or the candle itself; else nothing."""
    told = f"SYNTHETIC ({', '.join(parts)})" if parts else "SYNTHETIC"
    return told if synthetic else ""


def marked(shown_as: object, mark: str) -> str:
    """Return a cell with a mark behind it."""
    return f"{shown(shown_as)} {mark}".rstrip()


def say_ages(ages: Iterable[SymbolAge]) -> None:
    """Say of each symbol when its newest candle closed, whatever days were asked for."""
    for each in ages:
        say(f"{each.symbol}: its newest candle is of {aged(each.data_as_of, each.age_bars, each.stale)}")
