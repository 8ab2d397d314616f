"""Which learners let some rows count for less than others."""

from typing import Final

from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.algorithms_forecasting import FORECASTERS

_ALIKE: Final = frozenset(each.name for each in FORECASTERS)


def check_sample_weights(algorithm: str, *, sample_weights: str | None) -> dict[str, list[str]]:
    """Return what is wrong with weighing rows for an algorithm, by field; empty when nothing is."""
    if sample_weights in {None, "none"} or algorithm not in _ALIKE:
        return {}
    those = ", ".join(name for name in ALGORITHMS if name not in _ALIKE)
    return {"training_config.sample_weights": [f"{algorithm} weighs all rows alike: must be none; algorithms that can: {those}."]}
