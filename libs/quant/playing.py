"""Plays a model's own signals: the same in training, where they are judged, and wherever they are played again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.quant.backtest import Backtest, Positions, backtest, portfolio, positions_from_classes, positions_from_returns
from libs.quant.candles import Candles, Floats

# From rows (rows, features) to places in `CLASSES`, or to returns.
Answers = Callable[[Floats], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Rules:
    """How signals are traded: what a fill costs (fractions), and whether answers are returns instead of classes."""

    commission: float
    slippage: float
    by_value: bool


def positions_of(answers: Answers, features: Floats, *, rules: Rules) -> Positions:
    """Return what is wanted after each bar: long on BUY, short on SELL; by value with the sign of a return beyond a round trip's costs.

    `features` is (bars, features). Bars without all features are flat.
    """
    known = np.isfinite(features).all(axis=1)
    positions = np.zeros(len(features), dtype=np.int8)
    if not known.any():
        return positions
    said = answers(features[known])
    if rules.by_value:
        positions[known] = positions_from_returns(said, threshold=2 * (rules.commission + rules.slippage))
    else:
        positions[known] = positions_from_classes(said)
    return positions


def play_signals(answers: Answers, parts: Sequence[tuple[Candles, Floats]], *, rules: Rules) -> Backtest:
    """Play every symbol (its candles and their features) with its share of the capital. Raises `ValueError` for no symbols."""
    return portfolio(
        [
            backtest(candles, positions_of(answers, features, rules=rules), commission=rules.commission, slippage=rules.slippage)
            for candles, features in parts
        ]
    )
