"""What the symbol of a request means: whether it is the account's own, a slip in a known name, and when it is traded."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.sent_candles import AROUND_THE_CLOCK
from libs.market.catalogue import INSTRUMENTS, UnknownSymbolError, is_symbol, typo_of
from libs.market.own import OwnCatalogue
from libs.market.pairs import TRACKED, candles_of
from services.gateway.domain.datasets.asked import SYMBOL_RULE

# What coins are quoted in and nothing else is. BUSD and TUSD are not among them: THBUSD and XPTUSD end so, too.
COIN_QUOTES: Final = ("USDT", "USDC", "FDUSD", "BTC", "ETH")
# What ends a pair: a name that ends so is of a market of its own, however near it is to another.
QUOTES: Final = (*COIN_QUOTES, "BUSD", "TUSD", "USD", "EUR", "GBP", "JPY")
COINS: Final = frozenset({*COIN_QUOTES, *(pair.removesuffix("USDT") for pair in TRACKED)})
# Currencies (ISO 4217, and the offshore yuan) and metals that are traded for each other, from Sunday to Friday, at each venue's own hours.
MONEY: Final = frozenset({
    "AED", "ARS", "AUD", "BRL", "CAD", "CHF", "CLP", "CNH", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS",
    "INR", "ISK", "JPY", "KRW", "KWD", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB",
    "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR", "XAG", "XAU", "XPD", "XPT",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meant:
    """A symbol: `own` where the account has sent candles of it, `hours` when it is traded; None where that is not known."""

    symbol: str
    own: bool
    hours: str | None


def meant(symbol: str, own: OwnCatalogue) -> Meant:
    """Return what a symbol means. Raise InvalidError for a slip in one that is known, and for what can be none."""
    mine = any(not each.is_live for each in own.candles.get(symbol, ()))
    if not mine:
        if (slip := slip_in(symbol, own=own.candles)) is not None:
            raise InvalidError(slip.message, details={"symbol": [slip.message]})
        if not is_symbol(symbol):
            raise InvalidError(SYMBOL_RULE, details={"symbol": [SYMBOL_RULE]})
    calendar = next((candles.calendar for candles in own.candles.get(symbol, ())), None)
    return Meant(symbol, mine, calendar or (AROUND_THE_CLOCK if never_closes(symbol) else None))


def slip_in(symbol: str, *, own: Collection[str]) -> UnknownSymbolError | None:
    """Return what to tell somebody whose symbol is near a known one, or one of their `own`; None for one of those, and for a pair."""
    return None if is_pair(symbol) else typo_of(symbol, own={*own, *TRACKED})


def is_pair(symbol: str) -> bool:
    """Tell whether a name is one of a pair, of coins or of money: what it is near to is not what was meant."""
    return symbol.isupper() and (_is_money(symbol) or any(True for _ in _parts(symbol)))


def never_closes(symbol: str) -> bool:
    """Tell whether a symbol is traded around the clock: a coin, in whatever it is quoted.

    `LTC-USD` is one, `AUDUSD` and `XAU-USD` are money, and of `LTCUSD` nobody can tell, as shares and indices have such names, too.
    """
    if (instrument := INSTRUMENTS.get(candles_of(symbol))) is not None:
        return instrument.asset_class == "crypto"
    if not symbol.isupper() or _is_money(symbol):
        return False
    return any(quote in COIN_QUOTES or base.strip("-") in COINS or base.endswith("-") for base, quote in _parts(symbol))


def _parts(symbol: str) -> Iterator[tuple[str, str]]:
    """Yield what a name may be made of: a base, with its dash where it has one, and a quote."""
    for quote in QUOTES:
        base = symbol.removesuffix(quote)
        if base != symbol and len(base) > 1:
            yield base, quote


def _is_money(symbol: str) -> bool:
    """Tell whether a name is two currencies or metals, with or without a dash."""
    base, quote = symbol[:3], symbol[3:].removeprefix("-")
    return base in MONEY and quote in MONEY
