"""A well-known backtester's published example, recomputed: the same candles and rules through our engine give the figures it prints.

backtesting.py (0.2.1 to 0.6.6) prints on its front page what a crossing of two averages earns on Google's daily candles of 2004 to 2013.
It differs from us in four things, and `Theirs` computes each from our trades by its definition: shares are whole; a cost of 0.2 % is taken
once, at the entry; the position that is open at the end is marked and is no trade; a figure's formula is its own (named where it stands).
"""

import csv
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from libs.quant.backtest import buy_and_hold
from libs.quant.candles import NANOSECONDS_A_DAY, Candles
from libs.quant.drawdown_periods import drawdown_periods
from libs.quant.lines import Lines
from libs.quant.portfolio import PortfolioRun, play_portfolio
from libs.quant.rule_values import decisions_by_rules
from libs.quant.rules import parse_rule
from libs.quant.trading import max_drawdown, returns_of
from libs.quant.trading_terms import Slippage, TradingTerms

CANDLES: Final = Path("tests/fixtures/peers/goog-2004-2013.csv")
CAPITAL: Final = 10_000.0
COST: Final = 0.002
YEAR: Final = 252


@pytest.fixture(scope="module")
def goog() -> Candles:
    rows = list(csv.DictReader(CANDLES.read_text().splitlines()))
    closes = [datetime.combine(datetime.fromisoformat(row["date"]), time(20), UTC).timestamp() for row in rows]
    opens, high, low, close = (np.array([float(row[name]) for row in rows]) for name in ("open", "high", "low", "close"))
    return Candles(
        symbol="GOOG", timeframe="1d", time=np.array(closes, dtype=np.int64) * 10**9, open=opens, high=high, low=low, close=close,
        volume=np.ones(len(rows)), segment=np.zeros(len(rows), dtype=np.int32), source=CANDLES.name, source_hash="0" * 64, adjustment="none", synthetic=False,
        bars_per_year=float(YEAR),
    )  # fmt: skip


def crossing(candles: Candles, *, commission: float = 0.0, slippage: float = 0.0) -> PortfolioRun:
    up, down = parse_rule("crosses_above(sma_10, sma_20)"), parse_rule("crosses_below(sma_10, sma_20)")
    decided = decisions_by_rules(Lines(candles), enter_long=up, enter_short=down)
    return play_portfolio([(candles, decided)], TradingTerms("both", commission, Slippage(rate=slippage)), capital=CAPITAL)


