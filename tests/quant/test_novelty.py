"""How unusual a row is: the share of training rows at least as far, by a distance that no unit and no order of columns changes."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import LedoitWolf

from libs.quant.candles import Floats
from libs.quant.novelty import MOST_KNOTS, PIECE, Novelty, fit_novelty, ledoit_wolf

SHAPES = st.tuples(st.integers(3, 60), st.integers(1, 12), st.integers(0, 2**16))


def some_rows(count: int, columns: int, seed: int) -> Floats:
    """Return rows whose columns go together, with tails as returns have them."""
    random = np.random.default_rng(seed)
    return random.standard_t(4, size=(count, columns)) @ random.normal(size=(columns, columns)) + random.normal(size=columns)


@given(SHAPES)
@settings(max_examples=60, deadline=None)
def test_the_covariance_is_shrunk_as_scikit_learn_shrinks_it(shape: tuple[int, int, int]) -> None:
    rows = some_rows(*shape)
    oracle = LedoitWolf().fit(rows)

    covariance, shrinkage = ledoit_wolf(rows, unit=np.ones(rows.shape[1]))

    np.testing.assert_allclose(covariance, oracle.covariance_, rtol=1e-9, atol=1e-12)
    assert shrinkage == pytest.approx(oracle.shrinkage_, abs=1e-9)


def test_of_more_rows_than_are_looked_at_at_once_too() -> None:
    rows, unit = some_rows(2 * PIECE + 5, 3, seed=2), np.array([2.0, 0.1, 5.0])
    oracle = LedoitWolf().fit(rows / unit)

    covariance, shrinkage = ledoit_wolf(rows, unit=unit)

    np.testing.assert_allclose(covariance, oracle.covariance_, rtol=1e-9)
    assert shrinkage == pytest.approx(oracle.shrinkage_, rel=1e-6)


@given(SHAPES)
@settings(max_examples=60, deadline=None)
def test_of_n_training_rows_the_qualities_are_one_nth_to_one(shape: tuple[int, int, int]) -> None:
    rows = some_rows(*shape)

    quality = np.sort(fit_novelty(rows).quality(rows))

    assert (quality >= (np.arange(len(rows)) + 1 - 1e-9) / len(rows)).all()  # Rows that are equally far share the larger one.
    assert quality[-1] == 1.0


def test_of_many_training_rows_they_are_as_evenly_spread_to_a_thousandth() -> None:
    rows = some_rows(20_000, 6, seed=1)
    novelty = fit_novelty(rows)

    quality = np.sort(novelty.quality(rows))

    assert len(novelty.distances) == MOST_KNOTS + 1
    assert np.abs(quality - np.arange(1, 20_001) / 20_000).max() <= 1 / (MOST_KNOTS - 1)
    assert quality[0] == 1 / 20_000
    assert quality[-1] == 1.0


@given(SHAPES, st.data())
@settings(max_examples=60, deadline=None)
def test_neither_the_order_of_columns_nor_their_units_change_a_distance(shape: tuple[int, int, int], data: st.DataObject) -> None:
    rows, asked = some_rows(*shape), some_rows(9, shape[1], seed=7)
    order = data.draw(st.permutations(range(shape[1])))
    scale = np.array([data.draw(st.sampled_from([1e-6, -0.3, 1.0, 250.0, -1e5])) for _ in order])
    shift = np.array([data.draw(st.sampled_from([0.0, -2.5, 1e3])) for _ in order])

    plain = fit_novelty(rows).distance(asked)
    other = fit_novelty(rows[:, order] * scale + shift * scale).distance(asked[:, order] * scale + shift * scale)

    np.testing.assert_allclose(other, plain, rtol=1e-6)


def test_a_row_beyond_all_others_has_none_and_one_in_their_middle_has_all() -> None:
    rows = some_rows(300, 4, seed=3)
    novelty = fit_novelty(rows)
    farthest = rows[[novelty.distance(rows).argmax()]]

    assert novelty.quality(farthest).tolist() == [1 / 300]
    assert novelty.quality(rows.mean(axis=0) + 1.01 * (farthest - rows.mean(axis=0))).tolist() == [0.0]
    assert novelty.quality(rows.mean(axis=0)[None]).tolist() == [1.0]
    assert novelty.is_below(farthest, quality=0.01).tolist() == [True]
    assert novelty.is_below(farthest, quality=1 / 300).tolist() == [False]


def test_a_row_alone_is_as_unusual_as_among_others() -> None:
    rows = some_rows(500, 8, seed=4)
    novelty = fit_novelty(rows)

    alone = [novelty.quality(row[None]).item() for row in rows]

    assert alone == novelty.quality(rows).tolist()


def test_what_goes_together_in_training_and_not_in_a_row_makes_it_unusual() -> None:
    one = np.random.default_rng(5).normal(size=1000)
    rows = np.column_stack((one, one + 0.01 * np.random.default_rng(6).normal(size=1000)))
    novelty = fit_novelty(rows)

    assert novelty.quality(np.array([[1.0, -1.0]])).tolist() == [0.0]  # Each alone is as usual as can be.
    assert novelty.quality(np.array([[1.0, 1.0]])).item() > 0.2


def test_another_value_of_a_feature_that_never_changed_is_beyond_all() -> None:
    rows = np.column_stack((some_rows(200, 3, seed=8), np.full(200, 7.0)))
    novelty = fit_novelty(rows)

    changed = rows.copy()
    changed[:, 3] = 7.1

    np.testing.assert_array_equal(novelty.quality(rows), fit_novelty(rows[:, :3]).quality(rows[:, :3]))
    assert set(novelty.quality(changed)) == {0.0}
    assert fit_novelty(np.full((5, 2), 3.0)).quality(np.array([[3.0, 3.0], [3.0, 2.0]])).tolist() == [1.0, 0.0]


def test_rows_that_lack_a_value_have_no_say_and_no_quality() -> None:
    rows = some_rows(200, 3, seed=9)
    holes = rows.copy()
    holes[::4, 1] = np.nan
    whole = np.isfinite(holes).all(axis=1)

    novelty = fit_novelty(holes)

    assert (int(novelty.rows), np.isnan(novelty.quality(holes)).tolist()) == (150, (~whole).tolist())
    np.testing.assert_array_equal(novelty.quality(rows[whole]), fit_novelty(rows[whole]).quality(rows[whole]))
    assert not novelty.is_below(holes[::4], quality=1.0).any()  # What is not known is not low.


def test_columns_that_are_left_out_have_no_say() -> None:
    rows = some_rows(200, 4, seed=10)
    novelty = fit_novelty(rows, left_out=[2])
    elsewhere = rows.copy()
    elsewhere[:, 2] = 1e9

    np.testing.assert_array_equal(novelty.quality(elsewhere), fit_novelty(np.delete(rows, 2, axis=1)).quality(np.delete(rows, 2, axis=1)))


@pytest.mark.parametrize(
    "make", [lambda: some_rows(50, 1, seed=1), lambda: some_rows(5, 20, seed=1), lambda: some_rows(30, 3, seed=1)[:, [0, 0, 1]]]
)
def test_one_feature_fewer_rows_than_features_and_features_that_say_the_same_are_measured(make: Callable[[], Floats]) -> None:
    rows = make()
    novelty = fit_novelty(rows)

    assert np.isfinite(novelty.distance(rows)).all()
    assert novelty.quality(rows).min() == 1 / len(rows)
    assert novelty.quality(rows * 1e3).max() <= 1 / len(rows)


def test_values_as_large_as_floats_can_be_are_beyond_all() -> None:
    novelty = fit_novelty(some_rows(100, 4, seed=11))

    assert novelty.quality(np.array([[1e308] * 4, [1e308, -1e308] * 2])).tolist() == [0.0, 0.0]


def test_fewer_than_two_whole_rows_say_nothing() -> None:
    with pytest.raises(ValueError, match="1 rows have all values"):
        fit_novelty(np.array([[1.0, 2.0], [np.nan, 1.0]]))


def test_the_file_is_the_same_for_the_same_rows_and_reads_as_it_was() -> None:
    rows = some_rows(3000, 5, seed=12)

    written = fit_novelty(rows).to_bytes()

    assert written == fit_novelty(rows.copy()).to_bytes()
    assert Novelty.from_bytes(written).quality(rows).tolist() == fit_novelty(rows).quality(rows).tolist()
    assert len(written) < 20_000
