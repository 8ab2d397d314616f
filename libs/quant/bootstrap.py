"""How sure a Sharpe ratio is: its interval by the stationary bootstrap (Politis and Romano 1994)."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats
from libs.quant.compiled import compiled

METHOD = "stationary bootstrap (Politis and Romano 1994), percentiles"


@dataclass(frozen=True, slots=True)
class SharpeInterval:
    """Between `low` and `high` lies the Sharpe ratio at the given level; both None, with a `reason`, when that cannot be computed."""

    low: float | None
    high: float | None
    level: float
    method: str
    samples: int
    mean_block: float | None
    reason: str | None = None

    def as_json(self) -> dict[str, float | str | None]:
        """Return the fields by name; `reason` only when there is one."""
        return {name: value for name, value in asdict(self).items() if name != "reason" or value is not None}


def sharpe_interval(
    returns: Floats, *, bars_per_year: float, seed: int, samples: int = 1000, level: float = 0.95, mean_block: float | None = None
) -> SharpeInterval:
    """Return the percentile interval of the annualised Sharpe ratio of simple returns per bar.

    Each sample strings together blocks of the returns (taken round in a circle) whose lengths are geometric with mean `mean_block`, so that
    returns keep how they follow each other; the default is bars ** (1/3), the rate that Politis and Romano show. Same seed, same interval.
    """
    few = 20  # fewer bars than this say nothing about their own dependence
    if len(returns) < few or (returns == returns[0]).all():
        reason = f"there are fewer than {few} bars" if len(returns) < few else "the returns do not vary"
        return SharpeInterval(None, None, level, METHOD, 0, None, reason)
    block = mean_block if mean_block is not None else max(1.0, len(returns) ** (1 / 3))
    random = np.random.default_rng(seed)
    # One seed a sample; the loop draws from its own small generator, so that a million bars need no million-fold table.
    seeds = random.integers(1, 2**63 - 1, size=samples, dtype=np.uint64)
    ratios = _resampled(np.ascontiguousarray(returns), seeds, 1.0 / block) * np.sqrt(bars_per_year)
    ratios = ratios[np.isfinite(ratios)]
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return SharpeInterval(float(low), float(high), level, METHOD, len(ratios), float(block))


@compiled
def _uniform(state: np.uint64) -> tuple[np.uint64, float]:
    """Step a SplitMix64 generator (Steele, Lea and Flood 2014): the next state, and a number from 0 up to 1."""
    state = np.uint64(state + np.uint64(0x9E3779B97F4A7C15))
    mixed = np.uint64((state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    mixed = np.uint64((mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    mixed = np.uint64(mixed ^ (mixed >> np.uint64(31)))
    return state, float(mixed >> np.uint64(11)) / 9007199254740992.0


@compiled
def _resampled(returns: Floats, seeds: NDArray[np.uint64], restart: float) -> Floats:
    """Return mean / sample deviation of one resampled series a seed; NaN where a series does not vary."""
    bars = len(returns)
    ratios = np.full(len(seeds), np.nan)
    for sample in range(len(seeds)):
        state = seeds[sample]
        place, total, squares = 0, 0.0, 0.0
        for bar in range(bars):
            state, drawn = _uniform(state)
            if bar == 0 or drawn < restart:
                state, drawn = _uniform(state)
                place = int(drawn * bars)
            else:
                place = place + 1 if place + 1 < bars else 0
            total += returns[place]
            squares += returns[place] * returns[place]
        mean = total / bars
        variance = (squares - total * mean) / (bars - 1)
        if variance > 1e-30:  # noqa: PLR2004 - below this it is rounding, not movement
            ratios[sample] = mean / np.sqrt(variance)
    return ratios
