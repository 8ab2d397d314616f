"""Draws what a model rests on: the importance of its features as bars, and the SHAP values of single rows as a beeswarm."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from numpy.typing import NDArray

from libs.contracts.plots import Plot
from libs.quant.candles import Floats
from services.training.learners.explained import ExplainedOutput, ExplainedSample
from services.training.learners.learner import Scale
from services.training.learners.plot_sheet import LONGEST_FEATURE, MOST_FEATURES, Caption, finish, new_sheet
from services.training.reports.sheet import GRID, INK, shortened, style

BAR: Final = "#2a6fb0"
LOW_TO_HIGH: Final = LinearSegmentedColormap.from_list("low to high", ["#1e88e5", "#8d3f9e", "#e8384f"])
UNITS: Final[Mapping[Scale, str]] = {"probability": "probability", "log-odds": "log-odds", "value": "predicted forward return"}
BINS: Final = 90
HIGHEST: Final = 0.4
"""How far a beeswarm reaches from its line, in lines."""
STEP: Final = 0.07
LOWEST_SHARE, HIGHEST_SHARE = 5, 95  # percentiles between which colours tell a feature's value


def draw_plots(
    sample: ExplainedSample, *, importance: Mapping[str, float], scale: Scale, importance_rows: int, caption: Caption
) -> dict[str, bytes]:
    """Return both plots as PNG, by name. `importance` are the features' shares in the order of the sample's columns.

    The importance was measured over `importance_rows` rows. Same input, same bytes.
    """
    names = list(importance)
    shares = np.array(list(importance.values()))
    # The order that ranks have: by share, equal ones as the model has them.
    shown = np.argsort(-shares, kind="stable")[:MOST_FEATURES]
    labels = [shortened(names[column], LONGEST_FEATURE) for column in shown]
    left = f" · the {len(shown)} most important of {len(names)} features" if len(names) > len(shown) else ""
    counted, explained = (f"{caption.small_print(rows=rows)}{left}" for rows in (importance_rows, len(sample.rows)))
    return {
        Plot.FEATURE_IMPORTANCE.value: _importance(shares[shown], labels=labels, scale=scale, caption=caption, small_print=counted),
        Plot.SHAP_SUMMARY.value: _summary(sample, shown=shown, labels=labels, scale=scale, caption=caption, small_print=explained),
    }


def _importance(shares: Floats, *, labels: Sequence[str], scale: Scale, caption: Caption, small_print: str) -> bytes:
    figure = new_sheet(width=8.6, rows=len(shares))
    axes = figure.subplots()
    bars = axes.barh(range(len(shares)), shares, height=0.62, color=BAR)
    axes.bar_label(bars, labels=[f"{share:.3f}" for share in shares], padding=4, size=9, color=INK)
    axes.set_yticks(range(len(shares)), labels)
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.set_xlim(0, float(shares.max()) * 1.12 or 1.0)
    axes.set_title("Feature importance", loc="left", y=1.0, size=11, color=INK)
    axes.set_xlabel(f"Share of the mean |SHAP value| ({UNITS[scale]}); sums to 1")
    style(axes)
    if not shares.any():
        axes.text(0.5, 0.5, "No feature changes any prediction.", transform=axes.transAxes, ha="center", color=INK)
    return finish(figure, caption, small_print=small_print)


def _summary(
    sample: ExplainedSample, *, shown: NDArray[np.int64], labels: Sequence[str], scale: Scale, caption: Caption, small_print: str
) -> bytes:
    panels = len(sample.outputs)
    figure = new_sheet(width=4.2 + 3.6 * panels if panels > 1 else 8.6, rows=len(shown))
    every: Any = figure.subplots(1, panels, sharex=True, sharey=True, squeeze=False)[0]
    colours = _colours(sample.rows[:, shown])
    reach = max(float(np.abs(output.values).max()) for output in sample.outputs) * 1.08 or 1.0
    for axes, output in zip(every, sample.outputs, strict=True):
        _beeswarm(axes, output.values[:, shown], colours=colours, reach=reach)
        axes.set_title(_told(output, scale=scale), loc="left", y=1.0, size=11, color=INK)
        axes.set_xlabel(_unit(output, scale=scale))
        style(axes)
    every[0].set_yticks(range(len(labels)), labels)
    every[0].set_ylim(len(labels) - 0.4, -0.6)
    bar = figure.colorbar(ScalarMappable(Normalize(0, 1), LOW_TO_HIGH), ax=list(every), ticks=[0, 1], aspect=30, pad=0.015)
    bar.ax.set_yticklabels(["low", "high"])
    bar.ax.tick_params(length=0, colors=INK, labelsize=9)
    bar.set_label("Feature value", size=9, color=INK, labelpad=-14)
    bar.outline.set_visible(False)
    return finish(figure, caption, small_print=small_print)


def _told(output: ExplainedOutput, *, scale: Scale) -> str:
    of = "SHAP values" if output.name is None else f"SHAP values of {output.name}"
    return f"{of}, base value {output.base:.3g}" if scale == "value" else f"{of}, base value {output.base:.3f}"


def _unit(output: ExplainedOutput, *, scale: Scale) -> str:
    of = ", as a fraction" if output.name is None else f" of {output.name}"
    return f"Change of the {UNITS[scale]}{of}"


def _beeswarm(axes: Axes, values: Floats, *, colours: Floats, reach: float) -> None:
    """Draw each feature's values (rows, features) on a line of its own, side by side where they would cover each other."""
    axes.axvline(0, color="#9aa5b1", linewidth=1)
    for line in range(values.shape[1]):
        axes.axhline(line, color=GRID, linewidth=0.6, zorder=0.5)
        axes.scatter(
            values[:, line],
            line + swarm(values[:, line], reach=reach),
            c=colours[:, line],
            cmap=LOW_TO_HIGH,
            vmin=0,
            vmax=1,
            s=9,
            linewidths=0,
            alpha=0.85,
            zorder=2,
        )
    axes.set_xlim(-reach, reach)


def swarm(values: Floats, *, reach: float) -> Floats:
    """Return how far each value (rows,) is moved off its line: those of one narrow bin go up and down in turn, none by chance."""
    bins = np.floor((values + reach) / (2 * reach) * BINS).astype(int)
    order = np.argsort(bins, kind="stable")
    in_order = bins[order]
    place = np.arange(len(values)) - np.searchsorted(in_order, in_order, side="left")
    steps = np.empty(len(values))
    steps[order] = (place + 1) // 2 * np.where(place % 2, 1, -1)
    tallest = float(np.abs(steps).max())
    return np.asarray(steps * min(STEP, HIGHEST / tallest if tallest else STEP))


def _colours(rows: Floats) -> Floats:
    """Return each value's place (rows, features) between its feature's low and high: 0 to 1, and 0.5 where it never changes."""
    low, high = np.percentile(rows, [LOWEST_SHARE, HIGHEST_SHARE], axis=0)
    spread = high - low
    placed = (rows - low) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.where(spread > 0, np.clip(placed, 0.0, 1.0), 0.5))
