"""How likely a Sharpe ratio is above zero, and above what the best of many tries would show by chance: probabilistic and deflated."""

from dataclasses import dataclass
from math import ceil, e, isfinite, sqrt
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


def probabilistic_sharpe_ratio(sharpe: float, *, bars: int, shape: Moments, benchmark: float = 0.0) -> float | None:
    """Return the probability, 0 to 1, that the true Sharpe ratio is above `benchmark`.

    `sharpe` and `benchmark` are of one bar, not annualised; `bars` is how many returns there are:
    Φ((sharpe - benchmark) * √(bars - 1) / √(1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe²)) (Bailey and López de Prado 2012, "The
    Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2)). None when that spread is not above zero, as the moments of a few
    returns may have it. Raises `ValueError` for fewer than two bars.
    """
    if bars < 2:  # noqa: PLR2004 - one return has no deviation
        message = f"{bars} bars have no Sharpe ratio"
        raise ValueError(message)
    spread = _spread(sharpe, shape=shape)
    return None if spread is None else NORMAL.cdf((sharpe - benchmark) * sqrt(bars - 1) / sqrt(spread))


def minimum_track_record(sharpe: float, *, shape: Moments, benchmark: float = 0.0, level: float = 0.95) -> int | None:
    """Return how many bars it takes until `probabilistic_sharpe_ratio` reaches `level`, if all else stays as it is.

    1 + (1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe²) * (Z(level) / (sharpe - benchmark))² (Bailey and López de Prado
    2012), rounded up. None when the ratio is not above the benchmark, or where `probabilistic_sharpe_ratio` is None.
    """
    spread = _spread(sharpe, shape=shape)
    if spread is None or not sharpe > benchmark:
        return None
    return ceil(1 + spread * (NORMAL.inv_cdf(level) / (sharpe - benchmark)) ** 2)


def deflated_sharpe_ratio(sharpe: float, *, bars: int, shape: Moments, trials: int, variance: float) -> float | None:
    """Return the probability, 0 to 1, that the true Sharpe ratio is above what the best of `trials` tries would show by chance.

    It is `probabilistic_sharpe_ratio` with the benchmark of `expected_best` (Bailey and López de Prado 2014, equation 2); `variance` is
    that of the tries' Sharpe ratios of one bar (`null_variance` where only one of them is known). None where that is None. Raises
    `ValueError` for no trials or fewer than two bars.
    """
    return probabilistic_sharpe_ratio(sharpe, bars=bars, shape=shape, benchmark=expected_best(trials=trials, variance=variance))


def _spread(sharpe: float, *, shape: Moments) -> float | None:
    """Return the variance of the estimated ratio times (bars - 1); None where it is no number above zero."""
    spread = 1 - shape.skewness * sharpe + (shape.kurtosis - 1) / 4 * sharpe**2
    return spread if spread > 0 and isfinite(spread) else None
