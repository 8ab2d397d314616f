"""What the out-of-sample signals would have earned: every symbol played from the test's start, and held for comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.training_config import CheckedConfig
from libs.market.costs import costs_on
from libs.quant.backtest import Backtest
from libs.quant.bootstrap import sharpe_interval
from libs.quant.calibration_maps import Calibration
from libs.quant.candles import Candles, Floats
from libs.quant.costs import Costs
from libs.quant.labels import CLASSES
from libs.quant.measured import Measured
from libs.quant.playing import Abstains, Part, Rules, hold, play_signals
from libs.quant.targets import Target
from libs.quant.thinning import thinned
from libs.quant.trading import equity_metrics, returns_of, trade_metrics
from services.training.learners.learner import Fitted, Inputs, probabilities
from services.training.learners.series import Series, day_of, moment_of

MOST_POINTS: Final = 500
DAYS: Final = ("1d", "1w")
"""Timeframes whose bars are named by their day."""


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
        """Return at most 500 points of the signals' equity, extremes among them, by day or, where bars are shorter, by moment."""
        some = thinned(self.signals.equity, most=MOST_POINTS)
        times = self.signals.time[some].tolist()
        names = [day_of(time) if timeframe in DAYS else moment_of(time).isoformat().replace("+00:00", "Z") for time in times]
        return tuple(zip(names, self.signals.equity[some].tolist(), strict=True))

    def curve_points(self) -> dict[str, Any]:
        """Say how many of the signals' bars the curve shows."""
        bars = len(self.signals.equity)
        return {"bars": bars, "points": len(thinned(self.signals.equity, most=MOST_POINTS)), "thinned": bars > MOST_POINTS}


def costs_of(candles: Candles, *, config: CheckedConfig) -> Costs:
    """Return what trading the symbol costs: as asked for, else as usual for its asset class."""
    return costs_on(candles, commission=config.commission, slippage=config.slippage, borrow_rate=config.borrow_rate)


def trade(
    fitted: Fitted,
    *,
    series: Sequence[Series],
    opens: int,
    config: CheckedConfig,
    steps: int = 0,
    abstains: Abstains | None = None,
    target: Target | None = None,
    calibration: Calibration | None = None,
) -> Trading:
    """Play the model's signals from the first bar at or after `opens` (nanoseconds), also where their labels are not known yet.

    Bars without all features, or without a window of `steps` bars that have them, are flat, and so are those at which the model abstains.
    From a `target` that says nothing of where the close goes follows no position.
    """
    parts = []
    for each in series:
        start = int(np.searchsorted(each.candles.time, opens, side="left"))
        costs = costs_of(each.candles, config=config)
        parts.append(Part(each.candles, each.features, start, len(each.candles), costs))
    rules = Rules(
        by_value=fitted.scale == "value",
        steps=steps,
        abstains=abstains,
        classes=(target.classes if target else None) or CLASSES,
        is_traded=target is None or target.is_traded,
    )
    return Trading(play_signals(partial(_answers, fitted, calibration=calibration), parts, rules=rules), hold(parts))


def stretch_returns(
    fitted: Fitted,
    *,
    series: Sequence[Series],
    opens: int,
    closes: int,
    config: CheckedConfig,
    steps: int,
    target: Target,
    abstains: Abstains | None = None,
) -> Floats:
    """Return what the model's signals make of each bar that closes from `opens` to `closes` (nanoseconds), as simple returns; (bars,).

    It is flat where it abstains.
    """
    parts = []
    for each in series:
        time = each.candles.time
        start, stop = int(time.searchsorted(opens)), int(time.searchsorted(closes, side="right"))
        if stop > start:
            parts.append(Part(each.candles, each.features, start, stop, costs_of(each.candles, config=config)))
    rules = Rules(
        by_value=fitted.scale == "value",
        steps=steps,
        abstains=abstains,
        classes=target.classes or CLASSES,
        is_traded=target.is_traded,
    )
    return returns_of(play_signals(partial(_answers, fitted), parts, rules=rules).equity)


def _answers(fitted: Fitted, rows: Inputs, *, calibration: Calibration | None = None) -> NDArray[Any]:
    """Return the predicted classes, or values."""
    scores = fitted.scores(rows)
    if fitted.scale == "value":
        return scores[:, 0]
    return np.asarray(probabilities(scores, scale=fitted.scale, calibration=calibration).argmax(axis=1))
