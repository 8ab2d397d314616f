"""Draws the curves of a run, each as its axes and series say."""

from typing import Final

from libs.contracts.recipe_runs import RecipeCurve
from services.training.reports.sheet import HELD, INK, LOST, OWN, WON, Picture, finish, new_fitted, shortened, style

COLOURS: Final = (OWN, LOST, WON, "#8e5ea2", "#c98a1b", INK)
PLAIN: Final = frozenset({"random", "constant_price", "treat_none", "naive", "logged", "baseline", "perfect"})
"""Series that others are held against are grey and dashed."""
LONGEST_NAME: Final = 40


def draw_curve(curve: RecipeCurve, *, title: str) -> Picture:
    """Return a curve's series as lines over one pair of axes. Same input, same bytes."""
    figure = new_fitted(height=4.2)
    axes = figure.subplots()
    colours = iter(COLOURS * (1 + len(curve.series) // len(COLOURS)))
    for name, points in curve.series.items():
        x, y = [point[0] for point in points], [point[1] for point in points]
        is_plain = name in PLAIN
        axes.plot(
            x, y, label=shortened(name.replace("_", " "), LONGEST_NAME), color=HELD if is_plain else next(colours),
            linewidth=1.2 if is_plain else 1.8, linestyle=(0, (4, 3)) if is_plain else "-",
        )  # fmt: skip
    style(axes, both=True)
    axes.set_xlabel(curve.x)
    axes.set_ylabel(curve.y, size=9)
    if len(curve.series) > 1:
        axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return finish(figure, title=curve.title, small_print=title)
