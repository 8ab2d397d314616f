"""What trading a symbol usually costs, by its asset class."""

from typing import TYPE_CHECKING

from libs.market.catalogue import check_symbol
from libs.market.own import own_class
from libs.quant.costs import USUAL, Costs

if TYPE_CHECKING:
    from libs.quant.candles import Candles


def usual_costs(symbol: str, *, calendar: str | None = None) -> Costs:
    """Return the usual costs of a symbol's asset class; a generated symbol's are those of shares. Raises `UnknownSymbolError`.

    Candles of one's own say by their `calendar` what they are like: what never closes costs what crypto does, all else what shares do.
    """
    if calendar is not None:
        return USUAL[own_class(calendar)]
    return USUAL[check_symbol(symbol, synthetic_allowed=True).asset_class]


def costs_on(
    candles: "Candles", *, commission: float | None = None, slippage: float | None = None, borrow_rate: float | None = None
) -> Costs:
    """Return what trading these candles costs: as given, else as usual for what they are of. Raises `UnknownSymbolError`."""
    usual = usual_costs(candles.symbol, calendar=candles.calendar)
    return usual.or_given(commission=commission, slippage=slippage, borrow_rate=borrow_rate)
