"""A walk forward: the grid is tuned on each window's first part, and the point that was best there is scored on the part after it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.chassis.errors import InvalidError
from libs.contracts.backtest_findings import WINDOWS_MOST, WalkForwardResult, Window
from libs.contracts.backtests import BacktestSpec, WalkForward
from libs.contracts.strategies import Strategy
from libs.contracts.trials import points_of
from libs.quant.candles import NANOSECONDS_A_DAY, Candles, Floats, Integers
from libs.quant.decisions import Decisions
from libs.quant.portfolio import PortfolioRun, play_portfolio
from libs.quant.tape import VOLATILITY_BARS
from libs.quant.trading import equity_metrics
from libs.quant.walk_forward import WalkWindow, judge_walk_forward, walk_forward_windows
from services.training.backtests.desk import Desk
from services.training.learners.series import moment_of

Tell = Callable[[int, int], None]
# What is decided on the last bar in sample is filled on the next: that one belongs to neither part.
PURGE_LEAST: Final = 1
# What a window is scored in which the chosen point did not trade: it is no reason to leave the window out.
NOTHING_EARNED: Final = 0.0
NO_WINDOW: Final = "The days do not suffice for one window: it takes {days} days, and half of those out of sample at least."
TOO_MANY: Final = f"These are more than {WINDOWS_MOST} windows: choose longer ones."


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """The bars of each symbol in one part of a window, after the `before` ones from which the volatility that sizes a position is known."""

    candles: Sequence[Candles]
    rows: Sequence[slice]
    before: Sequence[int]

    def play(self, decisions: Sequence[Decisions], *, desk: Desk) -> PortfolioRun | None:
        parts = [
            (candles, each.part(rows.start, rows.stop), before)
            for candles, each, rows, before in zip(self.candles, decisions, self.rows, self.before, strict=True)
            if len(candles) > before
        ]
        pairs, first = [(candles, each) for candles, each, _ in parts], [before for _, _, before in parts]
        return play_portfolio(pairs, desk.terms, capital=desk.capital, first=first) if pairs else None


def walk(spec: BacktestSpec, *, desk: Desk, tell: Tell) -> WalkForwardResult:
    """Walk through all days; `tell` hears of how many points of how many. Raise InvalidError for days that do not suffice."""
    asked = spec.walk_forward
    assert asked is not None
    clock, purge = desk.clock, max(desk.player.horizon if desk.player else 0, PURGE_LEAST)
    windows = walk_forward_windows(
        clock, mode=asked.mode, in_sample_days=asked.in_sample_days, out_of_sample_days=asked.out_of_sample_days, purge=purge
    )
    if not windows or len(windows) > WINDOWS_MOST:
        days = asked.in_sample_days + asked.out_of_sample_days
        message = TOO_MANY if windows else NO_WINDOW.format(days=days)
        raise InvalidError(message, details={"walk_forward": [message]})
    inside = [_stretch(desk, clock, start=each.in_start, stop=each.in_stop) for each in windows]
    points = list(points_of(spec))
    scores = np.full((len(points), len(windows)), np.nan)
    for number, strategy in enumerate(points):
        decisions = desk.decide(strategy)
        scores[number] = [_score(stretch.play(decisions, desk=desk), metric=asked.metric) for stretch in inside]
        tell(number + 1, len(points))
    # Where no point has a score in sample the first is played.
    chosen = np.where(np.isfinite(scores), scores, -np.inf).argmax(axis=0)
    return _told(spec, asked, desk=desk, clock=clock, windows=windows, points=points, chosen=chosen, scores=scores, purge=purge)


def _told(
    spec: BacktestSpec,
    asked: WalkForward,
    *,
    desk: Desk,
    clock: Integers,
    windows: Sequence[WalkWindow],
    points: Sequence[Strategy],
    chosen: Integers,
    scores: Floats,
    purge: int,
) -> WalkForwardResult:
    told, outside, curves, grown = [], np.full(len(windows), np.nan), [], 1.0
    runs = _played_outside(desk, clock, windows=windows, points=points, chosen=chosen)
    for number, (each, run) in enumerate(zip(windows, runs, strict=True)):
        point = int(chosen[number])
        outside[number] = _score(run, metric=asked.metric) if run is None or len(run.trades) else NOTHING_EARNED
        curve = run.equity / run.capital if run else np.ones(0)
        curves.append(grown * curve)
        grown = float(curves[-1][-1]) if len(curve) else grown
        parameters = {name: getattr(points[point], name) for name in spec.grid}
        told.append(_window(each, clock, parameters=parameters, inside=scores[point, number], outside=outside[number], run=run))
    inside = scores[chosen, np.arange(len(windows))]
    verdict = judge_walk_forward(inside, outside)
    measured = equity_metrics(np.concatenate(curves), bars_per_year=desk.bars_per_year)
    reasons = {name: verdict.words for name in ("efficiency", "verdict") if getattr(verdict, name) is None}
    return WalkForwardResult(
        mode=asked.mode,
        metric=asked.metric,
        purged_bars=purge,
        windows=tuple(told),
        metrics=dict(measured.values),
        in_sample=verdict.in_sample,
        out_of_sample=verdict.out_of_sample,
        efficiency=verdict.efficiency,
        profitable=verdict.profitable,
        scored=verdict.scored,
        verdict=verdict.verdict,
        words=verdict.words,
        reasons={**measured.reasons, **reasons},
    )


def _played_outside(
    desk: Desk, clock: Integers, *, windows: Sequence[WalkWindow], points: Sequence[Strategy], chosen: Integers
) -> list[PortfolioRun | None]:
    """Play each window's chosen point out of sample, point after point: the decisions of one are in memory at once."""
    runs: list[PortfolioRun | None] = [None] * len(windows)
    for point in set(chosen.tolist()):
        decisions = desk.decide(points[point])
        for number in np.flatnonzero(chosen == point).tolist():
            window = windows[number]
            runs[number] = _stretch(desk, clock, start=window.out_start, stop=window.out_stop).play(decisions, desk=desk)
    return runs


