"""How long a training will take, before it starts: from the size of the work and the account's past jobs of the kind."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import mean
from typing import Any, Final

from libs.contracts.money import to_hours

LEAST_HOURS: Final = Decimal("0.01")
# Room for a slower machine than the last time: what is not used goes back.
MARGIN: Final = Decimal("1.5")
# Measured on one core: what a job costs before it fits anything, and a row's way through one tree of usual depth.
FIXED_S: Final = 12.0
ROW_TREE_S: Final = 4e-6
BARS_A_YEAR: Final[Mapping[str, int]] = {"1d": 252, "1h": 6_240, "15m": 35_040}
YEARS_UNSAID: Final = 13.0
TREES_UNSAID: Final = 100


def estimated_hours(
    past: Sequence[Decimal], *, config: Mapping[str, Any], hyperparameters: Mapping[str, Any], years: float | None
) -> Decimal:
    """Return the compute hours to set aside for a job; never less than a hundredth.

    `past` are hours of the account's last jobs with the same algorithm; `years` is the length of the data asked for, if it was said.
    """
    rows = len(config.get("symbols", ())) * BARS_A_YEAR[config.get("timeframe", "1d")] * (years or YEARS_UNSAID)
    fits = 1 + int(config.get("cross_validation_folds", 5))
    trees = float(hyperparameters.get("n_estimators", TREES_UNSAID))
    by_size = to_hours((FIXED_S + rows * trees * fits * ROW_TREE_S) * float(MARGIN))
    by_past = (Decimal(str(mean(past))) * MARGIN).quantize(LEAST_HOURS / 10000) if past else LEAST_HOURS
    # The larger: past jobs know this machine and these learners, but not how much larger this job is.
    return max(LEAST_HOURS, by_size, by_past)
