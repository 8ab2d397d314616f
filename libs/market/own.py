"""Symbols of an account's own: what stands behind one, and what candles can be made of it. Pure Python, as the catalogue is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from libs.contracts.own_candles import SECONDS, TIMEFRAMES, OwnCandles
from libs.market.catalogue import INSTRUMENTS, Instrument, NoCandlesError, check_range, check_symbol

ALWAYS: Final = "24/7"
WEEKDAYS: Final = "24/5"
DAYS_A_YEAR: Final = 365.25
CANDLES_MOST: Final = 2_000_000
"""What a model or a backtest reads of a symbol: some 0.3 KB of memory a candle with five features, measured in November 2026."""
SESSION_S: Final = 6.5 * 3600
"""How long an exchange is open on a day: what New York is, near enough for counting candles before any is read."""


@dataclass(frozen=True, slots=True)
class OwnCatalogue:
    """The candles that an account has of its own, by symbol; they go before the packaged ones of the same symbol and timeframe."""

    candles: Mapping[str, Sequence[OwnCandles]] = field(default_factory=dict)
    # By dataset, without columns: there may be hundreds of those, and who reads the file finds them there.
    short: Mapping[str, OwnCandles] = field(default_factory=dict)

    def behind(self, symbol: str, *, timeframe: str) -> OwnCandles | None:
        """Return what the symbol's candles of a timeframe are made of; None where there is nothing of one's own to make them of.

        Candles of the timeframe itself go before finer ones, and the coarsest of those before the others; the account's before live series.
        """
        if symbol not in self.candles or timeframe not in SECONDS:
            return None
        fit = [each for each in self.candles[symbol] if SECONDS[each.timeframe] <= SECONDS[timeframe]]
        return max(fit, key=lambda each: (not each.is_live, SECONDS[each.timeframe]), default=None)

    def reference(self, symbol: str, *, timeframe: str) -> OwnCandles | None:
        """Return what a job or an ask says of a symbol's own candles, without their columns; None where it has none."""
        found = self.behind(symbol, timeframe=timeframe)
        return None if found is None else self.short[found.dataset_id]

    def references(self, symbols: Sequence[str], *, timeframe: str) -> tuple[OwnCandles, ...]:
        """Return what a job or an ask says of those of the symbols that are the account's own."""
        if not self.candles:
            return ()
        found = (self.reference(symbol, timeframe=timeframe) for symbol in symbols)
        return tuple(each for each in found if each is not None)

    def without_live(self, symbols: Collection[str]) -> "OwnCatalogue":
        """Return the catalogue without the live series of these symbols; what is the account's own stays."""
        if self.candles.keys().isdisjoint(symbols):
            return self
        kept = {name: [each for each in found if name not in symbols or not each.is_live] for name, found in self.candles.items()}
        return OwnCatalogue({name: found for name, found in kept.items() if found}, self.short)

    def instrument(self, symbol: str, *, timeframe: str) -> Instrument | None:
        """Return the symbol with the days and columns of its own candles of this timeframe; None where it has none."""
        found = self.behind(symbol, timeframe=timeframe)
        return None if found is None else instrument_of(found)


NOTHING: Final = OwnCatalogue()


def catalogue_of(candles: Sequence[OwnCandles]) -> OwnCatalogue:
    """Return the catalogue of these candles."""
    found: dict[str, list[OwnCandles]] = {}
    for each in candles:
        found.setdefault(each.symbol, []).append(each)
    short = {each.dataset_id: each.model_copy(update={"columns": ()}) for each in candles}
    return OwnCatalogue(found, short) if found else NOTHING


