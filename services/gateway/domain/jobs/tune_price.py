"""What a search for hyperparameters costs: by its trials, and by what is fitted besides."""

from decimal import Decimal
from statistics import mean
from typing import Final

from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.money import to_hours
from libs.contracts.tuning import SearchRange, TuneSpec
from services.gateway.domain.jobs.job_size import SECONDS_AN_HOUR, size_hours

# A search is priced by its trials: so many times what the mean of its smallest and its largest training is expected to take, and as many
# trainings besides as its best trial is measured with.
TUNE_MARGIN: Final = 1.5
TRAININGS_BESIDE: Final = 6
TUNE_HOURS_LEAST: Final = 0.02


def tune_hours(spec: TuneSpec) -> Decimal:
    """Return the hours that are set aside for a search."""
    ends = [{name: _end_of(each, at) for name, each in spec.space.items()} for at in (0, -1)]
    sizes = [size_hours(spec.base.model_copy(update={"hyperparameters": spec.base.hyperparameters | end})) for end in ends]
    trials = max(spec.max_trials - spec.earlier_trials, 0) + TRAININGS_BESIDE
    return to_hours(max(TUNE_MARGIN * mean(sizes) * trials, TUNE_HOURS_LEAST) * SECONDS_AN_HOUR)


def _end_of(found: SearchRange, at: int) -> HyperparameterValue:
    """Return the first or the last value of a range."""
    if found.values:
        return found.values[at]
    assert found.min is not None
    assert found.max is not None
    bound = (found.min, found.max)[at]
    return int(bound) if found.type == "int" else bound
