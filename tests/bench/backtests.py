"""Backtests of a random walk beside a bare numba loop: random signals, a strategy's, and a sweep."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from libs.contracts.backtests import BacktestSpec
from libs.market.candles import Market
from libs.quant.backtest import backtest
from libs.quant.candles import Floats
from libs.quant.decisions import Decisions, Flags
from libs.quant.lines import Lines
from libs.quant.portfolio import play_portfolio
from libs.quant.strategies import decisions_of
from libs.quant.sweeps import play_many
from libs.quant.trading_terms import Sizing, Slippage, TradingTerms
from services.training.backtests.run import run
from tests.quant.walks import walk

TERMS = TradingTerms(commission=0.0005, slippage=Slippage(rate=0.0002), sizing=Sizing(value=0.5))
GRID = {"period": [*range(5, 25)], "oversold": [*range(20, 45, 5)], "overbought": [*range(55, 100, 5)]}
POINTS = [
    {"period": period, "oversold": low, "overbought": high}
    for period in range(5, 25)
    for low in range(20, 45, 5)
    for high in range(55, 105, 5)
]


def backtest_of(bars: int) -> Callable[[], Any]:
    """Return a backtest with costs that is ready to run; a third of the bars each is long, flat and short."""
    candles, wanted = walk(bars), np.random.default_rng(1).integers(-1, 2, bars).astype(np.int8)
    return lambda: backtest(candles, wanted, commission=0.0005, slippage=0.0002)


def job_of(**asked: Any) -> Callable[[], Any]:
    """Return a backtest as a runner does it, but for its report: RSI on the 15-minute candles of BTC-USD that are shipped."""
    market = Market(None, synthetic_allowed=False)
    spec = BacktestSpec.model_validate(
        {"symbol": "BTC-USD", "timeframe": "15m", "start_date": "2021-09-27", "end_date": "2021-12-29"} | asked
    )
    return lambda: run(spec, market=market, report=lambda _: None)


def portfolio_of(bars: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return the stochastic strategy's decisions, ready to be played by the portfolio, and by the bare loop."""
    candles = walk(bars)
    decided = decisions_of("stochastic", Lines(candles), parameters={})
    return lambda: play_portfolio([(candles, decided)], TERMS, capital=1.0), lambda: _bare(candles.open, candles.close, decided)


def sweep_of(bars: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return a sweep of 1,000 points of RSI, ready to be played together, and by the bare loop point after point."""
    candles = walk(bars)
    lines = Lines(candles)
    decided = [decisions_of("rsi", lines, parameters=point) for point in POINTS]
    return lambda: play_many(candles, decided, TERMS, capital=1.0), lambda: [_bare(candles.open, candles.close, each) for each in decided]


def _bare(opens: Floats, closes: Floats, decided: Decisions) -> tuple[float, ...]:
    return _loop(
        opens, closes, decided.enter_long, decided.exit_long, 0.0005, 0.0002, 0.5, np.empty(len(closes)), np.empty((len(closes), 4))
    )  # type: ignore[no-any-return]


@njit
def _loop(  # noqa: PLR0917 - compiled functions take no keywords
    opens: Floats, closes: Floats, up: Flags, down: Flags, commission: float, slippage: float, size: float, equity: Floats, trades: Floats
) -> tuple[float, ...]:
    """What one would write by hand: costs, a row a trade, equity; then the Sharpe ratio's parts and the deepest fall."""
    cash, shares, done = 1.0, 0.0, 0
    for bar in range(len(closes)):
        if bar > 0 and shares == 0.0 and up[bar - 1] and not down[bar - 1]:
            trades[done, 0], trades[done, 1] = bar, size * cash
            shares = size * cash / (opens[bar] * (1 + slippage) * (1 + commission))
            cash -= size * cash
        elif bar > 0 and shares > 0.0 and down[bar - 1]:
            cash += shares * opens[bar] * (1 - slippage) * (1 - commission)
            trades[done, 2], trades[done, 3] = bar, cash
            shares, done = 0.0, done + 1
        equity[bar] = cash + shares * closes[bar]
    before = peak = 1.0
    total = squares = fall = 0.0
    for bar in range(len(closes)):
        change = equity[bar] / before - 1
        total += change
        squares += change * change
        before, peak = equity[bar], max(peak, equity[bar])
        fall = max(fall, 1 - equity[bar] / peak)
    return equity[-1], total, squares, fall
