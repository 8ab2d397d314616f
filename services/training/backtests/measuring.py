"""What a played backtest came to: its figures, how sure they are, its trades and its curve."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.backtest_findings import LookaheadProof, TradeOrderLuck, UnderWater
from libs.contracts.backtests import CURVE_POINTS_MOST, BacktestSpec, BacktestTrade, ExitReason
from libs.quant.backtest import Backtest
from libs.quant.benchmarking import activity, beside
from libs.quant.bootstrap import sharpe_interval
from libs.quant.calendar_returns import MonthlyReturns, monthly_returns
from libs.quant.candles import NANOSECONDS_A_DAY, Floats, Integers
from libs.quant.drawdown_periods import drawdown_periods
from libs.quant.fills import END, GAP, RUIN, SIGNAL, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP
from libs.quant.look_ahead import LookAhead
from libs.quant.measured import Measured
from libs.quant.portfolio import PortfolioRun
from libs.quant.profits import largest_fall, longest_drawdown_days, profit_metrics
from libs.quant.sharpe_evidence import sharpe_evidence
from libs.quant.thinning import thinned
from libs.quant.trade_order import trade_order
from libs.quant.trading import drawdowns, equity_metrics, returns_of, trade_metrics
from libs.quant.trading_terms import TradingTerms
from services.training.learners.series import moment_of

# The same backtest has the same interval and the same quantiles, whenever it is played.
SEED: Final = 42
WORST: Final = 5
REASONS: Final[Mapping[int, ExitReason]] = {
    SIGNAL: "signal",
    GAP: "gap",
    END: "end",
    RUIN: "ruin",
    STOP_LOSS: "stop_loss",
    TAKE_PROFIT: "take_profit",
    TRAILING_STOP: "trailing_stop",
}


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """A run beside holding the same, both as they came out; `sharpe_variance` is that of a sweep's points (of one bar)."""

    run: PortfolioRun
    held: Backtest
    spec: BacktestSpec
    terms: TradingTerms
    sharpe_variance: float | None = None

    @property
    def relative(self) -> Backtest:
        """The run as fractions of the capital."""
        return self.run.relative()

    def figures(self) -> tuple[Measured, Measured]:
        """Return all figures, and those of the trades' profits in money."""
        run, played = self.run, self.relative
        year, returns = played.bars_per_year, returns_of(played.equity)
        fall = run.capital * largest_fall(played.equity)
        days = {"max_drawdown_days": longest_drawdown_days(played.equity, played.time), "final_capital": float(run.equity[-1])}
        measured = (
            equity_metrics(played.equity, bars_per_year=year)
            | trade_metrics(played.trades.net_return)
            | sharpe_evidence(returns, trials=self.spec.trials, sharpe_variance=self.sharpe_variance)
            | activity(run.exposure, np.array([run.traded]), run.equity, bars_per_year=year)
            | beside(played.equity, self.held.equity, bars_per_year=year)
            | Measured(days)
        )
        return measured, profit_metrics(run.trades.profit, largest_fall=fall)

    def beyond(self) -> dict[str, Any]:
        """Return what is told beside figures: the interval of the Sharpe ratio, months, times under water, the order of the trades."""
        played = self.relative
        months, luck = self.months(), trade_order(self.trade_shares(), seed=SEED)
        return {
            "sharpe_interval": sharpe_interval(returns_of(played.equity), bars_per_year=played.bars_per_year, seed=SEED).as_json(),
            "monthly_returns": {year: tuple(row) for year, row in months.as_json().items()},
            "drawdown_periods": tuple(
                UnderWater(
                    start=moment_of(each.start),
                    trough=moment_of(each.trough),
                    recovered=None if each.recovered is None else moment_of(each.recovered),
                    depth=each.depth,
                    days=each.days,
                )
                for each in drawdown_periods(played.time, played.equity, most=WORST)
            ),
            "trade_order": luck
            and TradeOrderLuck(
                **{name: value for name, value in asdict(luck).items() if name in TradeOrderLuck.model_fields and "drawdown" not in name},
                drawdown=luck.drawdown,
                shuffled_drawdown=_named(luck.shuffled_drawdown),
                resampled_drawdown=_named(luck.resampled_drawdown),
                resampled_return={level: value - 1.0 for level, value in _named(luck.resampled_equity).items()},
            ),
        }

    def months(self) -> MonthlyReturns:
        """Return the returns of the calendar's months."""
        return monthly_returns(self.run.time, self.relative.equity)

    def trade_shares(self) -> Floats:
        """Return what each trade earned as a fraction of the equity at its entry, (trades,)."""
        run, trades = self.run, self.run.trades
        before = np.concatenate([[run.capital], run.equity])[np.searchsorted(run.time, trades.entered, side="left")]
        return np.asarray(np.divide(trades.profit, before, out=np.zeros(len(trades)), where=before > 0))

    def curve(self) -> tuple[tuple[datetime, float, float], ...]:
        """Return equity at the last close of each UTC day, and how far it is below its highest; of many days some, with the extremes."""
        run, fallen = self.run, drawdowns(self.relative.equity)
        closes = _last_of_days(run.time)
        some = closes[thinned(run.equity[closes], most=CURVE_POINTS_MOST)]
        return tuple((moment_of(int(run.time[bar])), float(run.equity[bar]), float(fallen[bar])) for bar in some)

    def trades(self, *, start: int) -> list[BacktestTrade]:
        """Return the trades from the `start`-th on, in the order they ended, at the prices at which they were filled."""
        trades = self.run.trades
        entry, leave = self._fills()
        return [
            BacktestTrade(
                symbol=str(trades.symbol[place]) if self.spec.symbols else None,
                direction="long" if trades.direction[place] > 0 else "short",
                entered_at=moment_of(int(trades.entered_at[place])),
                left_at=moment_of(int(trades.left_at[place])),
                entry_price=float(entry[place]),
                exit_price=float(leave[place]),
                shares=float(trades.shares[place]),
                commission=float(trades.commission[place]),
                bars=int(trades.bars[place]),
                net_return=float(trades.net_return[place]),
                profit=float(trades.profit[place]),
                reason=REASONS[int(trades.reason[place])],
            )
            for place in range(start, len(trades))
        ]

    def _fills(self) -> tuple[Floats, Floats]:
        """Return entry and exit prices after slippage, the mean of several fills; of a ruin the quote, as nobody paid it."""
        trades, slippage, cost = self.run.trades, self.terms.slippage, self.terms.commission
        if slippage.model == "fixed":
            worse = slippage.rate * trades.direction
            return trades.entry_price * (1.0 + worse), trades.exit_price * (1.0 - worse)
        # What was paid is known, and so is what it cost: long: profit = exit (1 - cost) - entry (1 + cost); short: the other way round.
        bought = trades.stake / (1.0 + cost)
        long = (trades.profit + trades.stake) / (1.0 - cost)
        short = (bought * (1.0 - cost) - trades.profit) / (1.0 + cost)
        left = np.where(trades.direction > 0, long, short) / trades.shares
        return bought / trades.shares, np.where(trades.reason == RUIN, trades.exit_price, left)


