"""Draws where places are and how they are scored."""

from collections.abc import Sequence
from typing import Final

from matplotlib.colors import LinearSegmentedColormap

from libs.contracts.envelope import JsonObject
from services.training.reports.sheet import FAINT, INK, LOST, OWN, Picture, finish, new_fitted, style

SHADES: Final = LinearSegmentedColormap.from_list("scores", [LOST, "#e8d9c4", OWN])
NAMED: Final = 5
"""The best places, which are called by name."""


def draw_map(scores: Sequence[JsonObject], *, title: str) -> Picture:
    """Return the places as dots, the colour of their score, on the data's own coordinates. Same input, same bytes."""
    figure = new_fitted(height=6.2)
    axes = figure.subplots()
    dots = axes.scatter(
        [each["x"] for each in scores], [each["y"] for each in scores], c=[each["score"] for each in scores],
        cmap=SHADES, vmin=0, vmax=100, s=26, edgecolors="white", linewidths=0.5,
    )  # fmt: skip
    for each in scores[:NAMED]:
        axes.annotate(str(each["id"]), (each["x"], each["y"]), textcoords="offset points", xytext=(5, 4), size=8, color=INK)
    axes.set_aspect("equal", adjustable="datalim")
    bar = figure.colorbar(dots, ax=axes, shrink=0.6, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label("score", size=9, color=FAINT)
    style(axes, both=True)
    return finish(figure, title="Where the scored places are", small_print=f"{title} · {len(scores):,} places; the best by name")
