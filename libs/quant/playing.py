"""Plays a model's own signals: the same in training, where they are judged, and wherever they are played again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.quant.backtest import Backtest, Positions, backtest, buy_and_hold, portfolio, positions_from_classes, positions_from_returns
from libs.quant.candles import Candles, Floats
from libs.quant.costs import Costs
from libs.quant.labels import CLASSES
from libs.quant.windows import Windows, ready

# From rows (rows, features), or windows of bars, to places in the classes of its rules, or to returns.
Answers = Callable[[Any], NDArray[Any]]
# From the features of single bars (rows, features) to whether there the model abstains.
Abstains = Callable[[Floats], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Rules:
    """How signals are read: whether answers are returns instead of classes.

    `steps` is the length of the windows that the model looks at; 0 for one that looks at single bars. `abstains` is of a model that does,
    by what is unusual about a bar. `classes` are those that answers are places in. `is_traded` is False of a model that predicts what no
    position follows from, such as a volume.
    """

    by_value: bool
    steps: int = 0
    abstains: Abstains | None = None
    classes: tuple[str, ...] = CLASSES
    is_traded: bool = True

    def classes_of(self, said: NDArray[Any]) -> NDArray[Any]:
        """Return answers (rows,) as places in `CLASSES`."""
        return said if self.classes == CLASSES else np.array([CLASSES.index(name) for name in self.classes])[said]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The bars of a symbol from `first` up to and without `stop`, which are played at its `costs`; windows may reach back before them.

    `features` is (bars, features), of all bars in `candles`.
    """

    candles: Candles
    features: Floats
    first: int
    stop: int
    costs: Costs

    @property
    def played(self) -> Candles:
        """The candles that are played."""
        return self.candles.part(self.first, self.stop)

    def play(self, wanted: Positions) -> Backtest:
        """Play what is wanted after each of the bars, at the symbol's costs."""
        return played_at(self.costs, self.played, wanted)

    def known(self, *, steps: int) -> NDArray[np.bool_]:
        """Tell which of the bars played have all features, and end a window of `steps` bars in a row that have."""
        return ready(self.features, self.candles.segment, steps=steps)[self.first : self.stop]


def played_at(costs: Costs, candles: Candles, wanted: Positions) -> Backtest:
    """Play what is wanted after each candle at these costs."""
    return backtest(candles, wanted, commission=costs.commission, slippage=costs.slippage, borrow_rate=costs.borrow_rate)


def positions_of(answers: Answers, part: Part, *, rules: Rules) -> Positions:
    """Return what is wanted after each bar: long on BUY, short on SELL; by value with the sign of a return beyond a round trip's costs.

    Bars without all features, or without a whole window of them, are flat, and so are those at which the model abstains.
    """
    known = part.known(steps=rules.steps)
    positions = np.zeros(len(known), dtype=np.int8)
    if not known.any() or not rules.is_traded:
        return positions
    bars = part.first + np.flatnonzero(known)
    said = answers(Windows(part.features, bars, rules.steps) if rules.steps else part.features[bars])
    if rules.by_value:
        positions[known] = positions_from_returns(said, threshold=2 * (part.costs.commission + part.costs.slippage))
    else:
        positions[known] = positions_from_classes(rules.classes_of(said))
    if rules.abstains:
        positions[bars[rules.abstains(part.features[bars])] - part.first] = 0
    return positions


def play_signals(answers: Answers, parts: Sequence[Part], *, rules: Rules) -> Backtest:
    """Play every symbol with its share of the capital. Raises `ValueError` for no symbols."""
    return play_positions([positions_of(answers, part, rules=rules) for part in parts], parts)


def play_positions(positions: Sequence[Positions], parts: Sequence[Part]) -> Backtest:
    """Play what is wanted after each bar of every symbol, each with its share of the capital. Raises `ValueError` for no symbols."""
    return portfolio([part.play(wanted) for wanted, part in zip(positions, parts, strict=True)])


def hold(parts: Sequence[Part]) -> Backtest:
    """Buy and hold every symbol with its share of the capital, at the same costs. Raises `ValueError` for no symbols."""
    return portfolio([buy_and_hold(part.played, commission=part.costs.commission, slippage=part.costs.slippage) for part in parts])
