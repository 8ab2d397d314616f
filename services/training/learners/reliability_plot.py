"""Draws how often what a classifier answered came true, by how sure it was."""

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.ticker import PercentFormatter

from libs.quant.reliability import Bin, error_of
from services.training.learners.plot_sheet import Caption
from services.training.reports.sheet import FAINT, HELD, INK, OWN, Picture, finish, new_fitted, style

COLOURS: Final = (HELD, OWN)
LEAST_ROOM: Final = 0.02


def draw_reliability(curves: Mapping[str, Sequence[Bin]], *, caption: Caption, rows: int) -> Picture:
    """Return the picture: on the diagonal chances hold, below it the model was too sure. The last curve is what is served.

    Same input, same bytes.
    """
    figure = new_fitted(height=5.4)
    axes = figure.subplots()
    colours = COLOURS[-len(curves) :]
    for (name, bins), colour in zip(curves.items(), colours, strict=True):
        said, came = [each.said for each in bins], [each.came_true for each in bins]
        axes.plot(
            said, came, color=colour, linewidth=1.6, marker="o", markersize=5, label=f"{name}, calibration error {error_of(bins):.3f}"
        )
    every = [value for bins in curves.values() for each in bins for value in (each.said, each.came_true)]
    low, high = max(0.0, min(every) - LEAST_ROOM), min(1.0, max(every) + LEAST_ROOM)
    axes.plot([low, high], [low, high], color=FAINT, linewidth=1, linestyle=":", label="as often as said")
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_xlabel(f"Probability of the class answered, in {len(next(iter(curves.values())))} bins of like many rows")
    axes.set_ylabel("Came true", size=9, color=FAINT)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    style(axes, title="How often the answer came true, by how sure it was", both=True)
    axes.legend(loc="upper left", frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure, title=caption.title, small_print=caption.small_print(rows=rows))
