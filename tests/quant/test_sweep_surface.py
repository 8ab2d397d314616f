"""Where a sweep's best point stands: plateaus, spikes, and what gives no verdict."""

import numpy as np
import pytest

from libs.quant.sweep_surface import NEAR, judge_surface


def test_a_broad_hill_is_a_plateau_and_a_needle_is_a_spike() -> None:
    x, y = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9))
    hill = 2.0 - x**2 - y**2
    needle = np.full((9, 9), 0.3)
    needle[4, 4] = 2.0

    broad, thin = judge_surface(hill), judge_surface(needle)

    assert (broad.best, broad.score, broad.neighbours, broad.verdict, broad.near) == ((4, 4), 2.0, 8, "plateau", 1.0)
    assert broad.ratio == pytest.approx((2.0 - (0.25**2 + 2 * 0.25**2) / 2) / 2.0)
    assert (thin.verdict, thin.ratio, thin.near, thin.positive, thin.median) == ("spike", pytest.approx(0.15), 0.0, 1.0, 0.3)


def test_the_rule_is_the_median_of_the_neighbours_over_the_best() -> None:
    kept = judge_surface(np.array([NEAR * 1.01, 1.0, NEAR]))
    lost = judge_surface(np.array([NEAR * 0.99, 1.0, NEAR]))

    assert (kept.verdict, lost.verdict) == ("plateau", "spike")
    assert not kept.at_edge


def test_points_that_cannot_be_played_are_no_neighbours() -> None:
    scores = np.array([[np.nan, 0.1, 0.9], [np.nan, np.nan, 1.0], [0.0, 0.2, 0.8]])

    found = judge_surface(scores)

    assert (found.best, found.neighbours, found.neighbour_median, found.at_edge) == ((1, 2), 4, 0.5, True)


def test_of_equal_points_the_one_on_the_broadest_top_is_the_best() -> None:
    found = judge_surface(np.array([2.0, 0.0, 0.0, 1.9, 2.0, 1.9]))

    assert (found.best, found.verdict) == ((4,), "plateau")


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.array([-2.0, -1.0, -3.0]), "the best score is not above 0"),
        (np.array([1.0, 0.9]), "the best point has fewer than 2 neighbours with a score"),
        (np.array([np.nan, np.nan]), "no point of the grid has a score"),
    ],
)
def test_what_gives_no_verdict_says_why(scores: np.ndarray, reason: str) -> None:
    found = judge_surface(scores)

    assert (found.verdict, found.reason) == (None, reason)