def check_instrument(symbol: str, *, timeframe: str, own: OwnCatalogue = NOTHING, synthetic_allowed: bool = False) -> Instrument:
    """Return what stands behind a symbol's candles of a timeframe: the account's own, else packaged, else generated ones.

    Raises `UnknownSymbolError`, and `NoCandlesError` for a timeframe that the symbol does not have and that cannot be made, or of which
    it has too many candles.
    """
    if (mine := own.instrument(symbol, timeframe=timeframe)) is not None:
        _check_size(mine, timeframe=timeframe)
        return mine
    packaged = INSTRUMENTS.get(symbol)
    if symbol in own.candles and (packaged is None or timeframe not in packaged.timeframes):
        finest = min(own.candles[symbol], key=lambda each: SECONDS[each.timeframe])
        made = " and ".join(coarser_than(finest.timeframe))
        whose = "is live" if finest.is_live else "is your own"
        there = f"{symbol} {whose} ({finest.dataset_id}) and has candles of {finest.timeframe}"
        message = f"{there}: of them {made} can be made, not {timeframe}."
        raise NoCandlesError(message, field="timeframe")
    instrument = check_symbol(symbol, synthetic_allowed=synthetic_allowed, own=own.candles)
    check_range(instrument, timeframe=timeframe, start=None, end=None)
    return instrument


def instrument_of(candles: OwnCandles) -> Instrument:
    """Return candles of one's own, or of a live series, as an instrument, with all timeframes that can be made of them."""
    return Instrument(
        symbol=candles.symbol,
        name=f"{candles.symbol} ({'live' if candles.is_live else 'your own'})",
        asset_class=own_class(candles.calendar),
        timeframes={each: bars_a_year(candles.calendar, timeframe=each) for each in coarser_than(candles.timeframe)},
        source=source_of(candles),
        start=candles.start,
        end=candles.end,
        note="".join(_notes(candles)),
        own=True,
    )


def own_class(calendar: str) -> str:
    """Return the asset class that candles of one's own count as: nothing but their calendar tells what they are of."""
    return "crypto" if calendar == ALWAYS else "equity"


def source_of(candles: OwnCandles, *, timeframe: str | None = None) -> str:
    """Return what a run card and the list of symbols say of where candles (of a timeframe) are from, and what to know of them."""
    about = [f"sha256 {candles.sha256[:12]}"]
    if timeframe not in {None, candles.timeframe}:
        about.append(f"made of {candles.timeframe}")
    if candles.warnings:
        kinds = "kind" if candles.warnings == 1 else "kinds"
        about.append(f"{candles.warnings} {kinds} of warning in its health check")
    return f"{candles.dataset_id}, version {candles.version} ({', '.join(about)})"


def coarser_than(timeframe: str) -> tuple[str, ...]:
    """Return the timeframe and those that can be made of it."""
    return tuple(each for each in TIMEFRAMES if SECONDS[each] >= SECONDS[timeframe])


def bars_a_year(calendar: str, *, timeframe: str) -> float:
    """Return about how many bars a year has: by the length of days alone, without the calendar's holidays."""
    if timeframe == "1w":
        return 52.0
    days, open_s = {ALWAYS: (365.0, 86_400.0), WEEKDAYS: (261.0, 86_400.0)}.get(calendar, (252.0, SESSION_S))
    return days * max(-(-open_s // SECONDS[timeframe]), 1.0)


def _check_size(instrument: Instrument, *, timeframe: str) -> None:
    """Raise `NoCandlesError` where there are more candles than one model or backtest may read, told by days and calendar."""
    count = round(((instrument.end - instrument.start).days + 1) / DAYS_A_YEAR * instrument.timeframes[timeframe])
    if count <= CANDLES_MOST:
        return
    there = f"{instrument.symbol} has about {count:,} candles of {timeframe} from {instrument.start} to {instrument.end}"
    message = f"{there}; at most {CANDLES_MOST:,} can be read: use a longer timeframe, or a dataset that begins later."
    raise NoCandlesError(message, field="timeframe")


def _notes(candles: OwnCandles) -> Iterator[str]:
    yield f"Trades by the calendar {candles.calendar}."
    if candles.columns:
        yield f" Further columns, which are features: {', '.join(candles.columns)}."
