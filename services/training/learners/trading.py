"""What the out-of-sample signals would have earned: every symbol played from the test's start, and held for comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from libs.contracts.training_config import TrainingConfig
from libs.quant.backtest import Backtest, Positions, backtest, buy_and_hold, portfolio, positions_from_classes, positions_from_returns
from libs.quant.bootstrap import sharpe_interval
from libs.quant.measured import Measured
from libs.quant.trading import equity_metrics, returns_of, trade_metrics
from services.training.learners.learner import Fitted, probabilities
from services.training.learners.series import Series, day_of, moment_of

MOST_POINTS: Final = 500


@dataclass(frozen=True, slots=True)
class Trading:
    """The signals' backtest and buy and hold of the same symbols over the same bars, with the same costs."""

    signals: Backtest
    held: Backtest

    def equity(self) -> Measured:
        """Return the ratios of the signals' equity curve."""
        return equity_metrics(self.signals.equity, bars_per_year=self.signals.bars_per_year)

    def trades(self) -> Measured:
        """Return the statistics of the signals' trades, net of all costs."""
        return trade_metrics(self.signals.trades.net_return)

    def held_equity(self) -> Measured:
        """Return the ratios of buy and hold."""
        return equity_metrics(self.held.equity, bars_per_year=self.held.bars_per_year)

    def interval(self, *, seed: int) -> dict[str, Any]:
        """Return the bootstrap interval of the signals' Sharpe ratio."""
        return sharpe_interval(returns_of(self.signals.equity), bars_per_year=self.signals.bars_per_year, seed=seed).as_json()

    def curve(self, *, timeframe: str) -> tuple[tuple[str, float], ...]:
        """Return at most 500 points of the signals' equity, by day, or by moment where bars are shorter than a day."""
        some = np.unique(np.linspace(0, len(self.signals.time) - 1, MOST_POINTS).astype(int))
        times = self.signals.time[some].tolist()
        names = [day_of(time) if timeframe == "1d" else moment_of(time).isoformat().replace("+00:00", "Z") for time in times]
        return tuple(zip(names, self.signals.equity[some].tolist(), strict=True))


def trade(fitted: Fitted, *, series: Sequence[Series], opens: int, config: TrainingConfig, steps: int = 0) -> Trading:
    """Play the model's signals from the first bar at or after `opens` (nanoseconds), also where their labels are not known yet.

    A symbol without bars from there on takes no part. Bars without all features, or without a window of `steps` bars that have them, are
    flat.
    """
    signals, held = [], []
    for each in series:
        start = int(np.searchsorted(each.candles.time, opens, side="left"))
        if start >= len(each.candles):
            continue
        candles = each.candles.part(start, len(each.candles))
        positions = _positions(fitted, each, start=start, config=config, steps=steps)
        signals.append(backtest(candles, positions, commission=config.commission, slippage=config.slippage))
        held.append(buy_and_hold(candles, commission=config.commission, slippage=config.slippage))
    return Trading(portfolio(signals), portfolio(held))


def _positions(fitted: Fitted, series: Series, *, start: int, config: TrainingConfig, steps: int) -> Positions:
    """Long on BUY, short on SELL; by value: with the sign of a predicted return that is more than a round trip's costs."""
    known = series.ready(steps=steps)[start:]
    positions = np.zeros(len(known), dtype=np.int8)
    if not known.any():
        return positions
    scores = fitted.scores(series.rows(start + np.flatnonzero(known), steps=steps))
    if fitted.scale == "value":
        positions[known] = positions_from_returns(scores[:, 0], threshold=2 * (config.commission + config.slippage))
    else:
        positions[known] = positions_from_classes(probabilities(scores, scale=fitted.scale).argmax(axis=1))
    return positions
