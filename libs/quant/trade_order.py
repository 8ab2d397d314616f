"""What luck has to do with it: the same trades in another order, and other samples of them (Monte Carlo of trades)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.quant.candles import Floats

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
FEWEST_TRADES: Final = 10
"""Fewer trades than these have too few orders, and too few samples, to tell anything."""


@dataclass(frozen=True, slots=True)
class TradeOrder:
    """Quantiles, by their level, over `samples` reshuffled and as many resampled series of `trades` trades.

    `shuffled_drawdown`: largest drawdown when the same trades come in another order; their final equity is always the same, since factors
    commute. `resampled_drawdown` and `resampled_equity`: when as many trades are drawn from them with replacement (Efron 1979), each as
    likely as the other; equity began at 1. `deeper`: the share of orders whose drawdown is deeper than the one that happened, `drawdown`.
    `loss`: the share of resampled series that end below 1. Drawdowns are positive fractions of the peak, from one trade's end to another's:
    what happens within a trade is in no order.
    """

    samples: int
    trades: int
    drawdown: float
    final_equity: float
    shuffled_drawdown: Mapping[float, float]
    resampled_drawdown: Mapping[float, float]
    resampled_equity: Mapping[float, float]
    deeper: float
    loss: float


def trade_order(returns: Floats, *, seed: int, samples: int = 1000) -> TradeOrder | None:
    """Return what other orders and samples of the trades would have made of the equity; None for fewer than `FEWEST_TRADES` trades.

    `returns` (trades,) are the trades' profits as fractions of the equity at their entry, in the order in which they ended; each is
    compounded on what was there before it, also where positions were held side by side. Same seed, same quantiles.
    """
    if len(returns) < FEWEST_TRADES:
        return None
    random = np.random.default_rng(seed)
    happened, final = _played(returns)
    shuffled, fallen, ended = np.empty(samples), np.empty(samples), np.empty(samples)
    for sample in range(samples):
        shuffled[sample], _ = _played(random.permutation(returns))
        fallen[sample], ended[sample] = _played(returns[random.integers(0, len(returns), len(returns))])
    return TradeOrder(
        samples=samples,
        trades=len(returns),
        drawdown=happened,
        final_equity=final,
        shuffled_drawdown=_quantiles(shuffled),
        resampled_drawdown=_quantiles(fallen),
        resampled_equity=_quantiles(ended),
        # What differs in its last digits alone fell as deep.
        deeper=float((shuffled > happened + 1e-12).mean()),
        loss=float((ended < 1.0).mean()),
    )


def _played(returns: Floats) -> tuple[float, float]:
    """Return the largest drawdown and the final equity of trades that are compounded one after the other; what is lost stays lost."""
    equity = np.cumprod(np.maximum(1.0 + returns, 0.0))
    peaks = np.maximum(np.maximum.accumulate(equity), 1.0)
    return float((1.0 - equity / peaks).max()), float(equity[-1])


def _quantiles(values: Floats) -> dict[float, float]:
    return dict(zip(QUANTILES, np.quantile(values, QUANTILES).tolist(), strict=True))
