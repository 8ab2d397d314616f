"""What trading a symbol usually costs, by its asset class."""

from libs.market.catalogue import check_symbol
from libs.quant.costs import USUAL, Costs


def usual_costs(symbol: str) -> Costs:
    """Return the usual costs of a symbol's asset class; a generated symbol's are those of shares. Raises `UnknownSymbolError`."""
    return USUAL[check_symbol(symbol, synthetic_allowed=True).asset_class]
