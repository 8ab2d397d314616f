"""Which models a method can measure the features of, and what measuring them is priced at."""

from decimal import Decimal
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.importance import ON_ROWS, ON_TREES, ImportanceSpec
from libs.contracts.money import to_hours
from services.gateway.domain.jobs.job_size import SECONDS_AN_HOUR, size_hours

# CPU seconds that are set aside, estimates on the safe side:
# for a new process with its imports and the candles' features, and for a thousand rows, which are answered
# or explained once for each feature and repeat. Training anew is priced as trainings are.
SECONDS: Final = 60.0
SECONDS_A_THOUSAND: Final = 0.5


def check_method(spec: ImportanceSpec) -> None:
    """Raise InvalidError (`method`) for a model that a method cannot look at."""
    able = {"gain": ON_TREES, "drop_column": ON_ROWS}.get(spec.method)
    if able is not None and spec.training.algorithm not in able:
        message = f"{spec.method} is of models such as {', '.join(sorted(able)).lower()}; shap and permutation are of all."
        raise InvalidError(message, details={"method": [message]})


def importance_hours(spec: ImportanceSpec) -> Decimal:
    """Return the compute hours that are set aside, and the most that is charged."""
    runs = (len(spec.training.features) + 2) * (1 if spec.method in {"shap", "gain"} else 2 * spec.repeats)
    seconds = SECONDS + SECONDS_A_THOUSAND * runs * spec.num_samples / 1000
    if spec.method == "drop_column":
        seconds += runs * size_hours(spec.training) * SECONDS_AN_HOUR
    return to_hours(seconds)
