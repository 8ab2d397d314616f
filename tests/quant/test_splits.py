"""Splits: nothing known only later reaches what is learned from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.splits import chronological_split, purged_folds


@st.composite
def rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows of several symbols on one clock, with labels known up to ten ticks later, in any order."""
    count = draw(st.integers(30, 120))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    time = random.integers(0, 60, count).astype(np.int64)
    time[:30] = np.arange(30) * 2
    return time, time + random.integers(1, 11, count)


@settings(max_examples=60, deadline=None)
@given(rows(), st.floats(0.5, 0.95), st.integers(0, 10))
def test_a_chronological_split_never_leaks(drawn: tuple[np.ndarray, np.ndarray], share: float, embargo: int) -> None:
    time, known = drawn

    split = chronological_split(time, known, train_share=share, embargo=embargo)

    assert (known[split.train] < split.cut).all()
    assert (time[split.test] >= split.cut).all()
    assert len(split.train) + len(split.test) + split.purged + split.embargoed == len(time)
    kept_back = np.unique(time[time >= split.cut])[:embargo]
    assert not np.isin(time[split.test], kept_back).any()


@settings(max_examples=60, deadline=None)
@given(rows(), st.integers(2, 8), st.integers(0, 10))
def test_purged_folds_never_leak_and_test_each_row_once(drawn: tuple[np.ndarray, np.ndarray], folds: int, embargo: int) -> None:
    time, known = drawn

    splits = list(purged_folds(time, known, folds=folds, embargo=embargo))

    assert sorted(np.concatenate([split.test for split in splits]).tolist()) == list(range(len(time)))
    for split in splits:
        first, last = time[split.test].min(), max(known[split.test].max(), time[split.test].max())
        before, after = split.train[time[split.train] < first], split.train[time[split.train] >= first]
        assert (known[before] < first).all()
        assert (time[after] > last).all()
        kept_back = np.unique(time[time > last])[:embargo]
        assert not np.isin(time[after], kept_back).any()
        assert len(split.train) + len(split.test) + split.purged + split.embargoed == len(time)


@settings(max_examples=60, deadline=None)
@given(rows(), st.integers(0, 10), st.integers(1, 4))
def test_an_embargo_counts_each_symbols_own_rows(drawn: tuple[np.ndarray, np.ndarray], embargo: int, symbols: int) -> None:
    time, known = drawn
    symbol = np.arange(len(time)) % symbols

    whole = chronological_split(time, known, train_share=0.7, embargo=embargo, symbol=symbol)
    folds = list(purged_folds(time, known, folds=3, embargo=embargo, symbol=symbol))

    for each in range(symbols):
        own = symbol == each
        expected = np.unique(time[own & (time >= whole.cut)])[embargo:]
        assert np.unique(time[whole.test][own[whole.test]]).tolist() == expected.tolist()
        for fold in folds:
            end = max(known[fold.test].max(), time[fold.test].max())
            after = np.unique(time[own & (time > end)])[embargo:]
            learned = time[fold.train][own[fold.train]]
            assert np.unique(learned[learned > end]).tolist() == after.tolist()


def test_a_symbol_that_trades_seldom_is_kept_as_many_of_its_own_bars_from_the_cut_as_one_that_trades_always() -> None:
    always, seldom = np.arange(0, 100), np.arange(0, 100, 5)
    time = np.concatenate([always, seldom])
    symbol = np.repeat([0, 1], [100, 20])

    split = chronological_split(time, time + 1, train_share=0.5, embargo=3, symbol=symbol)

    tested = [time[split.test][symbol[split.test] == each].min() for each in (0, 1)]
    assert (split.cut, tested) == (50, [53, 65])


def test_all_symbols_are_split_at_the_same_moment() -> None:
    old, new = np.arange(0, 80), np.arange(50, 100)
    time = np.concatenate([old, new])

    split = chronological_split(time, time + 5, train_share=0.8, embargo=5)

    assert split.cut == 80
    assert time[split.train].max() == 74
    assert time[split.test].min() == 85
    assert (split.purged, split.embargoed) == (5 + 5, 5)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_that_leaves_a_side_empty_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="cannot be split"):
        chronological_split(np.arange(10), np.arange(10) + 1, train_share=share)


@pytest.mark.parametrize("folds", [1, 11])
def test_too_few_times_for_the_folds_are_refused(folds: int) -> None:
    with pytest.raises(ValueError, match="cannot be split"):
        list(purged_folds(np.arange(10), np.arange(10) + 1, folds=folds))
