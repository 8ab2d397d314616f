"""Draws the returns of months and years as a heat map."""

from typing import Any, Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from libs.quant.calendar_returns import monthly_returns
from services.training.reports.data import ReportData
from services.training.reports.sheet import FAINT, INK, Picture, finish, new_figure

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_YEARS: Final = 30
# Told apart without red and green.
FALL_TO_RISE: Final = LinearSegmentedColormap.from_list("fall to rise", ["#c0562b", "#f7f7f5", "#2a6fb0"])
FULL: Final = 95
"""The percentile of the months' sizes from which on the colour is full: one month of luck does not pale the others."""
GAP: Final = 0.4
"""Between December and the year, in columns."""


def draw_months(data: ReportData) -> Picture:
    """Return the heat map: a row for each year, the newest last, and the year's own return beside it. Same input, same bytes."""
    months = monthly_returns(data.time, data.equity)
    years, table, totals = months.years[-MOST_YEARS:], months.table[-MOST_YEARS:], months.totals[-MOST_YEARS:]
    figure = new_figure(height=1.5 + 0.3 * max(len(years), 2))
    axes = figure.subplots()
    known = np.abs(table[np.isfinite(table)])
    reach = max(float(np.percentile(known, FULL)) if len(known) else 0.0, 1e-4)
    edges, rows = np.arange(13), np.arange(len(years) + 1)
    axes.pcolormesh(edges, rows, table, cmap=FALL_TO_RISE, vmin=-reach, vmax=reach, edgecolors="white", linewidth=1.5)
    beside = np.array([12 + GAP, 13 + GAP])
    axes.pcolormesh(beside, rows, totals[:, None], cmap=FALL_TO_RISE, vmin=-3 * reach, vmax=3 * reach, edgecolors="white", linewidth=1.5)
    for row, (year, total) in enumerate(zip(table, totals, strict=True)):
        for column, value in enumerate(year):
            if np.isfinite(value):
                _write(axes, column + 0.5, row + 0.5, value, full=abs(value) > 0.8 * reach)
        _write(axes, 12.5 + GAP, row + 0.5, total, full=abs(total) > 2.4 * reach, weight="bold")
    axes.set_xticks([*(np.arange(12) + 0.5), 12.5 + GAP], [*MONTHS, "Year"])
    axes.set_yticks(np.arange(len(years)) + 0.5, [str(year) for year in years])
    axes.set_ylim(len(years), 0)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, colors=INK, labelsize=9, labeltop=True, labelbottom=False)
    left = f", the last {MOST_YEARS} of {len(months.years)} years" if len(months.years) > MOST_YEARS else ""
    axes.set_title(f"Returns by month in %, after costs{left}", loc="left", size=11, color=INK, pad=8)
    return finish(figure, title=data.title, small_print=data.small_print)


def _write(axes: Any, x: float, y: float, value: float, *, full: bool, weight: str = "normal") -> None:
    told = f"{100 * value:.1f}" if abs(value) < 10 else f"{100 * value:.0f}"  # noqa: PLR2004 - a tenfold has no room for tenths
    colour = "white" if full else FAINT if round(value, 3) == 0 else INK
    axes.text(x, y, told.replace("-0.0", "0.0"), ha="center", va="center", size=8, color=colour, weight=weight)
