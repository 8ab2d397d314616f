"""What a backtest costs: by its candles, and by how often the points of a grid are played on them."""

from decimal import Decimal
from math import prod
from typing import Final

from libs.contracts.backtests import BacktestSpec, WalkForward
from libs.contracts.money import to_hours
from libs.contracts.strategies import ModelStrategy

# CPU seconds that are set aside for a backtest: for a new process with its imports, figures and pictures; for a million candles that are
# played and measured; for a million that a point of a grid is played on, and each point's part in judging the surface; for a million that a
# model answers. docs/guides/backtests.md has the measurements.
BACKTEST_SECONDS_LEAST: Final = 72.0
BACKTEST_SECONDS: Final = 40.0
RUN_SECONDS_A_MILLION: Final = 120.0
POINT_SECONDS_A_MILLION: Final = 0.5
POINT_SECONDS: Final = 0.002
MODEL_SECONDS_A_MILLION: Final = 900.0
BARS_A_DAY: Final = {"1m": 1440.0, "5m": 288.0, "15m": 96.0, "30m": 48.0, "1h": 24.0, "4h": 6.0, "1d": 1.0, "1w": 1 / 7}
DAYS_UNSAID: Final = 13 * 365
# Candles that the points of a grid are played on, all together: what a job can play in its quarter of an hour.
PLAYED_MOST: Final = 1_500_000_000


def backtest_hours(spec: BacktestSpec) -> Decimal:
    """Price a backtest by its candles, at most so many as days have, and by how often its points are played on them."""
    days = (spec.end_date - spec.start_date).days + 1 if spec.start_date and spec.end_date else DAYS_UNSAID
    millions = BARS_A_DAY[spec.timeframe] * days * len(spec.all_symbols) / 1_000_000
    points, played = _points(spec), _points_played(spec, days=days)
    answers = MODEL_SECONDS_A_MILLION if isinstance(spec.strategy, ModelStrategy) else 0.0
    seconds = POINT_SECONDS * points + millions * (RUN_SECONDS_A_MILLION + POINT_SECONDS_A_MILLION * played + answers)
    return to_hours(max(BACKTEST_SECONDS + seconds, BACKTEST_SECONDS_LEAST))


def candles_played(spec: BacktestSpec, *, days: int) -> int:
    """Return how many candles the points of a grid are played on, all together; `days` are those of all its symbols, added up."""
    return int(_points_played(spec, days=days // len(spec.all_symbols)) * BARS_A_DAY[spec.timeframe] * days)


def _points(spec: BacktestSpec) -> int:
    return prod(map(len, spec.grid.values())) if spec.grid or spec.walk_forward else 0


def _points_played(spec: BacktestSpec, *, days: int) -> float:
    """Return by how many points a bar is played, in all windows that it is tuned on together."""
    return _points(spec) * (1.0 + _windows_over_a_bar(spec.walk_forward, days=days))


def _windows_over_a_bar(asked: WalkForward | None, *, days: int) -> float:
    """Return in how many windows a bar is tuned on, at most."""
    if asked is None:
        return 0.0
    return (days if asked.mode == "anchored" else asked.in_sample_days) / asked.out_of_sample_days
