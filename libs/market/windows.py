"""Between which days symbols have candles together: what a training of several rests on. Pure Python, as the catalogue is."""

from collections.abc import Sequence
from datetime import date

from libs.market.catalogue import Instrument, NoCandlesError, check_symbol, first_day
from libs.market.own import NOTHING, OwnCatalogue


def days_of(symbol: str, *, timeframe: str, start: date | None, end: date | None, own: OwnCatalogue = NOTHING) -> tuple[date, date]:
    """Return the first and last day with candles of the symbol between two days (both inclusive; None: all there are).

    They are in the wrong order where there is none. `own` candles go before others. Raises `UnknownSymbolError`.
    """
    instrument: Instrument = own.instrument(symbol, timeframe=timeframe) or check_symbol(symbol, synthetic_allowed=True, own=own.candles)
    first = first_day(instrument, timeframe=timeframe) if timeframe in instrument.timeframes else instrument.start
    return max(start or first, first), min(end or instrument.end, instrument.end)


def common_days(
    symbols: Sequence[str], *, timeframe: str, start: date | None, end: date | None, own: OwnCatalogue = NOTHING
) -> tuple[date, date]:
    """Return the first and last day on which every symbol has candles.

    Raises `NoCandlesError` (of the field symbols) when there is none, and `UnknownSymbolError`.
    """
    spans = {symbol: days_of(symbol, timeframe=timeframe, start=start, end=end, own=own) for symbol in symbols}
    first, last = max(span[0] for span in spans.values()), min(span[1] for span in spans.values())
    if first > last:
        told = ", ".join(f"{symbol} from {span[0]} to {span[1]}" for symbol, span in spans.items())
        message = f"There is no day on which every symbol has candles: {told}. Leave a symbol out, or choose other dates."
        raise NoCandlesError(message, field="symbols")
    return first, last
