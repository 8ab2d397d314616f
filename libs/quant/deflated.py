"""How likely a Sharpe ratio is above what the best of many tries would show by chance: the deflated Sharpe ratio."""

from dataclasses import dataclass
from math import e, isfinite, sqrt
from statistics import NormalDist
from typing import Final

EULER_MASCHERONI: Final = 0.5772156649015329
NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class Moments:
    """The third and the fourth standardised moment of returns; a normal distribution has 0 and 3."""

    skewness: float
    kurtosis: float


def null_variance(*, bars: int) -> float:
    """Return the variance of the estimated Sharpe ratio (of one bar) when the true one is 0: 1 / (bars - 1). `bars` is at least 2.

    Lo (2002) and Mertens (2002): (1 - skewness * s + (kurtosis - 1) / 4 * s²) / (bars - 1), at s = 0.
    """
    return 1.0 / (bars - 1)


def expected_best(*, trials: int, variance: float) -> float:
    """Return the Sharpe ratio that the best of `trials` independent tries without any skill is expected to show.

    `variance` is that of the tries' Sharpe ratios; the result is in their unit: √variance * ((1 - c) * Z(1 - 1/N) + c * Z(1 - 1/(N * e))),
    with c the Euler-Mascheroni constant and Z the inverse of the standard normal distribution (Bailey and López de Prado 2014, "The
    Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest Overfitting and Non-Normality", Journal of Portfolio Management 40 (5),
    equation 1). A single try has nothing to choose from: 0. Raises `ValueError` for no trials.
    """
    if trials < 1:
        message = "there is no trial"
        raise ValueError(message)
    if trials == 1:
        return 0.0
    chance, rarer = NORMAL.inv_cdf(1 - 1 / trials), NORMAL.inv_cdf(1 - 1 / (trials * e))
    return sqrt(variance) * ((1 - EULER_MASCHERONI) * chance + EULER_MASCHERONI * rarer)


def deflated_sharpe_ratio(sharpe: float, *, bars: int, shape: Moments, trials: int, variance: float) -> float | None:
    """Return the probability, 0 to 1, that the true Sharpe ratio is above what the best of `trials` tries would show by chance.

    `sharpe` and `variance` (of the tries' Sharpe ratios) are of one bar, not annualised; `bars` is how many returns there are:
    Φ((sharpe - s0) * √(bars - 1) / √(1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe²)), s0 from `expected_best` (Bailey and López de
    Prado 2014, equation 2). None when that spread is not above zero, as the moments of a few returns may have it. Raises `ValueError` for
    no trials or fewer than two bars.
    """
    if bars < 2:  # noqa: PLR2004 - one return has no deviation
        message = f"{bars} bars have no Sharpe ratio"
        raise ValueError(message)
    spread = 1 - shape.skewness * sharpe + (shape.kurtosis - 1) / 4 * sharpe**2
    if not spread > 0 or not isfinite(spread):
        return None
    return NORMAL.cdf((sharpe - expected_best(trials=trials, variance=variance)) * sqrt(bars - 1) / sqrt(spread))
