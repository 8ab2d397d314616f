"""A Gaussian copula against cases whose answer is known."""

import numpy as np
import pytest

from libs.quant.candles import Floats
from libs.quant.copula import draw, latent_correlation
from libs.quant.marginals import Quantiles, Steps, between, fit_marginal

BEHIND = 0.6
ROWS = 20_000


@pytest.fixture(scope="module")
def normal() -> Floats:
    return np.random.default_rng(3).multivariate_normal([0, 0], [[1, BEHIND], [BEHIND, 1]], ROWS)


def test_what_lies_behind_is_found_whatever_the_columns_are_by_themselves(normal: Floats) -> None:
    shapes = {
        "log-normal": np.exp(normal[:, 0]),
        "one of ten": (normal[:, 0] > 1.2816).astype(float),
        "four steps": np.digitize(normal[:, 0], [-1.0, 0.0, 0.5]).astype(float),
        "with gaps": np.where(np.arange(ROWS) % 3 == 0, np.nan, normal[:, 0]),
    }
    halves = (normal[:, 1] > 0).astype(float)

    found = {name: latent_correlation(np.column_stack([first, halves]))[0, 1] for name, first in shapes.items()}

    # Pearson's of two halves is 2/π·asin(0.6) = 0.41: the tetrachoric correlation is what lies behind.
    assert np.corrcoef(normal[:, 0] > 0, halves)[0, 1] == pytest.approx(0.41, abs=0.02)
    assert found == {name: pytest.approx(BEHIND, abs=0.03) for name in shapes}


def test_what_is_drawn_moves_together_as_asked_and_is_the_same_again() -> None:
    correlation = np.array([[1, 0.7], [0.7, 1]])

    levels = draw(correlation, ROWS, draws=np.random.default_rng(1))
    again = draw(correlation, ROWS, draws=np.random.default_rng(1))

    assert levels.tobytes() == again.tobytes()
    # Spearman's of a Gaussian copula (Kruskal 1958): 6/π·asin(r/2).
    seen = np.asarray(np.corrcoef(levels, rowvar=False))
    assert seen[0, 1] == pytest.approx(6 / np.pi * np.arcsin(0.35), abs=0.02)
    assert levels.mean(axis=0) == pytest.approx([0.5, 0.5], abs=0.01)


def test_pairs_that_contradict_each_other_become_one_matrix_of_correlations() -> None:
    rows = np.random.default_rng(2).standard_normal((900, 3))
    rows[:300, 0], rows[300:600, 1], rows[600:, 2] = np.nan, np.nan, np.nan
    # In the rows that both have: 0 like 1, 1 like 2, and 0 unlike 2.
    rows[600:, 1], rows[:300, 2], rows[300:600, 2] = rows[600:, 0], rows[:300, 1], -rows[300:600, 0]

    found = latent_correlation(rows)

    assert np.linalg.eigvalsh(found)[0] > 0
    assert np.diag(found) == pytest.approx([1, 1, 1])
    assert np.sign(found[np.triu_indices(3, 1)]).tolist() == [1, -1, 1]


def test_numbers_keep_their_quantiles_and_tails_beyond_what_was_seen(normal: Floats) -> None:
    seen = np.exp(normal[:, 0])

    fitted = fit_marginal(seen)
    drawn = fitted.at(np.random.default_rng(4).random(ROWS))

    assert isinstance(fitted, Quantiles)
    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx(np.quantile(seen, [0.05, 0.5, 0.95]), rel=0.05)
    assert drawn.min() > 0
    assert fitted.at(np.array([1 - 1e-7]))[0] > seen.max()
    assert not set(drawn.tolist()) & set(seen.tolist())


def test_values_that_repeat_keep_their_shares_and_bounds_cut_them_exactly() -> None:
    seen = np.repeat([1.0, 2.0, 5.0], [500, 300, 200])
    steps = fit_marginal(seen)
    levels = (np.arange(1_000) + 0.5) / 1_000

    within = between(steps, low=2, high=None)
    assert within is not None

    assert isinstance(steps, Steps)
    assert np.unique(steps.at(levels), return_counts=True)[1].tolist() == [500, 300, 200]
    assert np.unique(within.at(levels), return_counts=True)[1].tolist() == [600, 400]
    assert between(steps, low=6, high=9) is None