def lookahead_of(proof: LookAhead, *, symbols: Sequence[str]) -> LookaheadProof:
    """Return what a proof says; where the money of several symbols together differs there is no one symbol."""
    found = None if proof.clean or (proof.place is None and len(symbols) > 1) else symbols[proof.place or 0]
    at = None if proof.first is None else moment_of(proof.first)
    return LookaheadProof(passed=proof.clean, cuts=len(proof.cuts), bars_compared=proof.compared, first_difference=at, symbol=found)


def trade_columns(trades: Sequence[BacktestTrade]) -> dict[str, list[Any]]:
    """Return trades as the columns of a table; moments in seconds since 1970."""
    columns: dict[str, list[Any]] = {}
    for name in BacktestTrade.model_fields:
        values = [getattr(each, name) for each in trades]
        columns[name] = [int(each.timestamp()) for each in values] if name in {"entered_at", "left_at"} else values
    return columns


def _named(quantiles: Mapping[float, float]) -> dict[str, float]:
    return {str(level): value for level, value in quantiles.items()}


def _last_of_days(time: Integers) -> NDArray[np.intp]:
    """Return the places of each UTC day's last bar; midnight belongs to the day before."""
    days = (time - 1) // NANOSECONDS_A_DAY
    return np.flatnonzero(np.append(days[1:] != days[:-1], True))
