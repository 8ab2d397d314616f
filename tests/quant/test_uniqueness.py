"""How unique labels are, beside cases worked out by hand."""

import numpy as np
import pytest

from libs.quant.uniqueness import average_uniqueness, rows_worth, weights_of


def test_labels_that_share_no_bar_are_wholly_unique() -> None:
    assert average_uniqueness(np.array([0, 3, 7]), np.array([3, 7, 8])).tolist() == [1.0, 1.0, 1.0]


def test_a_bar_that_several_labels_rest_on_counts_for_each_in_part() -> None:
    # Bars 1-3, 2-4 and 6: bar 1 has one label, 2 and 3 have two, 4 has one, 6 has one.
    first, last = np.array([0, 1, 5]), np.array([3, 4, 6])

    found = average_uniqueness(first, last)

    assert found == pytest.approx([(1 + 1 / 2 + 1 / 2) / 3, (1 / 2 + 1 / 2 + 1) / 3, 1.0])


def test_where_a_label_looks_five_bars_ahead_at_every_bar_those_in_the_middle_are_worth_a_fifth() -> None:
    first = np.arange(100, 130)

    found = average_uniqueness(first, first + 5)

    assert found[10:20] == pytest.approx(np.full(10, 1 / 5))
    assert found[0] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5)


def test_labels_of_two_symbols_take_nothing_from_each_other_and_weights_have_a_mean_of_one() -> None:
    first, last = np.array([0, 1, 0]), np.array([2, 3, 2])

    weights = weights_of(first, last, symbol=np.array([0, 0, 1]))

    assert weights == pytest.approx(np.array([0.75, 0.75, 1.0]) / (2.5 / 3))
    assert rows_worth(weights) == pytest.approx(2.5**2 / (0.75**2 * 2 + 1))
    assert len(weights_of(first[:0], last[:0], symbol=first[:0])) == 0
