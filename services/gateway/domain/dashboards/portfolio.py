"""An account's models as one portfolio: equal weights, out of sample, by weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import mean
from typing import Final

START: Final = 100_000.0
# Five years: what a chart can show.
WEEKS_MOST: Final = 260
# Day and equity, the oldest first; equity is 1 before the first.
Curve = Sequence[tuple[date, float]]


@dataclass(frozen=True, slots=True)
class Point:
    """What the portfolio is worth at the end of a day."""

    day: date
    value: float


def portfolio(curves: Sequence[Curve]) -> list[Point]:
    """Return what START would have become, week by week, the latest WEEKS_MOST weeks of it; nothing without curves.

    A week's return is the mean of the returns of all models whose curves reach over it, so each has the same weight at each week's
    beginning. Weeks (Monday to Sunday) in which no curve has a point are passed over. The first point is the day before.
    """
    models = [_Weekly(curve) for curve in curves if curve]
    if not models:
        return []
    weeks = sorted({week for model in models for week in model.points})
    worth = [Point(min(curve[0][0] for curve in curves if curve) - timedelta(days=1), 1.0)]
    for week in weeks:
        returns = [model.return_in(week) for model in models if model.first <= week <= model.last]
        day = max(model.points[week][0] for model in models if week in model.points)
        worth.append(Point(day, worth[-1].value * (1 + mean(returns))))
    shown = worth[-WEEKS_MOST - 1 :]
    scale = START / shown[0].value if shown[0].value > 0 else 0.0
    return [Point(point.day, point.value * scale) for point in shown]


class _Weekly:
    """A curve's last point in each week, by the week's Monday; `return_in` is asked week by week, in order."""

    def __init__(self, curve: Curve) -> None:
        self.points = {day - timedelta(days=day.weekday()): (day, equity) for day, equity in curve}
        self.first, self.last = min(self.points), max(self.points)
        self._equity = 1.0

    def return_in(self, week: date) -> float:
        """Return by how much the equity grew since the week before, as a fraction; what is lost altogether stays so."""
        before, after = self._equity, self.points[week][1] if week in self.points else self._equity
        self._equity = after
        return after / before - 1 if before > 0 else 0.0
