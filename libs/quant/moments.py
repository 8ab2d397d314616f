"""The shape of returns beyond mean and deviation: skewness and kurtosis."""

from libs.quant.candles import Floats
from libs.quant.deflated import Moments


def moments(returns: Floats) -> Moments | None:
    """Return skewness m3 / m2 ** 1.5 and kurtosis m4 / m2 ** 2 from the central moments of a sample; None when it does not vary."""
    if len(returns) < 2 or (returns == returns[0]).all():  # noqa: PLR2004 - one return does not vary
        return None
    centred = returns - returns.mean()
    second = float((centred**2).mean())
    return Moments(float((centred**3).mean() / second**1.5), float((centred**4).mean() / second**2)) if second > 0 else None
