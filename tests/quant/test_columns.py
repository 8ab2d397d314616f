"""Columns of one's own candles as features: by their names and lags, and never before they were known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.columns import LAG_MOST, describe_feature, parse_column
from libs.quant.features import compute_features
from libs.quant.grammar import UnknownFeatureError
from libs.quant.known import known_at_close
from tests.quant.walks import HOUR, walk

BARS = 40
NAN = float("nan")


def test_a_column_is_a_feature_by_its_name_and_so_are_its_lags_within_their_segment() -> None:
    candles = replace(walk(8, segments=2), columns={"sentiment_score": np.arange(8.0)})

    values = compute_features(candles, ["sentiment_score", "sentiment_score_lag_1", "sentiment_score_lag_3", "sentiment_score_lag_9"])

    assert values[:, 0].tolist() == list(range(8))
    np.testing.assert_array_equal(values[:, 1], [NAN, 0, 1, 2, NAN, 4, 5, 6])
    np.testing.assert_array_equal(values[:, 2], [NAN, NAN, NAN, 0, NAN, NAN, NAN, 4])
    assert np.isnan(values[:, 3]).all()


def test_a_name_that_the_grammar_has_means_the_grammars() -> None:
    plain = walk(BARS)
    candles = replace(plain, columns={"rsi_14": np.zeros(BARS), "rsi_99999": np.ones(BARS)})

    values = compute_features(candles, ["rsi_14", "rsi_99999"])

    np.testing.assert_array_equal(values[:, 0], compute_features(plain, ["rsi_14"])[:, 0])
    assert (values[:, 1] == 1).all()


@pytest.mark.parametrize("name", ["sentiment", "sentiment_score_lag_0", f"sentiment_score_lag_{LAG_MOST + 1}", "sentiment_score_lag_x"])
def test_what_is_neither_a_feature_nor_a_column_is_unknown(name: str) -> None:
    candles = replace(walk(BARS), columns={"sentiment_score": np.zeros(BARS)})

    assert parse_column(name, candles.columns) is None
    with pytest.raises(UnknownFeatureError):
        compute_features(candles, [name])


def test_a_column_whose_name_ends_like_a_lag_is_itself() -> None:
    candles = replace(walk(4), columns={"x": np.arange(4.0), "x_lag_1": np.full(4, 9.0)})

    assert compute_features(candles, ["x_lag_1", "x_lag_2"])[:, 0].tolist() == [9.0] * 4
    assert compute_features(candles, ["x_lag_1_lag_1"])[1:, 0].tolist() == [9.0] * 3


def test_a_cell_without_a_value_has_the_last_known_one_of_its_segment() -> None:
    candles = walk(6, segments=2)

    known = known_at_close(np.array([NAN, 1, NAN, NAN, 5, NAN]), time=candles.time, segment=candles.segment)

    np.testing.assert_array_equal(known, [NAN, 1, 1, NAN, 5, 5])


def test_a_value_counts_from_when_it_was_known_and_never_before_its_own_candle() -> None:
    candles = walk(6)
    known_at = candles.time.copy()
    known_at[1] = candles.time[3] - 1  # After the third close, before the fourth.
    known_at[2] = candles.time[0]  # Said to be known before its candle: it counts from that on.
    known_at[4] = candles.time[5] + HOUR  # Never known in these candles.

    known = known_at_close(np.array([0.0, 1, 2, NAN, 4, NAN]), time=candles.time, segment=candles.segment, known_at=known_at)

    np.testing.assert_array_equal(known, [0, 0, 2, 2, 2, 2])


def test_a_late_value_does_not_take_the_place_of_a_newer_one() -> None:
    candles = walk(4)
    known_at = candles.time.copy()
    known_at[0] = candles.time[2]

    known = known_at_close(np.array([7.0, 8, NAN, NAN]), time=candles.time, segment=candles.segment, known_at=known_at)

    np.testing.assert_array_equal(known, [NAN, 8, 8, 8])


futures = st.tuples(st.integers(0, 50), st.integers(0, BARS - 1), st.integers(1, 3))


@settings(max_examples=50, deadline=None)
@given(futures)
def test_whatever_becomes_known_later_changes_no_value_that_was_known_before(future: tuple[int, int, int]) -> None:
    seed, bar, segments = future
    random = np.random.default_rng(seed)
    candles = walk(BARS, seed=seed, segments=segments)
    values = np.where(random.random(BARS) < 0.3, np.nan, random.normal(size=BARS))
    known_at = candles.time + random.integers(-3, 6, BARS) * HOUR
    # Another future: rows after the bar, and those that are known only after its close, have other values.
    later = (np.arange(BARS) > bar) | (known_at > candles.time[bar])
    others = np.where(later, 100.0, values)

    before = known_at_close(values, time=candles.time, segment=candles.segment, known_at=known_at)
    after = known_at_close(others, time=candles.time, segment=candles.segment, known_at=known_at)
    cut = slice(0, bar + 1)
    short = known_at_close(values[cut], time=candles.time[cut], segment=candles.segment[cut], known_at=known_at[cut])

    np.testing.assert_array_equal(before[cut], after[cut])
    np.testing.assert_array_equal(before[cut], short)
    names = ["rsi_14", "score", "score_lag_2"]
    told = [compute_features(replace(candles, columns={"score": column}), names)[cut] for column in (before, after)]
    np.testing.assert_array_equal(*told)


def test_a_column_is_told_of_as_the_dataset_of_its_owner() -> None:
    assert describe_feature("sentiment_score") == "Column sentiment_score of your dataset"
    assert describe_feature("sentiment_score_lag_3") == "Column sentiment_score of your dataset, 3 bars ago"
    assert describe_feature("rsi_14") == "14-period Relative Strength Index"
