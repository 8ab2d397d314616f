"""What the job kind `backtest` is asked and what it answers: a strategy, played on candles of the past."""

import math
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from libs.contracts import backtest_findings as findings
from libs.contracts import own_candles
from libs.contracts.envelope import JsonObject, Message, Moment
from libs.contracts.strategies import RsiStrategy, Strategy
from libs.contracts.training import Artifact

CURVE_POINTS_MOST = 500
TRADES_MOST = 1000
CAPITAL_MOST = 10**12
SYMBOLS_MOST = 20
GRID_MOST = 10_000

Capital = Annotated[Decimal, Field(gt=0, le=Decimal(CAPITAL_MOST), description="In the currency of the symbol's prices.")]
PositionSize = Annotated[float, Field(gt=0, le=1, description="How much of the equity at its entry a trade takes, as a fraction.")]
Timeframe = own_candles.Timeframe
Commission = Annotated[float, Field(ge=0, le=0.05, description="Cost of each side, as a fraction of the traded value.")]
StopShare = Annotated[float, Field(gt=0, lt=1, description="Fraction of the entry price.")]
ExitReason = Literal["signal", "gap", "end", "ruin", "stop_loss", "take_profit", "trailing_stop"]


class FixedSlippage(Message):
    """Every fill is worse than its quote by a share of the price."""

    model_config = ConfigDict(extra="forbid")

    model: Literal["fixed"] = "fixed"
    rate: Annotated[float, Field(ge=0, le=0.05, description="As a fraction of the price.")] = 0.0


class VolumeShareSlippage(Message):
    """A fill moves the price by `impact` times the square of its share of the bar's volume; at most `limit` of a volume is filled."""

    model_config = ConfigDict(extra="forbid")

    model: Literal["volume_share"] = "volume_share"
    impact: Annotated[float, Field(ge=0, le=10, description="Of the price, where a whole bar's volume is traded.")] = 0.1
    limit: Annotated[float, Field(gt=0, le=1, description="Share of a bar's volume that can be traded.")] = 0.1


Slippage = Annotated[FixedSlippage | VolumeShareSlippage, Field(discriminator="model")]


class Sizing(Message):
    """How large a position is at its entry."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["fraction", "fixed", "volatility_target"] = "fraction"
    value: Annotated[float, Field(gt=0, description="Fraction of the equity; money; volatility a year.")]

    @model_validator(mode="after")
    def _in_range(self) -> "Sizing":
        if self.method == "fraction" and self.value > 1:
            msg = "a fraction of the equity is at most 1"
            raise ValueError(msg)
        return self


class WalkForward(Message):
    """Re-tuned in sample, scored out of sample, window after window."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["rolling", "anchored"] = "rolling"
    in_sample_days: Annotated[int, Field(ge=1, le=10_000)]
    out_of_sample_days: Annotated[int, Field(ge=1, le=10_000)]
    metric: Literal["sharpe_ratio", "net_profit", "calmar_ratio", "sortino_ratio"] = "sharpe_ratio"


class BacktestSpec(Message):
    """Everything that decides the result of a backtest. Decided at a bar's close, filled at the next bar's open."""

    model_config = ConfigDict(extra="forbid")

    strategy: Strategy = Field(default_factory=RsiStrategy)
    symbol: str = Field(description="The first of `symbols`, where there are several.")
    symbols: tuple[str, ...] = Field((), max_length=SYMBOLS_MOST, description="Several symbols that share one cash; none: `symbol` alone.")
    timeframe: Timeframe = "1d"
    start_date: date | None = Field(None, description="First day (UTC, inclusive); default: the first there is.")
    end_date: date | None = Field(None, description="Last day (UTC, inclusive); default: the last there is.")
    initial_capital: Capital = Decimal(10_000)
    position_size: PositionSize = 1.0
    commission: Commission = 0.001
    direction: Literal["long", "short", "both"] = "long"
    slippage: Slippage = Field(default_factory=FixedSlippage)
    sizing: Sizing | None = Field(None, description="Null: `position_size` of the equity.")
    stop_loss: StopShare | None = None
    take_profit: Annotated[float, Field(gt=0, le=10, description="Fraction of the entry price.")] | None = None
    trailing_stop: StopShare | None = None
    grid: dict[str, tuple[float, ...]] = Field(
        default_factory=dict, description="Values of the strategy's parameters to be tried, each with each; none: one run."
    )
    walk_forward: WalkForward | None = None
    lookahead_check: bool = Field(default=False, description="Whether it is played again on cut data, which must change nothing.")
    trials: int = Field(
        1,
        ge=1,
        description="Distinct configurations that the account has run on these candles, with this one; told when it is accepted.",
    )
    synthetic: Literal["allow", "never"] | None = Field(
        None, description="Whether generated candles may stand in for a symbol without data; null: the platform's MARKET_DATA_SYNTHETIC."
    )
    own: tuple[own_candles.OwnCandles, ...] = Field(
        (), description="What stands behind a symbol that is the account's own, as it was when the job was started."
    )

    @field_validator("strategy", mode="before")
    @classmethod
    def _rsi_was_the_first(cls, given: object) -> object:
        return {"name": "rsi", **given} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _in_order(self) -> "BacktestSpec":
        if math.prod(map(len, self.grid.values())) > GRID_MOST:
            msg = f"a grid has at most {GRID_MOST} points"
            raise ValueError(msg)
        if unknown := sorted(self.grid.keys() - type(self.strategy).model_fields.keys()):
            msg = f"{self.strategy.name} has no parameter {unknown[0]}"
            raise ValueError(msg)
        if len(set(self.symbols)) != len(self.symbols) or (self.symbols and self.symbols[0] != self.symbol):
            msg = "symbols are distinct, and `symbol` is the first of them"
            raise ValueError(msg)
        if self.start_date and self.end_date and self.start_date >= self.end_date:
            msg = "start_date must be before end_date"
            raise ValueError(msg)
        return self

    @property
    def all_symbols(self) -> tuple[str, ...]:
        """Every symbol that is played."""
        return self.symbols or (self.symbol,)


