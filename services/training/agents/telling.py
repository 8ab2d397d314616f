"""Episodes as answers and files have them: trades, curves, tables and pictures."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from libs.contracts.agents import Evaluation
from libs.contracts.backtests import CURVE_POINTS_MOST, BacktestTrade
from libs.contracts.tables import TableFile
from libs.quant.candles import Floats, Integers
from libs.quant.environments.episodes import (
    COMMISSION,
    DIRECTION,
    ENTRY,
    ENTRY_PRICE,
    EXIT_PRICE,
    LEFT,
    PROFIT,
    REASON,
    SHARES,
    STAKE,
    SYMBOL,
    Episodes,
)
from libs.quant.fills import SIGNAL
from libs.quant.thinning import thinned
from libs.quant.trading import drawdowns
from services.training.agents.desk import Desk
from services.training.backtests.files import BARS_MOST, TRADES_MOST
from services.training.backtests.measuring import REASONS, trade_columns
from services.training.learners.series import day_of, moment_of
from services.training.reports.data import ReportData, ReportTrades, Section
from services.training.reports.sheet import HELD, OWN, Picture, finish, new_figure, style
from services.training.reports.write import write_report

ROOM: Final = 0.12
Window = tuple[int, int]


def trades_of(episodes: Episodes, desk: Desk, window: Window, *, most: int) -> tuple[tuple[BacktestTrade, ...], int]:
    """Return the newest trades of the first episode, in the order they ended, and how many older ones are left out."""
    rows = episodes.trades[0]
    left_out, several = max(len(rows) - most, 0), len(desk.market.symbols) > 1
    entered, left = _moments(rows, desk, window)
    return tuple(
        BacktestTrade(
            symbol=desk.market.symbols[int(row[SYMBOL])] if several else None,
            direction="long" if row[DIRECTION] > 0 else "short",
            entered_at=moment_of(int(entered[place])),
            left_at=moment_of(int(left[place])),
            entry_price=float(row[ENTRY_PRICE]),
            exit_price=float(row[EXIT_PRICE]),
            shares=float(row[SHARES]),
            commission=float(row[COMMISSION]),
            bars=int(row[LEFT] - row[ENTRY] + (row[REASON] != SIGNAL)),
            net_return=float(row[PROFIT] / row[STAKE]),
            profit=float(row[PROFIT]),
            reason=REASONS[int(row[REASON])],
        )
        for place, row in enumerate(rows)
        if place >= left_out
    ), left_out


def curve_of(episodes: Episodes, desk: Desk, window: Window) -> tuple[tuple[Any, float, float], ...]:
    """Return time, equity and the fall from its highest of the first episode; of many bars some, with the extremes."""
    equity, time = episodes.equity[0], desk.market.time[slice(*window)]
    fallen, some = drawdowns(equity / episodes.balance), thinned(np.maximum(equity, 1e-12), most=CURVE_POINTS_MOST)
    return tuple((moment_of(int(time[bar])), float(equity[bar]), float(fallen[bar])) for bar in some)


def tables_of(episodes: Episodes, held: Floats, desk: Desk, window: Window) -> dict[str, bytes]:
    """Return the trades and the equity of the first episode as tables."""
    trades, left_out = trades_of(episodes, desk, window, most=TRADES_MOST)
    equity, time = episodes.equity[0], desk.market.time[slice(*window)]
    columns = {
        "time": time // 10**9,
        "equity": equity,
        "drawdown": drawdowns(equity / episodes.balance),
        "buy_and_hold": held,
    }
    curve = TableFile({name: values[-BARS_MOST:].tolist() for name, values in columns.items()}, max(len(time) - BARS_MOST, 0))
    return {"trades": TableFile(trade_columns(trades), left_out).to_bytes(), "equity-curve": curve.to_bytes()}


def pictures_of(
    episodes: Episodes, held: Floats, desk: Desk, window: Window, *, name: str, sections: Sequence[Section], notes: Sequence[str]
) -> dict[str, bytes]:
    """Return a report of the first episode, as a backtest has one. Same input, same bytes."""
    rows, time = episodes.trades[0], desk.market.time[slice(*window)]
    entered, left = _moments(rows, desk, window)
    data = ReportData(
        title=f"{name} on {', '.join(desk.market.symbols)}, {desk.environment.timeframe}",
        small_print=f"{day_of(int(time[0]))} to {day_of(int(time[-1]))} · {len(time)} candles · {desk.card()['data_source']}",
        name=name,
        time=time,
        equity=episodes.equity[0] / episodes.balance,
        held=held / episodes.balance,
        trades=ReportTrades(
            symbol=np.array(desk.market.symbols)[rows[:, SYMBOL].astype(int)],
            direction=rows[:, DIRECTION].astype(np.int8),
            entered=entered,
            left=left,
            entry_price=rows[:, ENTRY_PRICE],
            exit_price=rows[:, EXIT_PRICE],
            net_return=rows[:, PROFIT] / rows[:, STAKE],
            profit=rows[:, PROFIT] / episodes.balance,
            reason=np.array([REASONS[code] for code in rows[:, REASON].astype(int).tolist()], dtype=object),
        ),
        candles=[
            each.part(int(np.searchsorted(each.time, time[0])), int(np.searchsorted(each.time, time[-1])) + 1) for each in desk.candles
        ],
        capital=episodes.balance,
        sections=sections,
        notes=notes,
    )
    return write_report(data)


def learning_of(evaluations: Sequence[Evaluation], baselines: Mapping[str, Mapping[str, float | None]], *, title: str) -> Picture:
    """Return how the evaluation's rewards grew with the steps, a line a seed, beside what the baselines earn. Same input, same bytes."""
    figure = new_figure(height=4.2)
    axes: Axes = figure.subplots()
    for seed in sorted({each.seed for each in evaluations}):
        mine = [each for each in evaluations if each.seed == seed]
        steps = [each.timesteps for each in mine]
        axes.plot(steps, [each.mean_reward for each in mine], color=OWN, linewidth=1.4, marker="o", markersize=3)
        axes.fill_between(steps, [each.min_reward for each in mine], [each.max_reward for each in mine], color=OWN, alpha=ROOM, linewidth=0)
    for name, style_of in (("buy_and_hold", "-"), ("random", ":")):
        reward = baselines.get(name, {}).get("mean_reward")
        if reward is not None:
            axes.axhline(reward, color=HELD, linewidth=1.2, linestyle=style_of, label=name.replace("_", " "))
    axes.set_xlabel("steps")
    style(axes, title="Reward of the evaluation's stretches: mean, lowest and highest", both=True)
    axes.legend(loc="best", frameon=False, fontsize=9)
    return finish(figure, title=title, small_print="The evaluation's days were not learnt from.")


def _moments(rows: Floats, desk: Desk, window: Window) -> tuple[Integers, Integers]:
    """Return when trades were entered and left: at an open, or at the close of their last bar."""
    first, market = window[0], desk.market
    entry, leave = rows[:, ENTRY].astype(np.int64) + first, rows[:, LEFT].astype(np.int64) + first
    return market.opened_at[entry], np.where(rows[:, REASON] == SIGNAL, market.opened_at[leave], market.time[leave])
