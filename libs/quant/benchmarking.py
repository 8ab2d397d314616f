"""A strategy beside what it must beat, and how much it traded for it."""

from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.measured import Measured, Measuring, nothing
from libs.quant.trading import returns_of

BESIDE: Final = ("excess_return", "beta", "alpha", "correlation", "tracking_error", "information_ratio")


def beside(equity: Floats, benchmark: Floats, *, bars_per_year: float) -> Measured:
    """Measure an equity curve beside a benchmark's, both (bars,) of the same bars and from 1.0 before the first.

    excess_return: total return less the benchmark's. beta: covariance of the bars' returns / the benchmark's variance; alpha: mean return
    less beta times the benchmark's mean, times bars a year (Jensen 1968, without a riskless rate). tracking_error: sample deviation of the
    differences, times √(bars a year); information_ratio: their mean / sample deviation, annualised (Sharpe 1994).
    """
    if len(equity) < 2:  # noqa: PLR2004 - one bar has no deviation
        return nothing(BESIDE, reason="there are fewer than two bars")
    out, own, other = Measuring(), returns_of(equity), returns_of(benchmark)
    out.set("excess_return", float(equity[-1] - benchmark[-1]))
    year, still = np.sqrt(bars_per_year), "the benchmark's returns do not vary"
    covariance = np.cov(own, other, ddof=1)
    if (other == other[0]).all():
        for name in ("beta", "alpha", "correlation"):
            out.lacking(name, reason=still)
    else:
        beta = float(covariance[0, 1] / covariance[1, 1])
        out.set("beta", beta)
        out.set("alpha", float((own.mean() - beta * other.mean()) * bars_per_year))
        spread = 0.0 if (own == own[0]).all() else float(np.sqrt(covariance[0, 0] * covariance[1, 1]))
        out.divide("correlation", float(covariance[0, 1]), spread, reason="the returns do not vary")
    difference = own - other
    error = 0.0 if (difference == difference[0]).all() else float(difference.std(ddof=1))
    out.set("tracking_error", float(error * year))
    out.divide("information_ratio", float(difference.mean() * year), error, reason="it returned what the benchmark did, bar by bar")
    return out.done()


def activity(exposure: Floats, traded: Floats, equity: Floats, *, bars_per_year: float) -> Measured:
    """Measure how much was invested and traded; all three are (bars,).

    `exposure` is the gross value of the positions as a fraction of the equity at each close, `traded` the value of what was bought and sold
    during each bar, in the unit of `equity`. time_in_market: share of the bars with a position; mean_exposure: the mean of `exposure`;
    max_exposure: its highest. turnover: Σ traded / mean equity, over all bars; annual_turnover: the same a year. Both sides of a trade
    count, so a position of all the equity that is bought and sold turns it over twice.
    """
    if not len(equity):
        names = ("time_in_market", "mean_exposure", "max_exposure", "turnover", "annual_turnover")
        return nothing(names, reason="there are no bars")
    out = Measuring()
    out.set("time_in_market", float((exposure > 0).mean()))
    out.set("mean_exposure", float(exposure.mean()))
    out.set("max_exposure", float(exposure.max()))
    total, mean = float(traded.sum()), float(equity.mean())
    out.divide("turnover", total, mean, reason="there was no equity")
    out.divide("annual_turnover", total * bars_per_year / len(equity), mean, reason="there was no equity")
    return out.done()
