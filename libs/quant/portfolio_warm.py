"""Compiles a portfolio's loops once, after an installation, so that the first backtest does not wait for it."""

import numpy as np

from libs.quant.candles import NANOSECONDS_A_DAY, Candles
from libs.quant.decisions import Decisions
from libs.quant.portfolio import play_portfolio
from libs.quant.sweeps import play_many
from libs.quant.trading_terms import TradingTerms


def warm_portfolio() -> None:
    """Play three bars of one symbol, of two, and a sweep."""
    prices = np.ones(3)
    candles = Candles(
        symbol="WARM", timeframe="1d", time=np.arange(1, 4) * NANOSECONDS_A_DAY, open=prices, high=prices, low=prices, close=prices,
        volume=prices, segment=np.zeros(3, dtype=np.int32), source="none", source_hash="", adjustment="none", synthetic=True,
        bars_per_year=252.0,
    )  # fmt: skip
    part = (candles, Decisions(*(np.zeros(3, dtype=np.bool_) for _ in range(4))))
    for parts in ([part], [part, part]):
        play_portfolio(parts, TradingTerms(), capital=1.0)
    play_many(candles, [part[1]], TradingTerms(), capital=1.0)
