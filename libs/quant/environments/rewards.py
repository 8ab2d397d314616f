"""What an agent is rewarded for at each step, in compiled code.

Moody and Saffell (2001), "Learning to Trade via Direct Reinforcement", IEEE Transactions on Neural Networks 12 (4): the differential Sharpe
ratio and the differential downside deviation ratio say by how much the newest return moves an exponentially weighted ratio.
"""

from collections.abc import Mapping
from typing import Final

from libs.quant.compiled import inlined

PROFIT: Final = 0
SHARPE: Final = 1
SORTINO: Final = 2
DRAWDOWN: Final = 3
REWARDS: Final[Mapping[str, int]] = {"profit": PROFIT, "sharpe_ratio": SHARPE, "sortino": SORTINO, "drawdown_penalised": DRAWDOWN}

ADAPTATION: Final = 0.01
"""η: how much the newest return counts in the moving moments; a memory of some hundred bars."""
FIRST_MOMENT: Final = 0.01**2
"""The second moment at the start of an episode: a deviation of 1 % a bar, until there are returns of its own."""
LEAST_DEVIATION: Final = 1e-3
"""An account that lies as cash has no deviation to divide by: 0.1 % a bar is the least."""
MOST: Final = 10.0
"""Beyond this a differential ratio says more of its own denominator than of the step."""
PERCENT: Final = 100.0


@inlined
def reward_of(  # noqa: PLR0917 - compiled functions take no keywords
    kind: int, balance: float, before: float, after: float, peak: float, mean: float, second: float
) -> tuple[float, float, float]:
    """Return a step's reward, and the moving moments after it: the mean return, and the second moment (of losses alone for SORTINO).

    `before` and `after` are the equity at both closes, `peak` its highest value up to the first, `balance` what the episode began with, all
    in money. PROFIT: percent of the balance earned. DRAWDOWN: the same, less the percent by which the fall from the peak grew. SHARPE,
    with A and B the moments before and R the return: (B (R - A) - A (R² - B) / 2) / (B - A²)^(3/2). SORTINO, with D² that of losses:
    (R - A / 2) / D for a gain, and (D² (R - A / 2) - A R² / 2) / D³ for a loss. Both ratios are cut off at 10 either way.
    """
    earned = PERCENT * (after - before) / balance
    if kind == PROFIT:
        return earned, mean, second
    if kind == DRAWDOWN:
        grown = max(1.0 - after / max(peak, after), 0.0) - max(1.0 - before / peak, 0.0)
        return earned - PERCENT * max(grown, 0.0), mean, second
    change = after / before - 1.0
    square = change * change
    if kind == SHARPE:
        deviation = max(second - mean * mean, LEAST_DEVIATION**2) ** 0.5
        ratio = (second * (change - mean) - mean * (square - second) / 2.0) / deviation**3
    else:
        square = square if change < 0.0 else 0.0
        deviation = max(second, LEAST_DEVIATION**2) ** 0.5
        ratio = (change - mean / 2.0) / deviation - (mean * square / 2.0) / deviation**3
    ratio = min(max(ratio, -MOST), MOST)
    return ratio, mean + ADAPTATION * (change - mean), second + ADAPTATION * (square - second)
