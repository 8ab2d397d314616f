"""Which days of which symbols are to be predicted: what is asked for, held against the candles there are and the bounds of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from libs.chassis.errors import InvalidError, PlatformError
from libs.market.catalogue import Instrument, NoCandlesError, check_range, first_day
from libs.market.datasets.findings import many
from libs.market.own import NOTHING, OwnCatalogue, check_instrument

SYMBOLS_MOST: Final = 100
# How many candles of each symbol are meant where no start is given.
LAST: Final = 30
# Predictions in one body, and in one stream.
BODY_MOST: Final = 10_000
STREAM_MOST: Final = 250_000
CANDLES_A_DAY: Final = {"1m": 1440, "5m": 288, "15m": 96, "30m": 48, "1h": 24, "4h": 6, "1d": 1, "1w": 1}


@dataclass(frozen=True, slots=True)
class Range:
    """What a request asks for: days in UTC, both inclusive. No symbols: the model's own; no start: the last `LAST` candles."""

    symbols: tuple[str, ...] | None
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Days or candles of a symbol that have no prediction, and why."""

    symbol: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The symbols to ask for, in order, and those that have nothing between the days."""

    symbols: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def plan_of(
    symbols: Sequence[str],
    wanted: Range,
    *,
    timeframe: str,
    synthetic_allowed: bool,
    most: int,
    counts_as: int = 1,
    own: OwnCatalogue = NOTHING,
) -> Plan:
    """Return what can be asked for, of the caller's `own` candles first.

    Raise InvalidError for unknown symbols, days without any candle, and more than `most` predictions; each `counts_as` so many.
    """
    instruments = _instruments(symbols, timeframe=timeframe, synthetic_allowed=synthetic_allowed, own=own)
    empty: dict[str, NoCandlesError] = {}
    for instrument in instruments:
        try:
            check_range(instrument, timeframe=timeframe, start=wanted.start, end=wanted.end)
        except NoCandlesError as error:
            empty[instrument.symbol] = error
    there = [instrument for instrument in instruments if instrument.symbol not in empty]
    if not there:
        raise _refused(list(empty.values()))
    _check_size(there, wanted, timeframe=timeframe, most=most, counts_as=counts_as)
    latest = max(instrument.end for instrument in instruments)
    count = LAST if wanted.start is None else ((wanted.end or latest) - wanted.start).days + 1
    left_out = (LeftOut(symbol, error.message, count) for symbol, error in empty.items())
    return Plan(tuple(instrument.symbol for instrument in there), tuple(left_out))


def _instruments(symbols: Sequence[str], *, timeframe: str, synthetic_allowed: bool, own: OwnCatalogue) -> list[Instrument]:
    found, problems = [], list[PlatformError]()
    for symbol in symbols:
        try:
            instrument = check_instrument(symbol, timeframe=timeframe, own=own, synthetic_allowed=synthetic_allowed)
        except NoCandlesError as error:
            problems.append(InvalidError(error.message, details={"symbols": [f"The model reads {timeframe} candles. {error.message}"]}))
        except InvalidError as error:
            problems.append(error)
        else:
            found.append(instrument)
    if problems:
        raise _refused(problems)
    return found


def _check_size(instruments: Sequence[Instrument], wanted: Range, *, timeframe: str, most: int, counts_as: int) -> None:
    """Count predictions as days times candles a day, holidays included: what can be said before a candle is read."""
    a_day = CANDLES_A_DAY[timeframe]
    size = 0
    for instrument in instruments:
        first, last = first_day(instrument, timeframe=timeframe), min(wanted.end or instrument.end, instrument.end)
        size += LAST if wanted.start is None else ((last - max(wanted.start, first)).days + 1) * a_day
    if size <= most // counts_as:
        return
    details = {"start_date" if wanted.start else "symbols": [too_many(size, symbols=len(instruments), most=most, counts_as=counts_as)]}
    message = "The range is too large for one answer."
    raise InvalidError(message, details=details)


def too_many(size: int, *, symbols: int, most: int, counts_as: int = 1) -> str:
    """Return what refuses `size` predictions, each of which `counts_as` so many of `most`; a stream is advised where it takes more."""
    weight = f" with interactions, where each counts {counts_as} times, once a feature" if counts_as > 1 else ""
    stream = f", or for a stream (`Accept: application/x-ndjson`) of up to {STREAM_MOST // counts_as}" if most < STREAM_MOST else ""
    asked = f"These days may have {size} predictions of {many(symbols, 'symbol')} with candles"
    return f"{asked}; at most {most // counts_as} are answered{weight}: ask for fewer days or symbols{stream}."


def _refused(problems: Sequence[PlatformError]) -> InvalidError:
    details: dict[str, list[str]] = {}
    for problem in problems:
        for field, texts in problem.details.items():
            details.setdefault(field, []).extend(texts)
    message = "The prediction cannot be made: see the details."
    return InvalidError(message, details=details)
