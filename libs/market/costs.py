"""What trading a symbol usually costs, by its asset class."""

from libs.market.catalogue import check_symbol
from libs.market.own import own_class
from libs.quant.costs import USUAL, Costs


def usual_costs(symbol: str, *, calendar: str | None = None) -> Costs:
    """Return the usual costs of a symbol's asset class; a generated symbol's are those of shares. Raises `UnknownSymbolError`.

    Candles of one's own say by their `calendar` what they are like: what never closes costs what crypto does, all else what shares do.
    """
    if calendar is not None:
        return USUAL[own_class(calendar)]
    return USUAL[check_symbol(symbol, synthetic_allowed=True).asset_class]
