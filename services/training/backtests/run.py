"""What the job kind `backtest` runs: candles, the strategy's positions, fills, and what came of them."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from libs.contracts.backtests import CURVE_POINTS_MOST, TRADES_MOST, BacktestResult, BacktestSpec, BacktestTrade
from libs.market.candles import Market
from libs.quant.backtest import Backtest, backtest, buy_and_hold
from libs.quant.fills import END, GAP, RUIN, SIGNAL
from libs.quant.measured import Measured
from libs.quant.strategies import crossing_positions, rsi_of
from libs.quant.thinning import thinned
from libs.quant.trading import equity_metrics, trade_metrics
from services.training.learners.progress import Progress, Report
from services.training.learners.series import day_of, moment_of

STEPS: Final = 3
REASONS: Final[Mapping[int, str]] = {SIGNAL: "signal", GAP: "gap", END: "end", RUIN: "ruin"}


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
    index = rsi_of(whole, period=spec.strategy.period)
    wanted = crossing_positions(index, whole.segment, low=spec.strategy.oversold, high=spec.strategy.overbought, first=first)
    played = backtest(asked, wanted, commission=spec.commission, slippage=0.0)
    held = buy_and_hold(asked, commission=spec.commission, slippage=0.0)
    card = {
        "data_source": whole.source,
        "data_hash": whole.source_hash,
        "adjustment": whole.adjustment,
        "synthetic": whole.synthetic,
        "bars": len(asked),
        "first_bar": day_of(int(asked.time[0])),
        "last_bar": day_of(int(asked.time[-1])),
        "warm_up_bars": int(np.isnan(index[first:]).sum()),
    }
    result = _result(played, held=held, spec=spec, card=card)
    trades = int(result.metrics["total_trades"] or 0)
    report(Progress(stage="judging", step=STEPS, total_steps=STEPS, message=f"{trades} trades"))
    return result


def _result(played: Backtest, *, held: Backtest, spec: BacktestSpec, card: dict[str, Any]) -> BacktestResult:
    capital = float(spec.initial_capital)
    measured = _curve_metrics(played) | trade_metrics(played.trades.net_return)
    some = thinned(played.equity, most=CURVE_POINTS_MOST)
    return BacktestResult(
        metrics={**measured.values, "final_capital": capital * float(played.equity[-1])},
        buy_and_hold=dict(_curve_metrics(held).values),
        reasons=dict(measured.reasons),
        trades=_trades(played, capital=capital, commission=spec.commission),
        trades_left_out=max(len(played.trades) - TRADES_MOST, 0),
        equity_curve=tuple((moment_of(int(played.time[bar])), capital * float(played.equity[bar])) for bar in some),
        run_card=card,
    )


def _curve_metrics(played: Backtest) -> Measured:
    return equity_metrics(played.equity, bars_per_year=played.bars_per_year)


def _trades(played: Backtest, *, capital: float, commission: float) -> tuple[BacktestTrade, ...]:
    trades = played.trades
    return tuple(
        BacktestTrade(
            entered_at=moment_of(int(trades.entered[place])),
            left_at=moment_of(int(trades.left[place])),
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
