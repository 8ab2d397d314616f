"""Draws how well labels are told: which are taken for which, how sure answers are and how right, and how the loss went."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from libs.contracts.texts import Epoch
from libs.quant.reliability import reliability_bins
from services.training.reports.sheet import FAINT, GRID, HELD, INK, LOST, OWN, Picture, finish, new_fitted, shortened, style

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LONGEST_LABEL: Final = 18
DARK: Final = 0.55
"""Share of a row from which on its number is written in white."""
SHADES: Final = LinearSegmentedColormap.from_list("shares", ["#ffffff", OWN])


def draw_confusion(counts: NDArray[np.int64], *, labels: Sequence[str], title: str) -> Picture:
    """Return the confusion matrix (own label, label answered): counts, and the shade of their share of the row."""
    size = 3.4 + 0.62 * len(labels)
    figure = new_fitted(height=size, width=size + 1.2)
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap=SHADES, vmin=0, vmax=1)
    names = [shortened(label, LONGEST_LABEL) for label in labels]
    axes.set_xticks(range(len(labels)), names, rotation=0 if len(labels) <= 4 else 45, ha="center" if len(labels) <= 4 else "right")  # noqa: PLR2004 - as many stand side by side
    axes.set_yticks(range(len(labels)), names)
    for (row, column), count in np.ndenumerate(counts):
        white = shares[row, column] > DARK
        axes.text(column, row, f"{count:,}\n{shares[row, column]:.0%}", ha="center", va="center", size=9, color="white" if white else INK)
    axes.set_xlabel("Answered")
    axes.set_ylabel("Own label", size=9, color=FAINT)
    style(axes)
    axes.grid(visible=False)
    return finish(figure, title=title, small_print=f"{int(counts.sum()):,} test rows; shares are of the row")


def draw_reliability(truth: Integers, before: Floats, after: Floats, *, temperature: float, title: str) -> Picture:
    """Return how right answers are beside how sure they are, before and after the temperature."""
    figure = new_fitted(height=5.2, width=6.0)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=HELD, linewidth=1, linestyle=(0, (4, 3)), label="as sure as right")
    for chances, colour, label in ((before, LOST, "as trained"), (after, OWN, f"temperature {temperature:.2f}")):
        bins = reliability_bins(chances, truth)
        axes.plot(
            [each.said for each in bins],
            [each.came_true for each in bins],
            color=colour,
            marker="o",
            markersize=4,
            linewidth=1.6,
            label=label,
        )
    low = max(0.0, 1 / before.shape[1] - 0.08)
    axes.set(xlim=(low, 1.02), ylim=(0, 1.03), xlabel="Mean probability of the label answered")
    axes.set_ylabel("Share that was right", size=9, color=FAINT)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.legend(loc="upper left", frameon=False, fontsize=9, labelcolor=INK)
    style(axes, both=True)
    return finish(figure, title=title, small_print=f"{len(truth):,} test rows in bins of about the same size")


def draw_history(history: Sequence[Epoch], *, best: int | None, title: str) -> Picture:
    """Return the losses and the macro F1 by epoch."""
    figure = new_fitted(height=3.6)
    every: Any = figure.subplots(1, 2)
    losses, scores = every
    epochs = [each.epoch for each in history]
    _line(losses, epochs, [each.train_loss for each in history], colour=OWN, label="training")
    _line(losses, epochs, [each.val_loss for each in history], colour=LOST, label="validation")
    _line(scores, epochs, [each.val_macro_f1 for each in history], colour=OWN, label="macro F1, validation")
    _line(scores, epochs, [each.val_accuracy for each in history], colour=HELD, label="accuracy, validation")
    for axes, name in ((losses, "Loss"), (scores, "Labels told right")):
        if best is not None:
            axes.axvline(best, color=GRID, linewidth=6, zorder=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("Epoch")
        style(axes, title=name, both=True)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False, fontsize=9, labelcolor=INK)
    kept = f"the weights of epoch {best} were kept" if best is not None else "nothing was learned in epochs"
    return finish(figure, title=title, small_print=f"{len(history)} epochs; {kept}")


def _line(axes: Axes, epochs: Sequence[int], values: Sequence[float | None], *, colour: str, label: str) -> None:
    known = [(epoch, value) for epoch, value in zip(epochs, values, strict=True) if value is not None]
    if known:
        axes.plot(*zip(*known, strict=True), color=colour, marker="o", markersize=4, linewidth=1.6, label=label)
