"""On which terms decisions are traded: directions, costs, how large a position is, and where it is stopped."""

from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["long", "short", "both"]


@dataclass(frozen=True, slots=True)
class Slippage:
    """How much worse than its quote a fill is.

    `fixed`: by `rate`, a fraction of the price. `volume_share`: by `impact` * (traded shares / the bar's volume)², a fraction of the
    price, and at most `limit` of a bar's volume is filled: what is more is not traded. A bar without a known volume fills nothing then.
    """

    model: Literal["fixed", "volume_share"] = "fixed"
    rate: float = 0.0
    impact: float = 0.1
    limit: float = 0.1


@dataclass(frozen=True, slots=True)
class Sizing:
    """How large a position is at its entry.

    `fraction`: `value` of the equity. `fixed`: `value` in money, less where there is less cash. `volatility_target`: the fraction of the
    equity at which a position's volatility is `value` a year, by the standard deviation of the last 20 bars' returns, and at most all.
    """

    method: Literal["fraction", "fixed", "volatility_target"] = "fraction"
    value: float = 1.0


@dataclass(frozen=True, slots=True)
class Stops:
    """Prices that end a position inside a bar, as fractions of its entry price (`trailing`: of the best price since); None: none.

    Where a bar touches both a stop and the target, the stop is taken to have come first: the worst case. A bar that opens beyond a level
    is left at its open.
    """

    loss: float | None = None
    profit: float | None = None
    trailing: float | None = None


@dataclass(frozen=True, slots=True)
class TradingTerms:
    """All of it. `commission` is a fraction of the traded value on each side, `borrow_rate` what a short costs a year of its value."""

    direction: Direction = "long"
    commission: float = 0.0
    slippage: Slippage = field(default_factory=Slippage)
    sizing: Sizing = field(default_factory=Sizing)
    stops: Stops = field(default_factory=Stops)
    borrow_rate: float = 0.0
