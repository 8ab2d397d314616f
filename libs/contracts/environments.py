"""What an environment of reinforcement learning is: what is traded, what an agent sees and may do, what it is rewarded for."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, Literal, get_args

from pydantic import ConfigDict, Field, model_validator

from libs.contracts.backtests import CAPITAL_MOST, Commission
from libs.contracts.envelope import Message
from libs.contracts.own_candles import Timeframe

SYMBOLS_MOST: Final = 20
STATES_MOST: Final = 20
WINDOW_MOST: Final = 500
EnvironmentType = Literal["stock_trading", "portfolio_optimization", "crypto_trading"]
ActionSpace = Literal["discrete", "continuous"]
RewardFunction = Literal["profit", "sharpe_ratio", "sortino", "drawdown_penalised"]
ENVIRONMENT_TYPES: Final[tuple[str, ...]] = get_args(EnvironmentType)
ACTION_SPACES: Final[tuple[str, ...]] = get_args(ActionSpace)
REWARD_FUNCTIONS: Final[tuple[str, ...]] = get_args(RewardFunction)
STATES: Final = ("price_history", "volume_history", "position", "balance")
"""What an agent can see beside columns of the feature grammar: relative prices and volumes of the window, what it holds, its cash."""
ACTION_SPACES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "stock_trading": ("discrete", "continuous"),
    "portfolio_optimization": ("continuous",),
    "crypto_trading": ("discrete", "continuous"),
}
"""Which action spaces an environment has; the first one where none is asked for. A portfolio's action is a weight a symbol."""


class TradingEnvironment(Message):
    """Everything that decides what a step does. Decided at a bar's close, filled at the next bar's open, as in a backtest."""

    model_config = ConfigDict(extra="forbid")

    type: EnvironmentType = "stock_trading"
    symbols: Annotated[tuple[str, ...], Field(min_length=1, max_length=SYMBOLS_MOST)] = Field(
        description="One, of a portfolio at least two, in whose prices' currency everything is counted."
    )
    timeframe: Timeframe = "1d"
    start_date: date | None = Field(None, description="First day (UTC, inclusive); default: the first there is.")
    end_date: date | None = Field(None, description="Last day (UTC, inclusive); default: the last there is.")
    initial_balance: Annotated[float, Field(gt=0, le=CAPITAL_MOST)] = 10_000.0
    commission: Commission = 0.001
    slippage: Annotated[float, Field(ge=0, le=0.05, description="Of each fill, as a fraction of the price, for the worse.")] = 0.0
    reward_function: RewardFunction = "profit"
    state_space: Annotated[tuple[str, ...], Field(min_length=1, max_length=STATES_MOST)] = Field(
        ("price_history", "position", "balance"), description=f"Of {', '.join(STATES)}, and columns of the feature grammar."
    )
    action_space: ActionSpace = "discrete"
    direction: Literal["long", "both"] = Field("long", description="`both`: an agent may sell short too; a portfolio is long.")
    window: Annotated[int, Field(ge=1, le=WINDOW_MOST)] = Field(30, description="Bars that the histories go back, the newest included.")

    @model_validator(mode="after")
    def _fits(self) -> "TradingEnvironment":
        if self.action_space not in ACTION_SPACES_OF[self.type]:
            msg = f"{self.type} has the action space {' or '.join(ACTION_SPACES_OF[self.type])}"
            raise ValueError(msg)
        if len(set(self.symbols)) != len(self.symbols) or (len(self.symbols) > 1) != (self.type == "portfolio_optimization"):
            msg = "stock_trading and crypto_trading have one symbol, portfolio_optimization has two or more, each once"
            raise ValueError(msg)
        if self.start_date and self.end_date and self.start_date >= self.end_date:
            msg = "start_date must be before end_date"
            raise ValueError(msg)
        return self
