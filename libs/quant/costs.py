"""What trading costs: what a fill and a short position take, by the class of what is traded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Costs:
    """Fractions: `commission` of the traded value a side, `slippage` of the price a side, `borrow_rate` of a short's value a year."""

    commission: float
    slippage: float
    borrow_rate: float

    def or_given(self, *, commission: float | None, slippage: float | None, borrow_rate: float | None) -> "Costs":
        """Return these costs with those that are given in their place."""
        return Costs(
            self.commission if commission is None else commission,
            self.slippage if slippage is None else slippage,
            self.borrow_rate if borrow_rate is None else borrow_rate,
        )

    def at_least(self, other: "Costs") -> "Costs":
        """Return the higher of each."""
        return Costs(max(self.commission, other.commission), max(self.slippage, other.slippage), max(self.borrow_rate, other.borrow_rate))


# What a private trader pays, rounded up: a discount broker's commission and half the spread of large US shares, easy to borrow (indices
# are traded as funds or futures, generated candles as the shares they are like); an exchange's taker fee and what lenders of coins take;
# a retail account's half spread of the euro, with commission, and the interest between two currencies.
USUAL: Final[Mapping[str, Costs]] = {
    "equity": Costs(0.0005, 0.0002, 0.005),
    "index": Costs(0.0005, 0.0002, 0.005),
    "synthetic": Costs(0.0005, 0.0002, 0.005),
    "crypto": Costs(0.001, 0.0005, 0.1),
    "currency": Costs(0.00003, 0.00007, 0.02),
}
