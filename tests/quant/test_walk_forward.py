"""Walk-forward windows and what they say together: by hand."""

from typing import Any

import numpy as np
import pytest

from libs.quant.candles import NANOSECONDS_A_DAY
from libs.quant.walk_forward import WalkWindow, judge_walk_forward, walk_forward_windows

TWICE_A_DAY = np.arange(60) * NANOSECONDS_A_DAY // 2  # thirty days
DAYS: dict[str, Any] = {"in_sample_days": 10, "out_of_sample_days": 8}


def test_rolling_windows_follow_each_other_and_the_last_may_be_half() -> None:
    found = walk_forward_windows(TWICE_A_DAY, mode="rolling", **DAYS)

    assert found == (WalkWindow(0, 20, 20, 36), WalkWindow(16, 36, 36, 52), WalkWindow(32, 52, 52, 60))


def test_anchored_windows_are_tuned_on_all_days_before() -> None:
    found = walk_forward_windows(TWICE_A_DAY, mode="anchored", **DAYS)

    assert [(each.in_start, each.in_stop) for each in found] == [(0, 20), (0, 36), (0, 52)]


def test_purged_bars_are_neither_tuned_on_nor_scored() -> None:
    found = walk_forward_windows(TWICE_A_DAY, mode="rolling", purge=3, **DAYS)

    assert [(each.in_stop, each.out_start, each.purged) for each in found] == [(17, 20, 3), (33, 36, 3), (49, 52, 3)]


def test_days_without_bars_make_no_window() -> None:
    night = np.concatenate([TWICE_A_DAY, TWICE_A_DAY + 100 * NANOSECONDS_A_DAY])

    found = walk_forward_windows(night, mode="rolling", **DAYS)

    assert all(each.in_stop > each.in_start and each.out_stop > each.out_start for each in found)
    assert walk_forward_windows(TWICE_A_DAY[:25], mode="rolling", **DAYS) == ()
    assert walk_forward_windows(TWICE_A_DAY[:0], mode="rolling", **DAYS) == ()


@pytest.mark.parametrize(
    ("inside", "outside", "efficiency", "verdict", "words"),
    [
        ([2.0, 1.0, 3.0], [1.5, 1.5, 1.5], 0.75, "robust", "75% of the score in sample is left"),
        ([2.0, 2.0, 2.0], [6.0, -1.0, -1.0], 2 / 3, "fragile", "33% of 3 windows earn"),
        ([2.0, 2.0, 2.0], [0.5, 0.5, 0.5], 0.25, "fragile", "it takes 50% and 60%"),
        ([2.0, 2.0, 2.0], [-0.5, 0.5, -0.5], -1 / 12, "failed", "earned nothing out of sample"),
        ([-1.0, -1.0, -1.0], [1.0, 1.0, 1.0], None, None, "Nothing was earned in sample"),
        ([2.0, 2.0, np.nan], [1.0, 1.0, 1.0], 0.5, None, "2 windows are too few"),
        ([np.nan], [1.0], None, None, "No window has a score"),
    ],
)
def test_a_verdict_follows_written_thresholds(
    inside: list[float], outside: list[float], efficiency: float | None, verdict: str | None, words: str
) -> None:
    found = judge_walk_forward(np.array(inside), np.array(outside))

    assert found.efficiency == (None if efficiency is None else pytest.approx(efficiency))
    assert found.verdict == verdict
    assert words in found.words


def test_windows_without_a_score_are_told_and_too_many_of_them_leave_no_verdict() -> None:
    few, half = (np.array([2.0] * scored + [np.nan] * (8 - scored)) for scored in (3, 4))
    earned = np.ones(8)

    assert (judge_walk_forward(few, earned).verdict, judge_walk_forward(few, earned).scored) == (None, 3)
    assert "3 of 8 windows have scores" in judge_walk_forward(few, earned).words
    assert judge_walk_forward(half, earned).verdict == "robust"
    assert "the 4 windows with scores, of 8" in judge_walk_forward(half, earned).words