class Theirs:
    """What backtesting.py makes of our trades: `equity` (bars,), of each closed trade its `earned` money and its `returns`."""

    def __init__(self, run: PortfolioRun, candles: Candles) -> None:
        trades, bars = run.trades, np.arange(len(candles))
        entry = trades.entry_price * (1 + COST * trades.direction)
        cash, self.equity = CAPITAL, np.full(len(candles), CAPITAL)
        earned = np.empty(len(trades))
        for place, bar in enumerate(trades.entry_bar):
            shares = trades.direction[place] * (cash // entry[place])
            held = (bars >= bar) & ((bars < trades.exit_bar[place]) | (place == len(trades) - 1))
            self.equity[held] = cash + shares * (candles.close[held] - entry[place])
            earned[place] = shares * (trades.exit_price[place] - entry[place])
            cash += earned[place]
        self.earned = earned[:-1]
        self.returns = (trades.direction * (trades.exit_price / entry - 1))[:-1]
        self.days = ((trades.left - trades.entered) // NANOSECONDS_A_DAY)[:-1]
        self.bars_held = int((trades.exit_bar - trades.entry_bar)[:-1].sum()) + 1  # the bar of the last exit counts as well


def figures_of(theirs: Theirs, candles: Candles) -> dict[str, float]:
    """Return their figures by their formulas; a year has 252 days, returns are geometric, and the first day counts as one without a move."""
    equity, returns, earned = theirs.equity / CAPITAL, theirs.returns, theirs.earned
    moves, under = returns_of(equity)[1:], drawdown_periods(candles.time, equity, most=len(candles))
    grown, mean = equity[-1] ** (YEAR / len(candles)) - 1, float(np.exp(np.log1p(moves).mean()))
    deviation = np.sqrt((moves.var(ddof=1) + mean**2) ** YEAR - mean ** (2 * YEAR))
    return {
        "Exposure Time [%]": 100 * theirs.bars_held / len(candles),
        "Equity Final [$]": theirs.equity[-1],
        "Equity Peak [$]": theirs.equity.max(),
        "Return [%]": 100 * (equity[-1] - 1),
        "Buy & Hold Return [%]": 100 * (candles.close[-1] / candles.close[0] - 1),
        "Return (Ann.) [%]": 100 * grown,
        "Volatility (Ann.) [%]": 100 * deviation,
        "Sharpe Ratio": grown / deviation,
        "Sortino Ratio": grown / np.sqrt((np.minimum(moves, 0) ** 2).mean() * YEAR),
        "Calmar Ratio": grown / max_drawdown(equity),
        "Max. Drawdown [%]": -100 * max_drawdown(equity),
        "Avg. Drawdown [%]": -100 * np.mean([each.depth for each in under]),
        "Max. Drawdown Duration": max(each.days for each in under),
        "Avg. Drawdown Duration": np.ceil(np.mean([each.days for each in under])),
        "# Trades": len(returns),
        "Win Rate [%]": 100 * (earned > 0).mean(),
        "Best Trade [%]": 100 * returns.max(),
        "Worst Trade [%]": 100 * returns.min(),
        "Avg. Trade [%]": 100 * np.expm1(np.log1p(returns).mean()),
        "Max. Trade Duration": theirs.days.max(),
        "Avg. Trade Duration": np.ceil(theirs.days.mean()),
        "Profit Factor": returns[returns > 0].sum() / -returns[returns < 0].sum(),
        "Expectancy [%]": 100 * np.abs(returns).mean(),
        "SQN": np.sqrt(len(earned)) * earned.mean() / earned.std(ddof=1),
    }


# As their front page prints it. Left out are what it took from another run: CAGR and Kelly's criterion, which their release 0.6.6 itself
# computes as 25.39 and 0.24 for these very trades, and alpha and beta, which it prints for costs on both sides.
PUBLISHED: Final = {
    "Exposure Time [%]": 94.27, "Equity Final [$]": 68935.12, "Equity Peak [$]": 68991.22, "Return [%]": 589.35,
    "Buy & Hold Return [%]": 703.46, "Return (Ann.) [%]": 25.42, "Volatility (Ann.) [%]": 38.43, "Sharpe Ratio": 0.66,
    "Sortino Ratio": 1.30, "Calmar Ratio": 0.77, "Max. Drawdown [%]": -33.08, "Avg. Drawdown [%]": -5.58, "Max. Drawdown Duration": 688,
    "Avg. Drawdown Duration": 41, "# Trades": 93, "Win Rate [%]": 53.76, "Best Trade [%]": 57.12, "Worst Trade [%]": -16.63,
    "Avg. Trade [%]": 1.96, "Max. Trade Duration": 121, "Avg. Trade Duration": 32, "Profit Factor": 2.13, "Expectancy [%]": 6.91,
    "SQN": 1.78,
}  # fmt: skip


def test_the_published_figures_of_backtesting_py_come_out_of_our_trades_to_the_last_digit_printed(goog: Candles) -> None:
    theirs = Theirs(crossing(goog), goog)

    assert {name: round(float(value), 2) for name, value in figures_of(theirs, goog).items()} == PUBLISHED


def test_our_own_figures_at_the_same_cost_of_a_trade_are_near_the_published_ones(goog: Candles) -> None:
    """Half of the cost at each side and shares in parts: 1.2 % more money at the end, half a point more drawdown."""
    run = crossing(goog, slippage=COST / 2)

    equity, closed = run.relative().equity, run.trades.net_return[:-1]
    assert 100 * (equity[-1] - 1) == pytest.approx(PUBLISHED["Return [%]"], rel=0.015)
    assert 100 * max_drawdown(equity) == pytest.approx(-PUBLISHED["Max. Drawdown [%]"], abs=0.6)
    assert 100 * (closed > 0).mean() == pytest.approx(PUBLISHED["Win Rate [%]"], abs=0.01)
    assert [100 * closed.max(), 100 * closed.min()] == pytest.approx([PUBLISHED["Best Trade [%]"], PUBLISHED["Worst Trade [%]"]], abs=0.2)
    held = buy_and_hold(goog, commission=0.0, slippage=0.0).equity[-1] * goog.open[1] / goog.close[0]  # ours decides at the first close
    assert 100 * (held - 1) == pytest.approx(PUBLISHED["Buy & Hold Return [%]"], abs=0.01)


def test_with_a_commission_on_both_sides_and_parts_of_shares_its_newest_release_and_we_agree(goog: Candles) -> None:
    """`FractionalBacktest(fractional_unit=1e-6, commission=.002, finalize_trades=True)` of 0.6.6, which leaves at the last open."""
    run = crossing(goog, commission=COST)

    trades = run.trades
    returns = trades.profit / (trades.stake / (1 + COST))
    assert (len(trades), trades.entry_bar[0], trades.exit_bar[0], trades.entry_bar[-1]) == (94, 63, 75, 2087)
    assert run.equity.max() == pytest.approx(57857.00745934386, rel=1e-7)
    assert -100 * max_drawdown(run.relative().equity) == pytest.approx(-34.1561420205737, rel=1e-6)
    assert 100 * (trades.profit > 0).mean() == pytest.approx(53.191489361702125)
    assert [100 * returns.max(), 100 * returns.min()] == pytest.approx([56.9186810845363, -16.82943193277312])
    assert trades.profit[0] == pytest.approx(-638.0742145625982, rel=1e-6)
    assert trades.commission[0] == pytest.approx(41.1140793426, rel=1e-6)
