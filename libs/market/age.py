"""How old candles are: how many bars of their timeframe have closed since, by the calendar of what they are of.

Pure Python, and cheap enough for every prediction: an age changes only when a bar closes.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from time import time as seconds_now
from typing import Any, Final
from zoneinfo import ZoneInfo

from libs.chassis.errors import InvalidError
from libs.contracts.own_candles import OwnCandles
from libs.market.calendars import TRADES
from libs.market.catalogue import INSTRUMENTS, Instrument, check_symbol

NEW_YORK: Final = ZoneInfo("America/New_York")
A_DAY_S: Final = 86_400
SECONDS: Final = {"1m": 60, "5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600, "4h": 14_400, "1d": A_DAY_S}
# A session of New York's stock exchanges ends at four; its few short ones end earlier, and are counted some hours late.
BELL: Final = time(16)
# The week of currencies begins on Sunday at five in New York: seven hours later it is Monday's midnight.
CURRENCY_AHEAD: Final = timedelta(hours=7)
GENERATED_CLOSE: Final = time(21)
SESSIONS: Final = frozenset({"equity", "index"})


@dataclass(frozen=True, slots=True)
class Age:
    """How old candles are: when the newest of them closed, how many bars have closed since, and whether that is too many."""

    as_of: datetime
    bars: int
    stale: bool


@dataclass(frozen=True, slots=True)
class Ages:
    """Tells ages by a clock (seconds since 1970); what is older than `stale_after` bars of its timeframe is stale."""

    stale_after: int
    clock: Callable[[], float] = seconds_now

    @property
    def today(self) -> date:
        """The day by the clock, UTC."""
        return datetime.fromtimestamp(self.clock(), UTC).date()

    def of(self, calendar: str, *, timeframe: str, as_of: datetime) -> Age:
        """Return how old a candle is that closed at `as_of`. Raise what `bars_since` raises."""
        return _age(calendar, timeframe, as_of, int(self.clock()) // 60, self.stale_after)

    def of_symbols(
        self, symbols: Iterable[str], *, timeframe: str, as_of: datetime | None = None, own: Sequence[OwnCandles] = ()
    ) -> Age | None:
        """Return the age of the symbol whose candles are the oldest; None where none is known.

        Their newest candles count, or those that closed at `as_of`. `own` is what stands behind symbols that are an account's own or
        live: of those the age is known only by a calendar that the edge can count by.
        """
        found = (self._of_symbol(symbol, timeframe=timeframe, as_of=as_of, own=own) for symbol in symbols)
        return oldest(age for age in found if age is not None)

    def _of_symbol(self, symbol: str, *, timeframe: str, as_of: datetime | None, own: Sequence[OwnCandles]) -> Age | None:
        if mine := next((each for each in own if each.symbol == symbol), None):
            calendar = edge_calendar(mine.calendar, timeframe=timeframe)
            closed = as_of or mine.last_close
            return self.of(calendar, timeframe=timeframe, as_of=closed) if calendar and closed else None
        instrument = instrument_of(symbol)
        if instrument is None or timeframe not in instrument.timeframes:
            return None
        closed = as_of or newest_close(instrument, timeframe=timeframe)
        return self.of(calendar_of(instrument), timeframe=timeframe, as_of=closed)


def age_fields(age: Age | None) -> dict[str, Any]:
    """Return an age under the names that every answer has for it: `as_of`, `age_bars` and `stale`; null where there is none."""
    return {"as_of": age.as_of, "age_bars": age.bars, "stale": age.stale} if age else dict.fromkeys(("as_of", "age_bars", "stale"))


def moment_in(card: Mapping[str, Any], name: str) -> datetime | None:
    """Return a moment of a run card; None in one from before it was written down."""
    said = card.get(name)
    return datetime.fromisoformat(said) if said else None


def oldest(ages: Iterable[Age]) -> Age | None:
    """Return the one by which most bars have closed since; None where there is none."""
    return max(ages, key=lambda age: age.bars, default=None)


def instrument_of(symbol: str) -> Instrument | None:
    """Return the instrument of a symbol of which there are candles, or would be generated; None for any other."""
    try:
        return INSTRUMENTS.get(symbol) or check_symbol(symbol, synthetic_allowed=True)
    except InvalidError:
        return None


def calendar_of(instrument: Instrument) -> str:
    """Return the name of the calendar that an instrument's bars are counted by."""
    return instrument.asset_class


