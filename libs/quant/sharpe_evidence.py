"""What a Sharpe ratio is worth: how likely it is above zero, and above what as many tries show by chance; how long a record it takes."""

from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.deflated import deflated_sharpe_ratio, minimum_track_record, null_variance, probabilistic_sharpe_ratio
from libs.quant.measured import Measured, Measuring, nothing
from libs.quant.moments import moments
from libs.quant.trading import sharpe_ratio

EVIDENCE: Final = ("probabilistic_sharpe_ratio", "deflated_sharpe_ratio", "skewness", "kurtosis", "minimum_track_record_bars")
_FEW: Final = "the moments of so few returns allow no such probability"


def sharpe_evidence(returns: Floats, *, trials: int = 1, sharpe_variance: float | None = None) -> Measured:
    """Measure what stands behind the Sharpe ratio of simple returns per bar.

    probabilistic_sharpe_ratio: the probability that the true one is above 0; deflated_sharpe_ratio: that it is above what the best of
    `trials` tries without skill is expected to show (both `libs/quant/deflated.py`). The variance of the tries' ratios (of one bar) is
    `sharpe_variance` where several of them are known, as in a sweep, and never below what ratios without skill have, 1 / (bars - 1): points
    of a sweep that lie close together say nothing of how far apart all tries were.
    minimum_track_record_bars: how many bars it takes for the first to be 0.95. skewness and kurtosis (3 for a normal distribution) are the
    returns' own.
    """
    shape, ratio = moments(returns), sharpe_ratio(returns, bars_per_year=1.0)
    if shape is None or ratio is None or not np.isfinite(ratio):
        return nothing(EVIDENCE, reason="the returns do not vary" if len(returns) > 1 else "there are fewer than two bars")
    out, bars = Measuring(), len(returns)
    variance = max(sharpe_variance or 0.0, null_variance(bars=bars))
    found = {
        "probabilistic_sharpe_ratio": probabilistic_sharpe_ratio(ratio, bars=bars, shape=shape),
        "deflated_sharpe_ratio": deflated_sharpe_ratio(ratio, bars=bars, shape=shape, trials=trials, variance=variance),
        "minimum_track_record_bars": minimum_track_record(ratio, shape=shape),
    }
    for name, value in found.items():
        if value is None:
            out.lacking(name, reason=_FEW if ratio > 0 or name != "minimum_track_record_bars" else "the ratio is not above zero")
        else:
            out.set(name, value)
    out.set("skewness", shape.skewness)
    out.set("kurtosis", shape.kurtosis)
    return out.done()
