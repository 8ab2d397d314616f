"""Pictures of a tuning as PNG: its history, each hyperparameter by itself, the two that matter most together, and all as parallel lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.candles import Floats
from services.training.reports.sheet import FAINT, GRID, HELD, INK, LOST, OWN, finish_png, new_fitted, shortened, style
from services.training.tuning.space import Dimension, Space

COLOURS: Final = "viridis"
COLUMNS: Final = 3
LONGEST_LABEL: Final = 26
FEWEST_FOR_A_SURFACE: Final = 8
MOST_TICKS: Final = 6
LINES_MOST: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """What the pictures show: completed trials by number, where they lie in the unit cube (trials, dimensions), and their values (trials,).

    `best` is the place of the best one among them; `shares` the importance of each hyperparameter, where that is known. `others` are the
    values of further objectives (trials,), and `front` the places of the trials that none beats in all.
    """

    space: Space
    numbers: Sequence[int]
    places: Floats
    values: Floats
    best: int
    objective: str
    maximized: bool
    shares: Mapping[str, float]
    others: Mapping[str, Floats]
    front: Sequence[int]
    title: str
    small_print: str

    @property
    def ranked(self) -> list[int]:
        """The dimensions' places, the most important first."""
        return sorted(range(len(self.space.dimensions)), key=lambda at: -self.shares.get(self.space.names[at], 0.0))


def draw(drawn: Drawn) -> dict[str, bytes]:
    """Return the pictures by name; the same tuning gives the same bytes.

    A contour takes two hyperparameters, a picture of the front two objectives, and one of the importance trials that differ.
    """
    found = {"history": _history(drawn), "slice": _slices(drawn)}
    found |= {"importance": _importance(drawn)} if drawn.shares else {}
    found |= {"contour": _contour(drawn)} if len(drawn.space.dimensions) > 1 else {}
    found |= {"parallel-coordinates": _parallel(drawn)}
    return found | ({"front": _front(drawn)} if drawn.others else {})


def _finished(figure: Figure, drawn: Drawn, what: str) -> bytes:
    return finish_png(figure, title=f"{shortened(drawn.title, 60)}: {what}", small_print=drawn.small_print)


def _history(drawn: Drawn) -> bytes:
    figure = new_fitted(height=4.2)
    axes = figure.subplots()
    best = np.maximum.accumulate(drawn.values) if drawn.maximized else np.minimum.accumulate(drawn.values)
    axes.scatter(drawn.numbers, drawn.values, s=14, color=HELD, label="trial", zorder=2)
    axes.step(drawn.numbers, best, where="post", color=OWN, linewidth=1.6, label="best so far", zorder=3)
    axes.scatter([drawn.numbers[drawn.best]], [drawn.values[drawn.best]], s=46, color=LOST, label="best", zorder=4)
    style(axes, both=True)
    axes.set_xlabel("trial")
    axes.set_ylabel(drawn.objective, size=9, color=FAINT)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return _finished(figure, drawn, "history")


