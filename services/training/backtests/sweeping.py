"""A sweep: every point of the grid is played, the best is chosen, and the surface says whether it is to be believed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.backtest_findings import POINTS_MOST, Overfit, Sweep, SweepPoint
from libs.contracts.backtests import BacktestSpec
from libs.contracts.strategies import Strategy
from libs.contracts.tables import TableFile
from libs.contracts.trials import placed_points
from libs.quant.candles import Floats
from libs.quant.overfitting import Overfitting, overfitting
from libs.quant.sweep_surface import SweepSurface, judge_surface
from libs.quant.trading import returns_of
from services.training.backtests.desk import Desk, Many

METRIC: Final = "sharpe_ratio"
# Numbers of equity that are in memory at once: points are played so many together.
CURVES_MOST: Final = 5_000_000
# Numbers of returns that are kept of all points together: beyond them bars are put together.
RETURNS_MOST: Final = 10_000_000
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
NO_POINT: Final = "no point of the grid has a Sharpe ratio"
FEW: Final = "there is one point, or too few bars"
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Swept:
    """What a sweep found: the best strategy, what is told, all points as a table, and the variance of their Sharpe ratios of one bar."""

    strategy: Strategy
    told: Sweep
    table: TableFile
    sharpe_variance: float | None


def sweep(spec: BacktestSpec, *, desk: Desk, tell: Tell) -> Swept:
    """Play every point; `tell` hears of how many of how many. The best is that of the highest Sharpe ratio, on the broadest top."""
    placed = list(placed_points(spec))
    shape = tuple(len(values) for values in spec.grid.values())
    points, returns, ratios = [], _Returns(len(desk.clock), points=len(placed)), np.full(shape, np.nan)
    size = max(CURVES_MOST // len(desk.clock), 1)
    for start in range(0, len(placed), size):
        tell(start, len(placed))
        strategies = [strategy for _, strategy in placed[start : start + size]]
        played = desk.play_each(strategies)
        returns.take(start, played.equity / desk.capital)
        points += [_point(strategy, played, place, desk=desk, grid=spec.grid) for place, strategy in enumerate(strategies)]
    places = [place for place, _ in placed]
    for place, point in zip(places, points, strict=True):
        ratios[place] = np.nan if point.sharpe_ratio is None else point.sharpe_ratio
    surface = judge_surface(ratios)
    best = places.index(surface.best) if surface.best in places else 0
    known = ratios[np.isfinite(ratios)] / np.sqrt(desk.bars_per_year)
    found = overfitting(returns.matrix)
    told = _told(spec, points, best=points[best], surface=surface, found=found, left_out=int(np.prod(shape)) - len(placed))
    columns = {name: [getattr(each, name) for each in points] for name in SweepPoint.model_fields}
    variance = float(known.var(ddof=1)) if len(known) > 1 else None
    return Swept(placed[best][1], told, TableFile(columns), variance)


def _point(strategy: Strategy, played: Many, place: int, *, desk: Desk, grid: Iterable[str]) -> SweepPoint:
    ratio = float(played.sharpe_ratio[place])
    return SweepPoint(
        parameters={name: getattr(strategy, name) for name in grid},
        sharpe_ratio=ratio if np.isfinite(ratio) else None,
        net_profit=float(played.final_equity[place] - desk.capital),
        max_drawdown=float(played.max_drawdown[place]),
        total_trades=int(played.trades[place]),
    )


def best_of(points: Sequence[SweepPoint], *, most: int) -> tuple[SweepPoint, ...]:
    """Return the points with the highest Sharpe ratios, at most so many, in the order in which they were given."""
    ratios = np.array([-np.inf if each.sharpe_ratio is None else each.sharpe_ratio for each in points])
    return tuple(points[place] for place in sorted(np.argsort(-ratios, kind="stable")[:most].tolist()))


def _told(
    spec: BacktestSpec, points: Sequence[SweepPoint], *, best: SweepPoint, surface: SweepSurface, found: Overfitting | None, left_out: int
) -> Sweep:
    reasons = {"shape": surface.reason} if surface.reason else {}
    reasons |= {} if surface.ratio is not None else {"neighbour_ratio": surface.reason or NO_POINT}
    reasons |= {} if found else {"overfitting": FEW}
    return Sweep(
        metric=METRIC,
        grid=spec.grid,
        count=len(points),
        left_out=left_out,
        best=best,
        points=best_of(points, most=POINTS_MOST),
        points_left_out=max(len(points) - POINTS_MOST, 0),
        shape=surface.verdict,
        neighbours=surface.neighbours,
        neighbour_ratio=surface.ratio,
        at_edge=surface.at_edge,
        positive=surface.positive,
        overfitting=_overfit(found) if found else None,
        reasons=reasons,
    )


def _overfit(found: Overfitting) -> Overfit:
    levels = np.quantile(found.logits, QUANTILES).tolist()
    return Overfit(
        probability=found.probability,
        loss=found.loss,
        slope=found.slope,
        blocks=found.blocks,
        splits=found.splits,
        logits={str(level): value for level, value in zip(QUANTILES, levels, strict=True)},
    )


class _Returns:
    """Returns of all points side by side, (stretches of bars, points): as many stretches as there is room for."""

    def __init__(self, bars: int, *, points: int) -> None:
        rows = min(bars, max(RETURNS_MOST // points, 320))
        self._ends: NDArray[np.intp] = np.linspace(0, bars, rows + 1).astype(int)[1:] - 1
        self.matrix: Floats = np.empty((rows, points))

    def take(self, start: int, equity: NDArray[Any]) -> None:
        """Keep the equity of the points from `start` on, (points, bars), which was 1.0 before their first bar."""
        for point, curve in enumerate(equity[:, self._ends].astype(np.float64), start=start):
            self.matrix[:, point] = returns_of(curve)
