"""A curve with fewer points has the extremes of the whole one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from libs.quant.thinning import thinned


def drawdown(values: NDArray[np.float64]) -> float:
    return float((1 - values / np.maximum.accumulate(values)).max())


@given(st.integers(0, 2**32 - 1), st.integers(1, 3000), st.integers(8, 500))
def test_a_thinned_curve_keeps_its_ends_its_extremes_and_its_drawdown(seed: int, bars: int, most: int) -> None:
    whole = np.cumprod(1 + np.random.default_rng(seed).normal(0, 0.02, bars))

    places = thinned(whole, most=most)
    shown = whole[places]

    assert len(places) == min(bars, most)
    assert list(places) == sorted(set(places.tolist()))
    assert (places[0], places[-1]) == (0, bars - 1)
    assert (shown.min(), shown.max(), drawdown(shown)) == (whole.min(), whole.max(), drawdown(whole))


@pytest.mark.parametrize("bars", [1, 2, 500])
def test_a_short_curve_keeps_every_point(bars: int) -> None:
    assert thinned(np.linspace(1, 2, bars), most=500).tolist() == list(range(bars))
