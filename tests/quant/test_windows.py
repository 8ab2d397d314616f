"""Windows of bars, and splits that none of them reaches across."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.quant.splits import chronological_split, purged_folds
from libs.quant.windows import Windows, latest_of, streaks


def test_windows_are_bars_in_a_row_with_the_newest_last() -> None:
    bars = np.arange(20.0).reshape(10, 2)
    windows = Windows(bars, np.array([2, 5, 9]), 3)

    assert windows.values()[1].tolist() == bars[3:6].tolist()
    assert windows.shape == (3, 3, 2)
    assert windows.latest.tolist() == bars[[2, 5, 9]].tolist() == latest_of(windows).tolist()
    assert windows[np.array([2, 0])].values().tolist() == [bars[7:10].tolist(), bars[0:3].tolist()]
    assert len(windows[:2]) == 2
    assert windows[np.array([0, 1])].covered.tolist() == bars[:6].tolist()
    assert latest_of(bars) is bars


def test_a_streak_ends_at_a_hole_and_at_a_bar_that_is_not_whole() -> None:
    whole = np.array([False, True, True, False, True, True, True, True, True])
    segment = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2])

    assert streaks(whole, segment).tolist() == [0, 1, 2, 0, 1, 2, 1, 2, 1]
    assert streaks(whole[:0], segment[:0]).tolist() == []


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60), st.integers(1, 6))
def test_a_streak_of_n_means_that_the_last_n_bars_are_whole_and_together(bars: list[tuple[bool, bool]], steps: int) -> None:
    whole = np.array([each for each, _ in bars])
    segment = np.cumsum([new for _, new in bars])

    found = streaks(whole, segment) >= steps

    for place in range(len(bars)):
        window = slice(place - steps + 1, place + 1)
        expected = place >= steps - 1 and bool(whole[window].all()) and len(set(segment[window].tolist())) == 1
        assert found[place] == expected


@pytest.mark.parametrize("steps", [1, 4])
def test_no_window_and_no_label_reaches_across_a_border(steps: int) -> None:
    time = np.tile(np.arange(steps - 1, 200), 2)
    begins, known = time - steps + 1, time + 3

    whole = chronological_split(time, known, train_share=0.7, embargo=3, begins=begins)
    assert known[whole.train].max() < whole.cut <= begins[whole.test].min()
    for fold in purged_folds(time, known, folds=4, embargo=3, begins=begins):
        first, end = begins[fold.test].min(), known[fold.test].max()
        assert ((known[fold.train] < first) | (begins[fold.train] > end + 3)).all()
        assert fold.cut == time[fold.test].min() - steps + 1
        assert len(fold.train) + len(fold.test) + fold.purged + fold.embargoed == len(time)


def test_rows_of_one_bar_are_split_as_if_nothing_was_said_of_windows() -> None:
    time = np.arange(100)

    for plain, said in zip(
        purged_folds(time, time + 2, folds=3, embargo=2), purged_folds(time, time + 2, folds=3, embargo=2, begins=time), strict=True
    ):
        assert np.array_equal(plain.train, said.train)
        assert np.array_equal(plain.test, said.test)
