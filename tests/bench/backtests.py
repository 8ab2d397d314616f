"""A backtest of a random walk with random signals, of a given length."""

from collections.abc import Callable
from typing import Any

import numpy as np

from libs.quant.backtest import backtest
from tests.quant.walks import walk


def backtest_of(bars: int) -> Callable[[], Any]:
    """Return a backtest with costs that is ready to run; a third of the bars each is long, flat and short."""
    candles, wanted = walk(bars), np.random.default_rng(1).integers(-1, 2, bars).astype(np.int8)
    return lambda: backtest(candles, wanted, commission=0.0005, slippage=0.0002)
