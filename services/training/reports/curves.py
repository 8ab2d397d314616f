"""Draws what became of the capital, and how far it fell, beside buy and hold."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import PercentFormatter

from libs.quant.candles import Floats, Integers
from libs.quant.drawdown_periods import drawdown_periods
from libs.quant.thinning import thinned
from libs.quant.trading import drawdowns
from services.training.reports.data import ReportData
from services.training.reports.sheet import FAINT, GRID, HELD, INK, LOST, OWN, Picture, finish, new_figure, style

MOST_POINTS: Final = 900
"""About as many as a picture of this width has dots across: thinning cannot be seen."""
WIDE: Final = 10.0
"""Beyond this ratio of the highest to the lowest equity, equal returns are drawn equally high instead of equal sums."""
DEEPEST: Final = 3


def draw_equity(data: ReportData) -> Picture:
    """Return equity beside buy and hold above, and both drawdowns below. Same input, same bytes."""
    figure = new_figure(height=5.8)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    curves = [("buy and hold", data.held, HELD, 1.2)] if data.held is not None else []
    for name, equity, colour, width in (*curves, (data.name, data.equity, OWN, 1.6)):
        moments, values = _thin(data.time, equity)
        upper.plot(moments, values, color=colour, linewidth=width, label=f"{name} {equity[-1] - 1:+.1%}")
        _shade(lower, data.time, equity, colour=colour, width=width * 0.7)
    upper.axhline(1.0, color=GRID, linewidth=1, zorder=0.5)
    if _spread(data.equity, *([] if data.held is None else [data.held])) > WIDE:
        upper.set_yscale("log")
    style(upper, title="Equity, starting at 1, after costs", both=True)
    style(lower, title="Drawdown: below the peak before", both=True)
    _date(lower)
    upper.legend(loc="upper left", frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure, title=data.title, small_print=data.small_print)


def draw_underwater(data: ReportData) -> Picture:
    """Return the underwater curve, the deepest times under water marked with their depth and length. Same input, same bytes."""
    figure = new_figure(height=3.6)
    axes = figure.subplots()
    if data.held is not None:
        moments, values = _thin_fall(data.time, data.held)
        axes.plot(moments, values, color=HELD, linewidth=1.0, label="buy and hold")
    _shade(axes, data.time, data.equity, colour=OWN, width=1.2, label=data.name)
    for each in drawdown_periods(data.time, data.equity, most=DEEPEST):
        start, trough, end = (_moment(at) for at in (each.start, each.trough, each.recovered or int(data.time[-1])))
        axes.axvspan(start, end, color=LOST, alpha=0.07, linewidth=0)
        told = f"{-each.depth:.1%}, {each.days:.0f} days{'' if each.recovered else ', not over'}"
        late = each.trough > int(data.time[0]) + 0.7 * int(data.time[-1] - data.time[0])
        axes.annotate(
            told, (trough, -each.depth), textcoords="offset points", xytext=(-4 if late else 4, -9), ha="right" if late else "left",
            size=8, color=LOST,
        )  # fmt: skip
    style(axes, title="Drawdown: below the peak before", both=True)
    _date(axes)
    axes.legend(loc="lower left", frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure, title=data.title, small_print=data.small_print)


def _shade(axes: Axes, time: Integers, equity: Floats, *, colour: str, width: float, label: str | None = None) -> None:
    moments, values = _thin_fall(time, equity)
    axes.plot(moments, values, color=colour, linewidth=width, label=label)
    axes.fill_between(moments, values, 0, color=colour, alpha=0.18, linewidth=0)


def _thin(time: Integers, values: Floats) -> tuple[Any, Floats]:
    # What is lost is a little above zero here: thinning divides by the peak.
    some = thinned(np.maximum(values, 1e-12), most=MOST_POINTS)
    return time[some].astype("datetime64[ns]"), values[some]


def _thin_fall(time: Integers, equity: Floats) -> tuple[Any, Floats]:
    fallen = drawdowns(equity)
    moments, values = _thin(time, 1.0 - fallen)
    return moments, values - 1.0


def _date(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.xaxis.set_major_locator(locator := AutoDateLocator())  # type: ignore[no-untyped-call]  # matplotlib has no types for it
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # as above
    axes.xaxis.get_offset_text().set(size=9, color=FAINT)


def _moment(nanoseconds: int) -> Any:
    return np.datetime64(nanoseconds, "ns")


def _spread(*curves: Floats) -> float:
    """Return the highest equity divided by the lowest; 1 where all was lost, which no logarithm can show."""
    lowest = min(float(curve.min()) for curve in curves)
    return max(float(curve.max()) for curve in curves) / lowest if lowest > 0 else 1.0
