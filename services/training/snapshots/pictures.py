"""Draws what a snapshot found: each feature of now beside the reference, and estimated beside measured performance."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from libs.contracts.model_monitoring import FeatureDrift, SnapshotResult
from services.training.reports.sheet import FAINT, HELD, INK, LOST, OWN, Picture, finish, new_fitted, shortened, style

PANELS_MOST: Final = 12
ACROSS: Final = 3
LONGEST: Final = 32
LONGEST_LABEL: Final = 18
LABELS_MOST: Final = 6


def draw_features(features: Sequence[FeatureDrift], *, title: str, small_print: str) -> Picture | None:
    """Return histograms of the reference beside now, of the features that do most harm; None where there is nothing to be drawn."""
    shown = [each for each in features if each.bins][:PANELS_MOST]
    if not shown:
        return None
    down = -(-len(shown) // ACROSS)
    figure = new_fitted(height=1.2 + 2.1 * down)
    every = figure.subplots(down, ACROSS, squeeze=False).ravel()
    for axes, feature in zip(every, shown, strict=False):
        _panel(axes, feature)
    for axes in every[len(shown) :]:
        axes.set_axis_off()
    every[0].legend(loc="upper right", frameon=False, fontsize=7, labelcolor=INK)
    return finish(figure, title=title, small_print=small_print)


def _panel(axes: Axes, feature: FeatureDrift) -> None:
    places = np.arange(len(feature.bins))
    axes.bar(places - 0.2, [each.reference for each in feature.bins], 0.4, color=HELD, label="reference")
    axes.bar(places + 0.2, [each.current for each in feature.bins], 0.4, color=LOST if feature.drifted else OWN, label="now")
    index = "-" if feature.psi is None else f"{feature.psi:.2f}"
    style(axes, title=f"{shortened(feature.name, LONGEST)}\nPSI {index}, drifts from {feature.threshold:.2f}")
    axes.title.set_fontsize(8)
    some = places[:: -(-len(places) // LABELS_MOST)]
    names = [shortened(feature.bins[place].label, LONGEST_LABEL) for place in some]
    axes.set_xticks(some, names, rotation=30, ha="right", size=6, parse_math=False)
    axes.tick_params(axis="y", labelsize=7)
    axes.set_ylim(bottom=0)


def draw_performance(result: SnapshotResult, *, title: str, small_print: str) -> Picture | None:
    """Return each metric as estimated and as measured, with intervals, beside the reference; None where none is known."""
    told = result.performance
    names = [
        name
        for name in dict.fromkeys((*told.estimated, *told.measured))
        if any(name in each and each[name].value is not None for each in (told.estimated, told.measured))
    ]
    if not names:
        return None
    figure = new_fitted(height=2.8)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for place, (values, colour, label) in enumerate(((told.estimated, OWN, "estimated"), (told.measured, INK, "measured"))):
            found = values.get(name)
            if found is None or found.value is None:
                continue
            low, high = (found.value if bound is None else bound for bound in (found.lower, found.upper))
            reach = [[max(0.0, found.value - low)], [max(0.0, high - found.value)]]
            axes.errorbar([place], [found.value], yerr=reach, fmt="o", color=colour, label=label)
        if (before := told.reference.get(name)) is not None:
            axes.axhline(before, color=HELD, linewidth=1.2, label="reference")
        style(axes, title=name, both=True)
        axes.set_xticks([0, 1], ["estimated", "measured"], color=FAINT, size=8)
        axes.set_xlim(-0.6, 1.6)
    return finish(figure, title=title, small_print=small_print)
