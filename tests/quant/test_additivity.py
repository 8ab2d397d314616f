"""What an explanation may miss: the promise by explainer and scale."""

import numpy as np
import pytest

from libs.quant.additivity import additivity_tolerance


@pytest.mark.parametrize(
    ("explainer", "scale", "promised"),
    [
        ("trees", "probability", 1e-6),
        ("trees", "value", 1e-6),
        ("trees", "log-odds", 1e-5),
        ("linear", "log-odds", 1e-6),
        ("linear", "value", 1e-6),
    ],
)
def test_only_the_log_odds_of_boosters_may_miss_by_more_than_a_millionth(explainer: str, scale: str, promised: float) -> None:
    served = np.array([-0.7, 0.0, 0.9])

    assert additivity_tolerance(explainer, scale=scale, served=served).tolist() == [promised] * 3


@pytest.mark.parametrize(("explainer", "scale"), [("linear", "log-odds"), ("linear", "value"), ("trees", "value")])
def test_what_has_no_bound_is_held_relative_to_its_size_row_by_row(explainer: str, scale: str) -> None:
    served = np.array([0.5, -2e9])

    assert additivity_tolerance(explainer, scale=scale, served=served).tolist() == pytest.approx([1e-6, 2e3])


@pytest.mark.parametrize("scale", ["log-odds", "probability"])
def test_what_trees_answer_of_classes_is_held_absolutely(scale: str) -> None:
    small, large = additivity_tolerance("trees", scale=scale, served=np.array([0.1, 30.0]))

    assert small == large
