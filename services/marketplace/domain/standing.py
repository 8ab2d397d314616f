"""What a record counts for among others: whether it is ranked, and its Sharpe ratio deflated by how often its account has tried. Pure."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

from libs.contracts.listings import Performance
from libs.contracts.records import Standing
from libs.quant.deflated import Moments, deflated_sharpe_ratio, null_variance

SYNTHETIC: Final = "It rests on generated candles, which say nothing of a market."
OLDER: Final = "It is from before records ran to the last candle, and is measured anew."
NO_SHARPE: Final = "The record has no Sharpe ratio."
NO_TRIALS: Final = "Nobody knows which trainings share its symbols."
NO_SPREAD: Final = "The returns are spread too oddly to say how sure their Sharpe ratio is."
LEAST_KNOWN: Final = 2


@dataclass(frozen=True, slots=True)
class Least:
    """What a record needs at least to be ordered and filtered by."""

    bars: int
    trades: int


@dataclass(frozen=True, slots=True)
class Trials:
    """An account's trainings whose test overlaps a record on its symbols: how many there are, and how many have a Sharpe ratio.

    `variance` is that of these annualised ratios, None for fewer than two.
    """

    count: int
    known: int
    variance: float | None


def standing_of(record: Performance, *, trials: Trials | None, least: Least) -> Standing:
    """Return what a record counts for. `trials` is None where nobody knows; its own training is one of them, so that one is the least."""
    unusable, not_ranked = _unusable(record), unranked(record, least=least)
    count = None if trials is None else max(trials.count, 1)
    variance = None if trials is None else _variance(record, trials)
    values = {
        "sharpe_ratio": record.sharpe_ratio if not_ranked is None else None,
        "deflated_sharpe_ratio": _deflated(record, trials=count, variance=variance),
        "trials": count,
        "trials_variance": variance,
    }
    reasons = {
        "sharpe_ratio": not_ranked,
        "deflated_sharpe_ratio": unusable or (NO_TRIALS if count is None else NO_SPREAD),
        "trials": unusable or NO_TRIALS,
        "trials_variance": unusable or NO_TRIALS,
    }
    return Standing.model_validate({**values, "reasons": {name: reasons[name] for name, value in values.items() if value is None}})


def standing_of_nothing(record: Performance) -> Standing:
    """Return what an unmeasured record counts for: nothing, and why."""
    return standing_of(record, trials=None, least=Least(bars=0, trades=0))


def unranked(record: Performance, *, least: Least) -> str | None:
    """Return why a record is not ordered and filtered by, or None."""
    if record.synthetic:
        return SYNTHETIC
    if unusable := _unusable(record):
        return unusable
    bars, trades = record.bars or 0, record.total_trades or 0
    if bars < least.bars or trades < least.trades:
        return f"It has {bars} bars and {trades} trades; to be ranked, a record needs at least {least.bars} bars and {least.trades} trades."
    return None


def _unusable(record: Performance) -> str | None:
    """Return why a record has nothing to be judged by, or None."""
    if record.sharpe_ratio is None:
        return record.reasons.get("sharpe_ratio", NO_SHARPE)
    return OLDER if record.bars is None else None


def _variance(record: Performance, trials: Trials) -> float | None:
    """Return the variance of the trials' annualised Sharpe ratios, and at least what it would be by chance without any skill.

    The floor is a rule of this platform and not of the paper: whoever trains the same thing again and again has ratios that are all alike,
    and would deflate nothing.
    """
    of_trials = trials.variance if trials.known >= LEAST_KNOWN else None
    if record.bars is None or record.bars_per_year is None or record.bars < LEAST_KNOWN:
        return of_trials
    return max(of_trials or 0.0, null_variance(bars=record.bars) * record.bars_per_year)


def _deflated(record: Performance, *, trials: int | None, variance: float | None) -> float | None:
    sharpe, bars, a_year = record.sharpe_ratio, record.bars, record.bars_per_year
    if sharpe is None or bars is None or a_year is None or record.skewness is None or record.kurtosis is None:
        return None
    if trials is None or variance is None:
        return None
    # The formula is about Sharpe ratios of one bar.
    shape = Moments(record.skewness, record.kurtosis)
    return deflated_sharpe_ratio(sharpe / sqrt(a_year), bars=bars, shape=shape, trials=trials, variance=variance / a_year)
