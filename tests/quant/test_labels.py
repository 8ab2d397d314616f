"""Labels: by hand, and against a plain reading of the definition."""

import math
from dataclasses import replace

import numpy as np
import pytest

from libs.quant.candles import Candles
from libs.quant.labels import BUY, HOLD, SELL, UNLABELLED, balanced_barrier, excursions, forward_change, forward_return, triple_barrier
from tests.quant.walks import of_closes, walk


def plainly(candles: Candles, bar: int, *, horizon: int, barrier: float) -> tuple[int, int]:
    """Read one bar's label off the definition, within one segment."""
    closes = candles.close.tolist()
    if bar < 20 or bar + horizon >= len(closes):
        return UNLABELLED, UNLABELLED
    moves = [math.log(closes[i] / closes[i - 1]) for i in range(bar - 19, bar + 1)]
    mean = sum(moves) / 20
    distance = barrier * math.sqrt(sum((move - mean) ** 2 for move in moves) / 19)
    for later in range(bar + 1, bar + horizon + 1):
        move = math.log(closes[later] / closes[bar])
        if abs(move) > distance:
            return (BUY if move > 0 else SELL), later
    return HOLD, bar + horizon


@pytest.mark.parametrize(("horizon", "barrier"), [(1, 0.5), (5, 1.4), (12, 3.0)])
def test_the_first_barrier_met_is_the_label(horizon: int, barrier: float) -> None:
    candles = walk(250)

    labels = triple_barrier(candles, horizon=horizon, barrier=barrier)

    expected = [plainly(candles, bar, horizon=horizon, barrier=barrier) for bar in range(len(candles))]
    assert list(zip(labels.values.tolist(), labels.known_at.tolist(), strict=True)) == expected
    assert {BUY, HOLD, SELL} <= set(labels.values.tolist())


def test_each_segment_is_labelled_by_itself() -> None:
    candles = walk(300, segments=3)

    labels = triple_barrier(candles, horizon=5, barrier=1.4)

    apart = [triple_barrier(candles.part(rows.start, rows.stop), horizon=5, barrier=1.4).values for rows in candles.segments()]
    np.testing.assert_array_equal(labels.values, np.concatenate(apart))
    ends = np.array([rows.stop for rows in candles.segments()])[candles.segment]
    assert (labels.known_at < ends).all()


def test_the_balanced_barrier_makes_classes_of_like_size() -> None:
    candles = walk(3000)

    barrier = balanced_barrier(excursions(candles, horizon=5))

    shares = np.bincount(triple_barrier(candles, horizon=5, barrier=barrier).values + 1)[1:] / len(candles)
    assert abs(shares[HOLD] - 1 / 3) < 0.01
    assert (np.abs(shares - 1 / 3) < 0.05).all()


def test_a_market_that_never_moves_is_held_and_has_no_balanced_barrier() -> None:
    candles = walk(100, flat=True)

    labels = triple_barrier(candles, horizon=5, barrier=1.0)

    assert set(labels.values[20:95].tolist()) == {HOLD}
    with pytest.raises(ValueError, match="no barrier divides these bars"):
        balanced_barrier(excursions(candles, horizon=5))


def test_the_forward_return_is_the_closes_ratio() -> None:
    labels = forward_return(of_closes(100, 110, 99, 120), horizon=2)

    np.testing.assert_allclose(labels.values, [-0.01, 120 / 110 - 1, np.nan, np.nan], equal_nan=True)
    assert labels.known_at.tolist() == [2, 3, -1, -1]


def test_a_volume_that_is_not_known_labels_nothing() -> None:
    known = walk(60)
    unknown = replace(known, volume=np.where(np.isin(np.arange(60), (20, 40)), 0.0, known.volume))

    labels, usual = (forward_change(each, column="volume", horizon=5) for each in (unknown, known))

    lost = [15, 20, 35, 40]
    assert np.isnan(labels.values[lost]).all()
    assert (labels.known_at[lost] == UNLABELLED).all()
    kept = np.setdiff1d(np.arange(55), lost)
    assert labels.values[kept].tolist() == usual.values[kept].tolist()
    assert np.nanmin(labels.values) > -1
