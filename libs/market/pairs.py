"""The pairs that Trading AI's document names, and whose candles they have here. Pure Python."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

TRACKED: Final = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT", "DOTUSDT", "XRPUSDT", "LINKUSDT")
# The document's pairs that have the candles of another symbol here.
CANDLES: Final[Mapping[str, str]] = {"BTCUSDT": "BTC-USD"}
QUOTES: Final = ("USDT", "USDC", "USD")
PAIRS: Final[Mapping[str, str]] = {candles: pair for pair, candles in CANDLES.items()}


def candles_of(symbol: str, *, own: Collection[str] = ()) -> str:
    """Return the symbol whose candles a pair has; one of the caller's `own` symbols is that."""
    return symbol if symbol in own else CANDLES.get(symbol, symbol)


def names_of(symbol: str) -> Iterator[str]:
    """Yield what a symbol's candles may be called: its own name, that of its live series (`BTC-USDT`), and that of `candles_of`."""
    yield symbol
    for quote in QUOTES:
        if (base := symbol.removesuffix(quote)) not in {symbol, ""} and "-" not in base:
            yield f"{base}-{quote}"
            break
    if (other := candles_of(symbol)) != symbol:
        yield other


def pair_of(symbol: str) -> str:
    """Return what a symbol is called in the document."""
    return PAIRS.get(symbol, symbol)
