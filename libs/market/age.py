"""How old candles are: how many bars of their timeframe have closed since, by the calendar of what they are of.

Pure Python, and cheap enough for every prediction: an age changes only when a bar closes.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from time import time as seconds_now
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.own_candles import SECONDS, OwnCandles
from libs.market.calendars import TRADES
from libs.market.catalogue import INSTRUMENTS, Instrument, check_symbol
from libs.market.plain_bars import NEW_YORK, counts_plainly, days_to, plain_bars_since

A_DAY_S: Final = 86_400
# A session of New York's stock exchanges ends at four; its few short ones end earlier, and are counted some hours late.
BELL: Final = time(16)
# The week of currencies begins on Sunday at five in New York: seven hours later it is Monday's midnight.
CURRENCY_AHEAD: Final = timedelta(hours=7)
GENERATED_CLOSE: Final = time(21)
UNKNOWN: Final = "It is not known which symbols it was trained on."
COUNTED_ELSEWHERE: Final = (
    "The bars of {symbol} are counted by the calendar {calendar} where predictions are made: each of those says how old its candles are."
)
SESSIONS: Final = frozenset({"equity", "index"})


@dataclass(frozen=True, slots=True)
class Age:
    """How old candles are: when the newest of them closed, how many bars have closed since, and whether that is too many.

    What is not known is None, and `reason` says why.
    """

    as_of: datetime | None
    bars: int | None
    stale: bool | None
    reason: str | None = None


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

    def of_symbols(self, symbols: Iterable[str], *, timeframe: str, as_of: datetime | None = None, own: Sequence[OwnCandles] = ()) -> Age:
        """Return the age of the symbol whose candles are the oldest; without bars where it is not known of one of them.

        Their newest candles count, or those that closed at `as_of`. `own` is what stands behind symbols that are an account's own or
        live: of those the bars are known only by a calendar that counts without pandas.
        """
        return oldest([self._of_symbol(symbol, timeframe=timeframe, as_of=as_of, own=own) for symbol in symbols])

    def _of_symbol(self, symbol: str, *, timeframe: str, as_of: datetime | None, own: Sequence[OwnCandles]) -> Age:
        if mine := next((each for each in own if each.symbol == symbol), None):
            return self._of_own(mine, timeframe=timeframe, closed=as_of or mine.last_close)
        instrument = instrument_of(symbol)
        if instrument is None or timeframe not in instrument.timeframes:
            return Age(as_of, None, None, f"There are no candles of {timeframe} for {symbol} by which its bars could be counted.")
        closed = as_of or newest_close(instrument, timeframe=timeframe)
        return self.of(calendar_of(instrument), timeframe=timeframe, as_of=closed)

    def _of_own(self, candles: OwnCandles, *, timeframe: str, closed: datetime | None) -> Age:
        if closed is None:
            return Age(None, None, None, f"It was not written down when the newest candle of {candles.symbol} closed.")
        if not counts_plainly(candles.calendar):
            return Age(closed, None, None, COUNTED_ELSEWHERE.format(symbol=candles.symbol, calendar=candles.calendar))
        return _own_age(candles.calendar, timeframe, closed, int(self.clock()) // 60, self.stale_after)


def age_fields(age: Age | None) -> dict[str, Any]:
    """Return an age under the names that every answer has for it: `as_of`, `age_bars` and `stale`; null where there is none."""
    return {"as_of": age.as_of, "age_bars": age.bars, "stale": age.stale} if age else dict.fromkeys(("as_of", "age_bars", "stale"))


def reasons_of(age: Age | None, *, without: str = "") -> dict[str, str]:
    """Return why those of these names are null that are, by name; of no age at all that is what `without` says."""
    return {name: (age.reason if age else None) or without for name, value in age_fields(age).items() if value is None}


def moment_in(card: Mapping[str, Any], name: str) -> datetime | None:
    """Return a moment of a run card; None in one from before it was written down."""
    said = card.get(name)
    return datetime.fromisoformat(said) if said else None


def oldest(ages: Sequence[Age]) -> Age:
    """Return the one by which most bars have closed since. Where one is not known, which that is is not known either."""
    if not ages:
        return Age(None, None, None, UNKNOWN)
    reason = next((age.reason for age in ages if age.bars is None), None)
    if reason is None:
        return max(ages, key=lambda age: age.bars or 0)
    closes = [age.as_of for age in ages if age.as_of is not None]
    return Age(min(closes) if len(closes) == len(ages) else None, None, None, reason)


def instrument_of(symbol: str) -> Instrument | None:
    """Return the instrument of a symbol of which there are candles, or would be generated; None for any other."""
    try:
        return INSTRUMENTS.get(symbol) or check_symbol(symbol, synthetic_allowed=True)
    except InvalidError:
        return None


def calendar_of(instrument: Instrument) -> str:
    """Return the name of the calendar that an instrument's bars are counted by."""
    return instrument.asset_class


