"""Draws trades on the candles that they were made on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from libs.quant.candles import NANOSECONDS_A_DAY, Candles, Floats, Integers
from services.training.reports.data import ReportData, ReportTrades
from services.training.reports.sheet import FAINT, INK, LOST, WON, Picture, finish, new_figure, style

MOST_CANDLES: Final = 240
MOST_TRADES: Final = 300
MOST_PANELS: Final = 3
RISING: Final = "#7fa7cf"
FALLING: Final = "#c4ccd4"
BODY: Final = 460.0  # points across all candles
TICKS: Final = 7
SHORT_SPAN: Final = 15  # days


def draw_trades(data: ReportData) -> Picture:
    """Return candles with entries and exits, a panel for each of the symbols that were traded most. Same input, same bytes."""
    shown, counts = _most_traded(data)
    figure = new_figure(height=1.4 + (4.2 if len(shown) == 1 else 2.6) * max(len(shown), 1))
    every: Any = figure.subplots(max(len(shown), 1), 1, squeeze=False)[:, 0]
    for axes, candles in zip(every, shown, strict=False):
        _panel(axes, candles, data.trades.of(candles.symbol))
    if not shown:
        every[0].set_axis_off()
    left = len(data.candles) - len(shown)
    more = f" · {left} more symbols, with {sum(counts[len(shown) :])} trades" if left else ""
    return finish(figure, title=data.title, small_print=f"{data.small_print}{more}")


def _most_traded(data: ReportData) -> tuple[list[Candles], list[int]]:
    """Return the candles that are shown, and how often each symbol was traded, those traded most first."""
    counted = [(int((data.trades.symbol == candles.symbol).sum()), candles) for candles in data.candles if len(candles)]
    counted.sort(key=lambda each: -each[0])
    return [candles for _, candles in counted[:MOST_PANELS]], [count for count, _ in counted]


@dataclass(frozen=True, slots=True, eq=False)
class _Sticks:
    """Candles put together, `size` bars each, so that all of them can be seen; prices are (sticks,)."""

    size: int
    time: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats

    @classmethod
    def of(cls, candles: Candles) -> "_Sticks":
        size = -(-len(candles) // MOST_CANDLES)
        firsts = np.arange(0, len(candles), size)
        lasts = np.minimum(firsts + size, len(candles)) - 1
        high, low = np.maximum.reduceat(candles.high, firsts), np.minimum.reduceat(candles.low, firsts)
        return cls(size, candles.time[lasts], candles.open[firsts], high, low, candles.close[lasts])


def _panel(axes: Axes, candles: Candles, trades: ReportTrades) -> None:
    sticks, newest = _Sticks.of(candles), trades.part(slice(-MOST_TRADES, None))
    _candles(axes, sticks)
    _mark(axes, newest, places=_places(candles, newest, sticks))
    told = f"{len(trades)} trades" if len(newest) == len(trades) else f"the newest {len(newest)} of {len(trades)} trades"
    together = f", {sticks.size} bars a candle" if sticks.size > 1 else ""
    style(axes, title=f"{candles.symbol}, {candles.timeframe}{together}: {told}", both=True)
    _date(axes, sticks.time)
    lowest, highest = float(sticks.low.min()), float(sticks.high.max())
    if lowest > 0 and highest / lowest > 10:  # noqa: PLR2004 - as an equity of that spread: equal returns equally high
        axes.set_yscale("log")


def _candles(axes: Axes, sticks: _Sticks) -> None:
    x = np.arange(len(sticks.time))
    colours = np.where(sticks.close >= sticks.open, RISING, FALLING).tolist()
    flat = np.where(sticks.close == sticks.open, 1e-4 * sticks.close, 0.0)
    axes.add_collection(LineCollection(_upright(x, sticks.low, sticks.high), colors=colours, linewidths=0.8))
    bodies = _upright(x, sticks.open - flat, sticks.close + flat)
    axes.add_collection(LineCollection(bodies, colors=colours, linewidths=min(BODY / len(x) * 0.7, 8.0), capstyle="butt"))
    axes.set_xlim(-1, len(x))
    axes.autoscale_view(scalex=False)


def _upright(x: NDArray[Any], low: Floats, high: Floats) -> list[Floats]:
    return list(np.stack([np.column_stack([x, low]), np.column_stack([x, high])], axis=1))


def _places(candles: Candles, trades: ReportTrades, sticks: _Sticks) -> tuple[Floats, Floats]:
    """Return where on the axis trades were entered and left."""
    bars = (np.minimum(np.searchsorted(candles.time, each), len(candles) - 1) for each in (trades.entered, trades.left))
    entered, left = ((each + 0.5) / sticks.size - 0.5 for each in bars)
    return entered, left


def _mark(axes: Axes, trades: ReportTrades, *, places: tuple[Floats, Floats]) -> None:
    """Draw a line from each entry (up: long, down: short) to its exit (a cross), by what it earned."""
    entered, left = places
    won = trades.net_return > 0
    lines = list(np.stack([np.column_stack([entered, trades.entry_price]), np.column_stack([left, trades.exit_price])], axis=1))
    axes.add_collection(LineCollection(lines, colors=np.where(won, WON, LOST).tolist(), linewidths=1.1, alpha=0.8, zorder=3))
    size = 26 if len(trades) < MOST_TRADES // 3 else 12
    for direction, marker, name in ((1, "^", "long"), (-1, "v", "short")):
        if (own := trades.direction == direction).any():
            axes.scatter(entered[own], trades.entry_price[own], marker=marker, s=size, color=INK, linewidths=0, zorder=4, label=name)
    if len(trades):
        axes.scatter(left, trades.exit_price, marker="x", s=size * 0.7, color=FAINT, linewidths=1.0, zorder=4, label="exit")
        axes.legend(loc="upper left", frameon=False, fontsize=8, labelcolor=INK, ncols=3)


def _date(axes: Axes, time: Integers) -> None:
    """Name some candles by their days; they stand side by side, however long a market was closed between them."""
    # Not those at the border, whose names would be cut off.
    some = np.unique(((np.arange(TICKS) + 0.5) / TICKS * len(time)).astype(int))
    short = int(time[-1] - time[0]) < SHORT_SPAN * NANOSECONDS_A_DAY
    axes.set_xticks(some, _names(time[some], short=short))


def _names(time: Integers, *, short: bool) -> Sequence[str]:
    # What closes at midnight belongs to the day before.
    moments = time if short else time - 1
    return [str(each).replace("T", " ") for each in moments.astype("datetime64[ns]").astype(f"datetime64[{'m' if short else 'D'}]")]
