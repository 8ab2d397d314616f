"""Conformal intervals hold as often as they say, and adapt to what comes."""

import numpy as np
import pytest

from libs.quant.conformal import Conformal, adapted, coverage, usable


def test_what_is_read_from_scores_is_the_order_statistic_that_the_theorem_names() -> None:
    known = Conformal.of([float(score) for score in range(1, 100)], kind="residual")
    assert known is not None

    # ceil(100 * 0.9) = 90, and 99 scores cannot say what holds 99.5 % of all.
    assert (known.reach(0.9), known.reach(0.99), known.reach(0.995)) == (90.0, 99.0, None)
    assert Conformal.from_json(known.to_json()) == known
    assert Conformal.of([1.0] * 19, kind="residual") is None


def test_of_many_scores_those_that_are_kept_err_to_the_safe_side() -> None:
    scores = np.random.default_rng(7).exponential(size=25_000)
    known = Conformal.of(scores.tolist(), kind="residual")
    assert known is not None

    for level in (0.5, 0.9, 0.99):
        exact = np.sort(scores)[int(np.ceil((len(scores) + 1) * level)) - 1]
        reach = known.reach(level)
        assert reach is not None
        assert exact <= reach <= exact * 1.05


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_rows_that_can_be_exchanged_are_covered_as_often_as_is_said(level: float) -> None:
    scores = np.abs(np.random.default_rng(3).standard_t(3, size=8_000)).tolist()

    held = coverage(scores, kind="residual", levels=[level], gap=5)[f"{level:g}"]

    assert held == pytest.approx(level, abs=0.02)


def test_an_adapted_level_finds_the_coverage_that_is_wanted_when_errors_have_grown() -> None:
    draw = np.random.default_rng(5)
    known = Conformal.of(np.abs(draw.normal(size=2_000)).tolist(), kind="residual")
    assert known is not None

    used, inside = 0.9, []
    for error in np.abs(draw.normal(scale=1.6, size=3_000)):
        inside.append(bool(error <= (known.reach(usable(used)) or np.inf)))
        used = adapted(used, level=0.9, inside=inside[-1])

    assert np.mean(inside[500:]) == pytest.approx(0.9, abs=0.02)
