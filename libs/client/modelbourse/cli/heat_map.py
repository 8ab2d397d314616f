"""A sweep's surface in a terminal: of one parameter a bar each, of two a heat map, of more the best points."""

import sys
from collections.abc import Sequence
from typing import Final

from rich.style import Style
from rich.text import Text

from modelbourse.answers.trading_ai.backtest_findings import Sweep, SweepPoint
from modelbourse.cli.showing import out, print_table
from modelbourse.cli.sparkline import bar

BEST_MOST: Final = 10
CELL: Final = 8
MAP: Final = 2
# Red, yellow, green: from the worst to the best.
SCALE: Final = ((178, 24, 43), (230, 200, 90), (26, 152, 80))


def print_surface(points: Sequence[SweepPoint], sweep: Sweep) -> None:
    """Print the score of every point, by what the best is chosen by."""
    axes = [name for name, values in sweep.grid.items() if len(values) > 1]
    scores = {tuple(point.parameters.get(name) for name in axes): _score(point, sweep.metric) for point in points}
    known = [score for score in scores.values() if score is not None]
    if not known:
        return
    low, high = min(known), max(known)
    if len(axes) == MAP and _fits(sweep.grid[axes[1]]):
        _print_map(axes, sweep, scores, low=low, high=high)
        return
    ranked = sorted(points, key=lambda point: (_score(point, sweep.metric) is None, -(_score(point, sweep.metric) or 0.0)))
    rows = points if len(axes) == 1 else ranked[:BEST_MOST]
    cells = [
        (*(point.parameters.get(name) for name in axes), score, "" if score is None else bar(_share(score, low, high)))
        for point in rows
        for score in [_score(point, sweep.metric)]
    ]
    print_table((*axes, sweep.metric, ""), cells)


def _fits(values: Sequence[float]) -> bool:
    console = out()
    return not console.is_terminal or (len(values) + 2) * CELL <= console.width


def _print_map(axes: Sequence[str], sweep: Sweep, scores: dict[tuple[float | None, ...], float | None], *, low: float, high: float) -> None:
    """Print rows by the first parameter and columns by the second; each score on its colour, and a mark at the best."""
    down, across = axes
    best = tuple(sweep.best.parameters.get(name) for name in axes)
    mark = "◆" if "utf" in (sys.stdout.encoding or "").lower() else "*"
    heads = "".join(f"{value:g}".rjust(CELL) for value in sweep.grid[across])
    side = max(len(f"{value:g}") for value in sweep.grid[down])
    side = max(side, len(down))
    out().print(f"{down.ljust(side)} by {across}", markup=False, soft_wrap=True)
    out().print(" " * side + heads, markup=False, soft_wrap=True)
    for row in sweep.grid[down]:
        line = Text(f"{row:g}".rjust(side))
        for column in sweep.grid[across]:
            score = scores.get((row, column))
            text = "-" if score is None else f"{mark if (row, column) == best else ''}{_short(score)}"
            line.append(text.rjust(CELL), style=None if score is None else _style(_share(score, low, high)))
        out().print(line, soft_wrap=True)


def _style(share: float) -> Style:
    below, above = (SCALE[0], SCALE[1]) if share < 1 / 2 else (SCALE[1], SCALE[2])
    part = share * 2 % 1 if share < 1 else 1
    red, green, blue = (round(first + (last - first) * part) for first, last in zip(below, above, strict=True))
    return Style(color="black", bgcolor=f"rgb({red},{green},{blue})")


def _short(score: float) -> str:
    return f"{score:.2f}" if abs(score) < 1000 else f"{score:.3g}"  # noqa: PLR2004  # what fits a cell


def _share(score: float, low: float, high: float) -> float:
    return (score - low) / (high - low) if high > low else 1.0


def _score(point: SweepPoint, metric: str) -> float | None:
    value = getattr(point, metric, None)
    return None if value is None else float(value)