class BacktestTrade(Message):
    """One trade."""

    symbol: str | None = Field(None, description="What was traded; null in results of one symbol.")
    direction: Literal["long", "short"] = "long"

    entered_at: Moment = Field(
        description="When it was bought: the open of its first bar, or the close where that open is no price of its own."
    )
    left_at: Moment = Field(description="When it was sold: by the rule as it was bought, otherwise at the close of its last bar.")
    entry_price: float
    exit_price: float
    shares: float = Field(description="How many were bought, or sold short, with what it took of the equity, commission included.")
    commission: float | None = Field(None, description="In money, of both sides; null in results of before it was told apart.")
    bars: int = Field(description="Over how many bars it was held.")
    net_return: float = Field(description="After commission on both sides, as a fraction of what was put in.")
    profit: float = Field(description="The same in money.")
    reason: ExitReason = Field(description="Why it ended: the rule, a hole in the candles, their end, or because nothing was left.")


class BacktestSummary(Message):
    """What a backtest measured, in numbers. A value that cannot be computed is null, and `reasons` says why under its name."""

    metrics: dict[str, float | None] = Field(
        description="total_return, cagr, sharpe_ratio, sortino_ratio, volatility, max_drawdown, max_drawdown_days, calmar_ratio, "
        "final_capital, and of the trades' net returns: total_trades, winning_trades, losing_trades, win_rate, avg_win, avg_loss, "
        "avg_trade, best_trade, worst_trade, profit_factor; of how sure that is: probabilistic_sharpe_ratio, deflated_sharpe_ratio, "
        "skewness, kurtosis, minimum_track_record_bars; time_in_market, mean_exposure, max_exposure, turnover, annual_turnover; beside "
        "buy and hold: excess_return, beta, alpha, correlation, tracking_error, information_ratio (docs/backtest-statistics.md)."
    )
    money: dict[str, float | None] = Field(
        description="The same of the trades' profits, and gross_profit, gross_loss, net_profit, largest_win, largest_loss, "
        "max_consecutive_wins, max_consecutive_losses, risk_reward_ratio, recovery_factor."
    )
    reasons: dict[str, str] = Field(description="Why a value of `metrics` or `money` is null, by its name.")


class BacktestResult(BacktestSummary):
    """All that a backtest answers."""

    buy_and_hold: dict[str, float | None] = Field(description="The curve's metrics for holding the symbol over the same bars and costs.")
    sharpe_interval: JsonObject | None = Field(None, description="Bootstrap interval of the Sharpe ratio.")
    monthly_returns: dict[str, tuple[float | None, ...]] | None = Field(
        None, description="By year its twelve months and the whole year; null for a month without a bar."
    )
    drawdown_periods: tuple[findings.UnderWater, ...] = Field((), description="The deepest, the worst first.")
    trade_order: findings.TradeOrderLuck | None = Field(None, description="Null for fewer than ten trades.")
    lookahead: findings.LookaheadProof | None = Field(None, description="Where it was asked for.")
    sweep: findings.Sweep | None = Field(None, description="Where the grid has points.")
    walk_forward: findings.WalkForwardResult | None = Field(None, description="Where it was asked for.")
    in_sample_share: float | None = Field(None, description="Of a model: the share of bars that it was trained on.")
    warnings: tuple[str, ...] = Field((), description="What a reader must know before believing it.")
    files: dict[str, Artifact] = Field(default_factory=dict, description="Report, pictures and tables, by their names.")
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