def edge_calendar(calendar: str, *, timeframe: str) -> str | None:
    """Return by which asset class the bars of a dataset's calendar are the same; None where that takes the calendar itself, and pandas."""
    if timeframe not in SECONDS:
        return None
    if calendar == "24/7":
        return "crypto"
    if SECONDS[timeframe] == A_DAY_S:
        return "equity" if calendar in {"XNYS", "XNAS"} else None
    return "synthetic" if calendar == "24/5" else None


def without_live_source(symbols: Iterable[str], *, own: Iterable[OwnCandles] = ()) -> tuple[str, ...]:
    """Return those of the symbols whose newest candle stays the newest, as nothing brings others.

    A live series stands behind the others (`own`); what comes with the platform, and what is sent, does not go on by itself.
    """
    live = {each.symbol for each in own if each.is_live}
    return tuple(symbol for symbol in symbols if symbol not in live)


def newest_close(instrument: Instrument, *, timeframe: str) -> datetime:
    """Return when the newest candle of this timeframe closed (UTC)."""
    if instrument.synthetic:
        midnight = datetime.combine(instrument.end + timedelta(days=1), time(), UTC)
        return datetime.combine(instrument.end, GENERATED_CLOSE, UTC) if timeframe == "1d" else midnight
    if instrument.last_close is not None:
        return datetime.combine(instrument.end, instrument.last_close, UTC)
    return datetime.combine(instrument.end, BELL, NEW_YORK).astimezone(UTC)


def bars_since(calendar: str, *, timeframe: str, as_of: datetime, at: datetime) -> int:
    """Return how many bars have closed after `as_of` and up to `at`; 0 where that is not later.

    The one place where a calendar's name decides: what comes with the platform has that of its asset class, other candles have `24/7`,
    `24/5` or an exchange's. Raise InvalidError for a name that is none, ValueError for a timeframe that an asset class does not have.
    """
    if calendar not in TRADES:
        # Imported when first needed: numpy, and for an exchange pandas, which the edge can do without.
        from libs.market.sessions import bars_between  # noqa: PLC0415  # as said above

        return bars_between(calendar, timeframe, after=_nanoseconds(as_of), until=_nanoseconds(at))
    seconds = SECONDS.get(timeframe)
    if seconds is None or (calendar in SESSIONS and seconds != A_DAY_S):
        message = f"Bars of {timeframe} cannot be counted by the calendar {calendar}."
        raise ValueError(message)
    return max(0, _closed(calendar, seconds, at) - _closed(calendar, seconds, as_of))


@lru_cache(maxsize=4096)
def _age(calendar: str, timeframe: str, as_of: datetime, minute: int, stale_after: int) -> Age:
    """Return an age as of a minute since 1970: bars close on whole minutes, so that all who ask within one are told the same."""
    bars = bars_since(calendar, timeframe=timeframe, as_of=as_of, at=datetime.fromtimestamp(minute * 60, UTC))
    return Age(as_of, bars, bars > stale_after)


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000) * 1_000_000


def _closed(calendar: str, seconds: int, moment: datetime) -> int:
    """Return how many bars have closed up to a moment, counted from a day that is the same for all moments."""
    if calendar in SESSIONS:
        local = moment.astimezone(NEW_YORK)
        return _days_to(calendar, local.date() if local.time() >= BELL else local.date() - timedelta(days=1))
    if calendar == "synthetic" and seconds == A_DAY_S:
        local = moment.astimezone(UTC)
        return _days_to(calendar, local.date() if local.time() >= GENERATED_CLOSE else local.date() - timedelta(days=1))
    local = moment.astimezone(UTC)
    trades = calendar
    if calendar == "currency":
        # By its own clock its days are Monday's to Friday's, from midnight to midnight, as generated ones are.
        local, trades = moment.astimezone(NEW_YORK).replace(tzinfo=None) + CURRENCY_AHEAD, "synthetic"
    before = _days_to(trades, local.date() - timedelta(days=1)) * (A_DAY_S // seconds)
    passed = (local.hour * 3600 + local.minute * 60 + local.second) // seconds
    return before + (passed if TRADES[trades](local.date()) else 0)


def _days_to(calendar: str, day: date) -> int:
    """Return on how many days, up to this one, such a thing trades, counted from a year that is the same for all days."""
    return _days_before(calendar, day.year) + bisect_right(_days_in(calendar, day.year), day)


@lru_cache(maxsize=512)
def _days_before(calendar: str, year: int) -> int:
    return sum(len(_days_in(calendar, each)) for each in range(1970, year))


@lru_cache(maxsize=512)
def _days_in(calendar: str, year: int) -> tuple[date, ...]:
    first, trades = date(year, 1, 1), TRADES[calendar]
    days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    return tuple(day for day in days if trades(day))
