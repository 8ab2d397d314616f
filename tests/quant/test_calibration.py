"""Temperatures and weights that make probabilities as sure as they are right: those that classes were drawn by are found again."""

import numpy as np
import pytest

from libs.quant.calibration import HOTTEST, chances_of, pool_weights, temperature_of

ROWS = 20_000


def drawn(margins: np.ndarray, *, seed: int) -> np.ndarray:
    """Classes drawn with the chances that margins tell."""
    chances = chances_of(margins, temperature=1.0)
    return (np.random.default_rng(seed).random((len(margins), 1)) > chances.cumsum(axis=1)).sum(axis=1)


@pytest.mark.parametrize("sureness", [0.5, 1.0, 3.0])
def test_margins_that_are_too_sure_or_not_sure_enough_are_found_out(sureness: float) -> None:
    margins = np.random.default_rng(0).normal(size=(ROWS, 3)) * 2
    targets = drawn(margins, seed=1)

    temperature = temperature_of(margins * sureness + 7.0, targets)

    assert temperature == pytest.approx(sureness, rel=0.05)


def test_a_temperature_has_bounds_where_none_is_best() -> None:
    margins = np.eye(3)[[0, 1, 2]]

    assert temperature_of(margins, np.array([0, 1, 2])) == pytest.approx(1 / HOTTEST)
    assert temperature_of(margins, np.array([1, 2, 0])) == pytest.approx(HOTTEST)


def test_the_shares_of_a_mixture_are_its_weights_and_who_knows_nothing_has_none() -> None:
    random = np.random.default_rng(2)
    chances = np.stack([chances_of(random.normal(size=(ROWS, 3)) * 3, temperature=1.0) for _ in range(2)])
    mixed = 0.7 * chances[0] + 0.3 * chances[1]
    targets = drawn(np.log(mixed), seed=3)
    wrong = np.full(ROWS, 1e-3)

    own = np.stack([*(each[np.arange(ROWS), targets] for each in chances), wrong])
    weights = pool_weights(own)

    assert weights == pytest.approx([0.7, 0.3, 0.0], abs=0.03)
    assert (weights[2], weights.sum()) == (0.0, pytest.approx(1.0))
    # No other weights do better.
    losses = [-np.log(np.array(each) @ own).mean() for each in (weights, [1, 0, 0], [0, 1, 0], [0.6, 0.4, 0], [0.7, 0.29, 0.01])]
    assert min(losses) == losses[0]