def _slices(drawn: Drawn) -> bytes:
    dimensions = drawn.space.dimensions
    columns = min(COLUMNS, len(dimensions))
    rows = -(-len(dimensions) // columns)
    figure = new_fitted(height=1.4 + 2.4 * rows)
    every = np.atleast_1d(figure.subplots(rows, columns, sharey=True, squeeze=False)).ravel()
    for axes, at in zip(every, drawn.ranked, strict=False):
        axes.scatter(drawn.places[:, at], drawn.values, c=drawn.numbers, cmap=COLOURS, s=14, zorder=2)
        axes.scatter([drawn.places[drawn.best, at]], [drawn.values[drawn.best]], s=46, color=LOST, zorder=3)
        style(axes, title=shortened(dimensions[at].name, LONGEST_LABEL), both=True)
        _ticks(axes, dimensions[at])
    for axes in every[len(dimensions) :]:
        axes.set_axis_off()
    for axes in every[::columns]:
        axes.set_ylabel(drawn.objective, size=9, color=FAINT)
    return _finished(figure, drawn, "each hyperparameter, later trials lighter")


def _importance(drawn: Drawn) -> bytes:
    names = [drawn.space.names[at] for at in drawn.ranked][::-1]
    figure = new_fitted(height=1.8 + 0.34 * max(len(names), 3))
    axes = figure.subplots()
    axes.barh([shortened(name, LONGEST_LABEL) for name in names], [drawn.shares.get(name, 0.0) for name in names], color=OWN, height=0.62)
    style(axes)
    axes.set_xlabel("share of what decides whether a trial is among the best tenth (PED-ANOVA)")
    return _finished(figure, drawn, "importance")


def _front(drawn: Drawn) -> bytes:
    name, others = next(iter(drawn.others.items()))
    figure = new_fitted(height=4.8)
    axes = figure.subplots()
    axes.scatter(drawn.values, others, s=14, color=HELD, label="trial", zorder=2)
    front = sorted(drawn.front, key=lambda at: float(drawn.values[at]))
    axes.plot(drawn.values[front], others[front], marker="o", markersize=5, color=OWN, linewidth=1.2, label="front", zorder=3)
    style(axes, both=True)
    axes.set_xlabel(drawn.objective)
    axes.set_ylabel(name, size=9, color=FAINT)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return _finished(figure, drawn, "what no trial beats in all objectives")


def _contour(drawn: Drawn) -> bytes:
    figure = new_fitted(height=5.2)
    axes = figure.subplots()
    across, up = drawn.ranked[:2]
    x, y = drawn.places[:, across], drawn.places[:, up]
    if _spans_a_plane(x, y):
        axes.tricontourf(x, y, drawn.values, levels=12, cmap=COLOURS, alpha=0.6)
    points = axes.scatter(x, y, c=drawn.values, cmap=COLOURS, s=22, edgecolors=INK, linewidths=0.4, zorder=2)
    axes.scatter([x[drawn.best]], [y[drawn.best]], s=90, facecolors="none", edgecolors=LOST, linewidths=2, zorder=3)
    style(axes, both=True)
    dimensions = drawn.space.dimensions
    axes.set_xlabel(shortened(dimensions[across].name, LONGEST_LABEL))
    axes.set_ylabel(shortened(dimensions[up].name, LONGEST_LABEL), size=9, color=FAINT)
    _ticks(axes, dimensions[across])
    _ticks(axes, dimensions[up], upright=True)
    _scale(figure, points, axes, drawn)
    return _finished(figure, drawn, "the two that matter most")


def _parallel(drawn: Drawn) -> bytes:
    figure = new_fitted(height=4.6)
    axes = figure.subplots()
    order = drawn.ranked
    some = _best_first(drawn)[:LINES_MOST][::-1]
    lines = [np.column_stack([np.arange(len(order)), drawn.places[at, order]]) for at in some]
    drawn_lines = LineCollection(lines, array=drawn.values[some], cmap=COLOURS, alpha=0.55, linewidths=1.0)
    axes.add_collection(drawn_lines)
    axes.plot(np.arange(len(order)), drawn.places[drawn.best, order], color=LOST, linewidth=2.2)
    axes.set_xlim(-0.1, len(order) - 0.9)
    axes.set_ylim(-0.05, 1.05)
    style(axes)
    axes.set_xticks(range(len(order)), [shortened(drawn.space.names[at], LONGEST_LABEL) for at in order])
    axes.set_yticks([])
    for place, at in enumerate(order):
        axes.axvline(place, color=GRID, linewidth=0.8, zorder=0)
        for height, text in _marks(drawn.space.dimensions[at], most=3):
            axes.text(place + 0.02, height, text, size=8, color=FAINT, va="center", parse_math=False)
    _scale(figure, drawn_lines, axes, drawn)
    return _finished(figure, drawn, "all hyperparameters together")


def _best_first(drawn: Drawn) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.argsort(-drawn.values if drawn.maximized else drawn.values, kind="stable")


def _scale(figure: Figure, points: Any, axes: Axes, drawn: Drawn) -> None:
    bar = figure.colorbar(points, ax=axes, fraction=0.05)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, colors=INK, labelsize=8)
    bar.set_label(drawn.objective, size=9, color=FAINT)


def _spans_a_plane(x: Floats, y: Floats) -> bool:
    """Tell whether there are points enough, and not all on one line, for a surface between them."""
    if len({*zip(x.tolist(), y.tolist(), strict=True)}) < FEWEST_FOR_A_SURFACE:
        return False
    return bool(np.linalg.matrix_rank(np.column_stack([x - x.mean(), y - y.mean()]), tol=1e-6) > 1)


def _ticks(axes: Axes, dimension: Dimension, *, upright: bool = False) -> None:
    marks = _marks(dimension, most=MOST_TICKS)
    (axes.set_yticks if upright else axes.set_xticks)([place for place, _ in marks], [text for _, text in marks])


def _marks(dimension: Dimension, *, most: int) -> list[tuple[float, str]]:
    """Return places between 0 and 1 and what stands there."""
    if dimension.listed:
        count = len(dimension.listed)
        some = sorted({round(at) for at in np.linspace(0, count - 1, min(count, most))})
        return [(at / max(count - 1, 1), shortened(_written(dimension.listed[at]), 12)) for at in some]
    values = [dimension.value_at(place) for place in (0.0, 0.5, 1.0)]
    if dimension.asked.type == "int":
        values = sorted({float(round(value)) for value in values})
    return [(dimension.place_of(value), f"{value:.4g}") for value in values]


def _written(value: HyperparameterValue) -> str:
    return "null" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