def _window(
    window: WalkWindow, clock: Integers, *, parameters: dict[str, float], inside: float, outside: float, run: PortfolioRun | None
) -> Window:
    return Window(
        in_sample_start=moment_of(int(clock[window.in_start])),
        in_sample_end=moment_of(int(clock[window.in_stop - 1])),
        out_of_sample_start=moment_of(int(clock[window.out_start])),
        out_of_sample_end=moment_of(int(clock[window.out_stop - 1])),
        parameters=parameters,
        in_sample=_number(inside),
        out_of_sample=_number(outside),
        out_of_sample_return=float(run.equity[-1] / run.capital - 1.0) if run else 0.0,
        missed=run.missed if run else 0,
    )


def _stretch(desk: Desk, clock: Integers, *, start: int, stop: int) -> _Stretch:
    played = [part.between(int(clock[start]), int(clock[stop - 1])) for part in desk.parts]
    before = [min(each.start, VOLATILITY_BARS) for each in played]
    rows = [slice(each.start - known, each.stop) for each, known in zip(played, before, strict=True)]
    return _Stretch([part.candles.part(each.start, each.stop) for part, each in zip(desk.parts, rows, strict=True)], rows, before)


def _score(run: PortfolioRun | None, *, metric: str) -> float:
    """Return a run's score, a rate that compares across windows; NaN where it has none."""
    if run is None:
        return float("nan")
    if metric == "net_profit":
        days = max(int(run.time[-1] - run.time[0]) / NANOSECONDS_A_DAY, 1.0)
        return float(run.equity[-1] - run.capital) / days
    value = equity_metrics(run.equity / run.capital, bars_per_year=run.bars_per_year).values[metric]
    return float("nan") if value is None else value


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
