"""Draws what trading by the model would have made of the capital on the test part, and how far it fell, beside buy and hold."""

from dataclasses import replace
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import PercentFormatter

from libs.quant.backtest import Backtest
from libs.quant.trading import drawdowns
from services.training.learners.plot_sheet import FAINT, GRID, INK, Caption, finish, new_sheet, style
from services.training.learners.series import day_of
from services.training.learners.trading import Trading

MODEL: Final = "#2a6fb0"
HELD: Final = "#9aa5b1"
ROWS: Final = 10
"""The sheet is as high as that of a plot of so many features."""
WIDE: Final = 10.0
"""Beyond this ratio of the highest to the lowest equity, equal returns are drawn equally high instead of equal sums."""


def draw_equity(trading: Trading, *, caption: Caption) -> bytes:
    """Return the plot as PNG. Same input, same bytes."""
    figure = new_sheet(width=8.6, rows=ROWS)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    for curve, name, colour, width in ((trading.held, "buy and hold", HELD, 1.2), (trading.signals, "model", MODEL, 1.6)):
        moments = curve.time.astype("datetime64[ns]")
        fall = -drawdowns(curve.equity)
        upper.plot(moments, curve.equity, color=colour, linewidth=width, label=f"{name} {curve.equity[-1] - 1:+.1%}")
        lower.plot(moments, fall, color=colour, linewidth=width * 0.7)
        lower.fill_between(moments, fall, 0, color=colour, alpha=0.18, linewidth=0)
    upper.axhline(1.0, color=GRID, linewidth=1, zorder=0.5)
    if _spread(trading.signals, trading.held) > WIDE:
        upper.set_yscale("log")
    for axes, title in ((upper, "Equity, starting at 1, after costs"), (lower, "Drawdown: below the peak before")):
        _dress(axes, title)
    lower.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    lower.xaxis.set_major_locator(locator := AutoDateLocator())  # type: ignore[no-untyped-call]  # matplotlib has no types for it
    lower.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # as above
    lower.xaxis.get_offset_text().set(size=9, color=FAINT)
    upper.legend(loc="upper left", frameon=False, fontsize=9, labelcolor=INK)
    first, last = (day_of(int(trading.signals.time[bar])) for bar in (0, -1))
    caption = replace(caption, start=first, end=last)
    return finish(figure, caption, small_print=caption.small_print(rows=len(trading.signals.time), noun="bars"))


def _dress(axes: Axes, title: str) -> None:
    style(axes)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_title(title, loc="left", size=11, color=INK)


def _spread(*curves: Backtest) -> float:
    """Return the highest equity divided by the lowest; 1 where all was lost, which no logarithm can show."""
    lowest: Any = min(curve.equity.min() for curve in curves)
    return float(max(curve.equity.max() for curve in curves) / lowest) if lowest > 0 else 1.0
