"""What the job kind `backtest` is asked and what it answers: a strategy by rules, played on the candles of one symbol."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from libs.contracts import own_candles
from libs.contracts.envelope import JsonObject, Message, Moment

CURVE_POINTS_MOST = 500
TRADES_MOST = 1000
CAPITAL_MOST = 10**12

Period = Annotated[int, Field(ge=2, le=400, description="Bars over which the index is smoothed.")]
Level = Annotated[float, Field(gt=0, lt=100, description="Level of the index; `oversold` is below `overbought`.")]
Capital = Annotated[Decimal, Field(gt=0, le=Decimal(CAPITAL_MOST), description="In the currency of the symbol's prices.")]
PositionSize = Annotated[float, Field(gt=0, le=1, description="How much of the equity at its entry a trade takes, as a fraction.")]
Timeframe = own_candles.Timeframe
Commission = Annotated[float, Field(ge=0, le=0.05, description="Cost of each side, as a fraction of the traded value.")]
ExitReason = Literal["signal", "gap", "end", "ruin"]


class RsiStrategy(Message):
    """Long when the RSI (Wilder 1978) crosses up through `oversold`, out when it crosses down through `overbought`."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["rsi"] = "rsi"
    period: Period = 14
    overbought: Level = 70.0
    oversold: Level = 30.0

    @model_validator(mode="after")
    def _apart(self) -> "RsiStrategy":
        if self.oversold >= self.overbought:
            msg = "oversold must be below overbought"
            raise ValueError(msg)
        return self


class BacktestSpec(Message):
    """Everything that decides the result of a backtest. Decided at a bar's close, filled at the next bar's open, without slippage."""

    model_config = ConfigDict(extra="forbid")

    strategy: RsiStrategy = Field(default_factory=RsiStrategy)
    symbol: str
    timeframe: Timeframe = "1d"
    start_date: date | None = Field(None, description="First day (UTC, inclusive); default: the first there is.")
    end_date: date | None = Field(None, description="Last day (UTC, inclusive); default: the last there is.")
    initial_capital: Capital = Decimal(10_000)
    position_size: PositionSize = 1.0
    commission: Commission = 0.001
    synthetic: Literal["allow", "never"] | None = Field(
        None, description="Whether generated candles may stand in for a symbol without data; null: the platform's MARKET_DATA_SYNTHETIC."
    )
    own: tuple[own_candles.OwnCandles, ...] = Field(
        (), description="What stands behind a symbol that is the account's own, as it was when the job was started."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "BacktestSpec":
        if self.start_date and self.end_date and self.start_date >= self.end_date:
            msg = "start_date must be before end_date"
            raise ValueError(msg)
        return self


class BacktestTrade(Message):
    """One trade, long."""

    entered_at: Moment = Field(
        description="When it was bought: the open of its first bar, or the close where that open is no price of its own."
    )
    left_at: Moment = Field(description="When it was sold: by the rule as it was bought, otherwise at the close of its last bar.")
    entry_price: float
    exit_price: float
    shares: float = Field(description="How many were bought with what it took of the equity, commission included.")
    bars: int = Field(description="Over how many bars it was held.")
    net_return: float = Field(description="After commission on both sides, as a fraction of what was put in.")
    profit: float = Field(description="The same in money.")
    reason: ExitReason = Field(description="Why it ended: the rule, a hole in the candles, their end, or because nothing was left.")


class BacktestSummary(Message):
    """What a backtest measured, in numbers. A value that cannot be computed is null, and `reasons` says why under its name."""

    metrics: dict[str, float | None] = Field(
        description="total_return, cagr, sharpe_ratio, sortino_ratio, volatility, max_drawdown, max_drawdown_days, calmar_ratio, "
        "final_capital, and of the trades' net returns: total_trades, winning_trades, losing_trades, win_rate, avg_win, avg_loss, "
        "avg_trade, best_trade, worst_trade, profit_factor."
    )
    money: dict[str, float | None] = Field(
        description="The same of the trades' profits, and gross_profit, gross_loss, net_profit, largest_win, largest_loss, "
        "max_consecutive_wins, max_consecutive_losses, risk_reward_ratio, recovery_factor."
    )
    reasons: dict[str, str] = Field(description="Why a value of `metrics` or `money` is null, by its name.")


class BacktestResult(BacktestSummary):
    """All that a backtest answers."""

    buy_and_hold: dict[str, float | None] = Field(description="The curve's metrics for holding the symbol over the same bars and costs.")
    signals: int = Field(ge=0, description="How often the strategy's rule to enter or to leave was met, also where that changed nothing.")
    trades: Annotated[tuple[BacktestTrade, ...], Field(max_length=TRADES_MOST)] = Field(description="In the order they ended, the newest.")
    trades_left_out: int = Field(0, ge=0, description="How many older trades were too many to be kept; metrics count them.")
    equity_curve: Annotated[tuple[tuple[Moment, float, float], ...], Field(max_length=CURVE_POINTS_MOST)] = Field(
        description="Capital at the last close of each UTC day, and how far it is below its highest so far, as a fraction of that; of more "
        "days than these some are left out, and the extremes stay."
    )
    run_card: JsonObject = Field(
        description="data_source, data_hash, adjustment, synthetic, bars, first_bar, last_bar, data_as_of (close of the newest bar "
        "there is), warm_up_bars (in which no signal can come)."
    )
