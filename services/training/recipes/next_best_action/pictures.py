"""Draws predicted uplift beside that which was seen."""

from collections.abc import Sequence

import numpy as np

from libs.contracts.envelope import JsonObject
from services.training.reports.sheet import GRID, HELD, INK, OWN, Picture, finish, new_fitted, shortened, style

LONGEST_NAME = 24


def draw_deciles(rows: Sequence[JsonObject], *, title: str) -> Picture:
    """Return uplift by tenth of the customers: bars as seen with their intervals, dots as predicted; a panel an action."""
    actions = list(dict.fromkeys(row["action"] for row in rows))
    figure = new_fitted(height=1.6 + 2.4 * len(actions))
    for axes, action in zip(figure.subplots(len(actions), 1, squeeze=False)[:, 0], actions, strict=True):
        of = [row for row in rows if row["action"] == action]
        x, seen = np.arange(1, len(of) + 1), np.array([row["seen"] for row in of])
        around = np.array([[row["seen"] - row["low"] for row in of], [row["high"] - row["seen"] for row in of]])
        axes.bar(x, seen, color=HELD, width=0.6, label="seen")
        axes.errorbar(x, seen, yerr=around, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
        axes.plot(x, [row["predicted"] for row in of], "o", color=OWN, markersize=5, label="predicted")
        axes.axhline(0, color=GRID, linewidth=1)
        style(axes, title=shortened(str(action), LONGEST_NAME), both=True)
        axes.set_xticks(x)
        axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    figure.axes[-1].set_xlabel("Tenths of the customers, the highest predicted uplift first")
    return finish(figure, title="Uplift, predicted and seen", small_print=title)
