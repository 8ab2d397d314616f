"""What the job kind `backtest` runs: candles, the strategy's positions, fills, and what came of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.backtests import CURVE_POINTS_MOST, TRADES_MOST, BacktestResult, BacktestSpec, BacktestTrade, ExitReason
from libs.contracts.strategies import RsiStrategy
from libs.market.candles import Market
from libs.quant.backtest import Backtest, Trades, backtest, buy_and_hold
from libs.quant.candles import NANOSECONDS_A_DAY, Candles, Integers
from libs.quant.fills import END, GAP, RUIN, SIGNAL
from libs.quant.measured import Measured
from libs.quant.profits import largest_fall, longest_drawdown_days, profit_metrics
from libs.quant.strategies import crossing_positions, crossings, rsi_of
from libs.quant.thinning import thinned
from libs.quant.trading import drawdowns, equity_metrics, trade_metrics
from services.training.learners.progress import Progress, Report
from services.training.learners.series import day_of, moment_of

STEPS: Final = 3
REASONS: Final[Mapping[int, ExitReason]] = {SIGNAL: "signal", GAP: "gap", END: "end", RUIN: "ruin"}


def run(spec: BacktestSpec, *, market: Market, report: Report, **_: object) -> BacktestResult:
    """Play the strategy from the first bar asked for; its index is warmed up on the bars before.

    Raises what `Market.candles` raises: an unknown symbol, no candles in the range.
    """
    report(Progress(stage="loading data", step=0, total_steps=STEPS, message=f"Loading candles of {spec.symbol}"))
    allowed = None if spec.synthetic is None else spec.synthetic == "allow"
    asked = market.candles(spec.symbol, spec.timeframe, start=spec.start_date, end=spec.end_date, synthetic_allowed=allowed)
    whole = market.candles(spec.symbol, spec.timeframe, end=spec.end_date, synthetic_allowed=allowed)
    first = len(whole) - len(asked)
    report(Progress(stage="playing", step=1, total_steps=STEPS, message=f"Playing {spec.strategy.name} on {len(asked)} bars"))
    rules = spec.strategy
    assert isinstance(rules, RsiStrategy)
    index = rsi_of(whole, period=rules.period)
    low, high = rules.oversold, rules.overbought
    wanted = crossing_positions(index, whole.segment, low=low, high=high, first=first)
    signals = sum(int(each[first:].sum()) for each in crossings(index, whole.segment, low=low, high=high))
    played = backtest(asked, wanted, commission=spec.commission, slippage=0.0, size=spec.position_size)
    held = buy_and_hold(asked, commission=spec.commission, slippage=0.0)
    card = {
        "data_source": whole.source,
        "data_hash": whole.source_hash,
        "adjustment": whole.adjustment,
        "synthetic": whole.synthetic,
        "bars": len(asked),
        "first_bar": day_of(int(asked.time[0])),
        "last_bar": day_of(int(asked.time[-1])),
        "data_as_of": moment_of(int(market.latest(spec.symbol, spec.timeframe, 1, synthetic_allowed=allowed).time[-1])).isoformat(),
        "warm_up_bars": int(np.isnan(index[first:]).sum()),
    }
    result = _result(played, asked, held=held, spec=spec, signals=signals, card=card)
    trades = int(result.metrics["total_trades"] or 0)
    report(Progress(stage="judging", step=STEPS, total_steps=STEPS, message=f"{trades} trades"))
    return result


def _result(
    played: Backtest, candles: Candles, *, held: Backtest, spec: BacktestSpec, signals: int, card: dict[str, Any]
) -> BacktestResult:
    capital = float(spec.initial_capital)
    measured = _curve_metrics(played) | trade_metrics(played.trades.net_return)
    money = profit_metrics(capital * played.trades.profit, largest_fall=capital * largest_fall(played.equity))
    days = longest_drawdown_days(played.equity, played.time)
    return BacktestResult(
        metrics={**measured.values, "max_drawdown_days": days, "final_capital": capital * float(played.equity[-1])},
        money=dict(money.values),
        buy_and_hold=dict(_curve_metrics(held).values),
        reasons={**money.reasons, **measured.reasons},
        signals=signals,
        trades=_trades(played.trades, candles, capital=capital, commission=spec.commission),
        trades_left_out=max(len(played.trades) - TRADES_MOST, 0),
        equity_curve=_curve(played, capital=capital),
        run_card=card,
    )


def _curve_metrics(played: Backtest) -> Measured:
    return equity_metrics(played.equity, bars_per_year=played.bars_per_year)


def _curve(played: Backtest, *, capital: float) -> tuple[tuple[datetime, float, float], ...]:
    closes = _last_of_days(played.time)
    some = closes[thinned(played.equity[closes], most=CURVE_POINTS_MOST)]
    fallen = drawdowns(played.equity)
    return tuple((moment_of(int(played.time[bar])), capital * float(played.equity[bar]), float(fallen[bar])) for bar in some)


def _last_of_days(time: Integers) -> NDArray[np.intp]:
    """Return the places of each UTC day's last bar; midnight belongs to the day before (`day_of`)."""
    days = (time - 1) // NANOSECONDS_A_DAY
    return np.flatnonzero(np.append(days[1:] != days[:-1], True))


def _trades(trades: Trades, candles: Candles, *, capital: float, commission: float) -> tuple[BacktestTrade, ...]:
    entered = candles.filled_at[np.searchsorted(candles.time, trades.entered)]
    # All but a signal ends a trade at a close.
    left = np.where(trades.reason == SIGNAL, candles.filled_at[np.searchsorted(candles.time, trades.left)], trades.left)
    return tuple(
        BacktestTrade(
            entered_at=moment_of(int(entered[place])),
            left_at=moment_of(int(left[place])),
            entry_price=float(trades.entry_price[place]),
            exit_price=float(trades.exit_price[place]),
            shares=capital * float(trades.stake[place] / (trades.entry_price[place] * (1.0 + commission))),
            bars=int(trades.bars[place]),
            net_return=float(trades.net_return[place]),
            profit=capital * float(trades.profit[place]),
            reason=REASONS[int(trades.reason[place])],
        )
        for place in range(max(len(trades) - TRADES_MOST, 0), len(trades))
    )