def without_live_source(
    symbols: Iterable[str], *, own: Iterable[OwnCandles] = (), fetched: Collection[str] | None = None
) -> tuple[str, ...]:
    """Return those of the symbols whose newest candle stays the newest, as nothing brings others.

    A live series stands behind the others (`own`); what comes with the platform, and what is sent, does not go on by itself. `fetched`
    are the ids of the series that are still asked for: one that was taken out of the setting brings nothing any more; None for all.
    """
    live = {each.symbol for each in own if each.is_live and (fetched is None or each.dataset_id in fetched)}
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
    if seconds is None or seconds > A_DAY_S or (calendar in SESSIONS and seconds != A_DAY_S):
        message = f"Bars of {timeframe} cannot be counted by the calendar {calendar}."
        raise ValueError(message)
    return max(0, _closed(calendar, seconds, at) - _closed(calendar, seconds, as_of))


@lru_cache(maxsize=4096)
def _age(calendar: str, timeframe: str, as_of: datetime, minute: int, stale_after: int) -> Age:
    """Return an age as of a minute since 1970: bars close on whole minutes, so that all who ask within one are told the same."""
    bars = bars_since(calendar, timeframe=timeframe, as_of=as_of, at=datetime.fromtimestamp(minute * 60, UTC))
    return Age(as_of, bars, bars > stale_after)


@lru_cache(maxsize=4096)
def _own_age(calendar: str, timeframe: str, as_of: datetime, minute: int, stale_after: int) -> Age:
    """Return the same of own candles, by a calendar that counts plainly."""
    bars = plain_bars_since(calendar, timeframe=timeframe, as_of=as_of, at=datetime.fromtimestamp(minute * 60, UTC))
    return Age(as_of, bars, bars > stale_after)


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000) * 1_000_000


def _closed(calendar: str, seconds: int, moment: datetime) -> int:
    """Return how many bars have closed up to a moment, counted from a day that is the same for all moments."""
    if calendar in SESSIONS:
        local = moment.astimezone(NEW_YORK)
        return days_to(calendar, local.date() if local.time() >= BELL else local.date() - timedelta(days=1))
    if calendar == "synthetic" and seconds == A_DAY_S:
        local = moment.astimezone(UTC)
        return days_to(calendar, local.date() if local.time() >= GENERATED_CLOSE else local.date() - timedelta(days=1))
    local = moment.astimezone(UTC)
    trades = calendar
    if calendar == "currency":
        # By its own clock its days are Monday's to Friday's, from midnight to midnight, as generated ones are.
        local, trades = moment.astimezone(NEW_YORK).replace(tzinfo=None) + CURRENCY_AHEAD, "synthetic"
    before = days_to(trades, local.date() - timedelta(days=1)) * (A_DAY_S // seconds)
    passed = (local.hour * 3600 + local.minute * 60 + local.second) // seconds
    return before + (passed if TRADES[trades](local.date()) else 0)
