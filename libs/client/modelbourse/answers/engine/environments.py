"""What AI Engine answers about environments of reinforcement learning."""

import datetime as dt
from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, Answer, Moment, Plain
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.frames import to_frame
from modelbourse.answers.models import Timeframe

EnvironmentType = Literal["stock_trading", "portfolio_optimization", "crypto_trading"]
EnvironmentStatus = Literal["created", "active", "inactive"]
RewardFunction = Literal["profit", "sharpe_ratio", "sortino", "drawdown_penalised"]
ENVIRONMENT_ID: Final = "env_01kab8n3c5e8z9xq7v2w4r6t1y"
NAME: Final = "StockTradingEnv-AAPL"
STATE_SPACE: Final = ["price_history", "volume_history", "position", "balance"]


class EnvironmentParameters(Answer):
    """What is traded, what an agent sees and may do, and what it is rewarded for (docs/guides/reinforcement-learning.md)."""

    symbols: list[str] = Field(description="What is traded.", examples=[["AAPL"]])
    initial_balance: Plain = Field(description="Cash at the start of an episode, in the currency of the prices.", examples=[100000])
    commission: float = Field(description="Cost of each side, as a fraction of the traded value.", examples=[0.001])
    reward_function: RewardFunction = Field(description="What a step is rewarded for.", examples=["sharpe_ratio"])
    state_space: list[str] = Field(description="What an agent sees at each close.", examples=[STATE_SPACE])
    action_space: Literal["discrete", "continuous"] = Field(description="What it can do.", examples=["discrete"])
    timeframe: Timeframe = Field(description="How long a step is.", examples=["1d"])
    slippage: float = Field(description="Of each fill, as a fraction of the price, for the worse.", examples=[0.0])
    direction: Literal["long", "both"] = Field(description="`both`: it may sell short too.", examples=["long"])
    window: int = Field(description="Bars that the histories go back.", examples=[30])


class EnvironmentData(Answer):
    """Where its candles are from."""

    type: Literal["historical"] = Field(description="Candles of the past.", examples=["historical"])
    dataset_id: str | None = Field(description="The dataset that has them; null where symbols alone were named.", examples=[DATASET_ID])
    dataset_ids: list[str] = Field(description="All of them, in the order of the symbols.", examples=[[DATASET_ID]])
    start_date: dt.date | None = Field(description="First day (UTC).", examples=["2005-01-01"])
    end_date: dt.date | None = Field(description="Last day (UTC).", examples=["2012-12-31"])
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.", examples=[{}])


class EnvironmentRow(Answer):
    """An environment in short."""

    id: str = Field(description="Its id.", examples=[ENVIRONMENT_ID])
    name: str = Field(description="What it is called, for people.", examples=[NAME])
    type: EnvironmentType = Field(description="What kind of market it is.", examples=["stock_trading"])
    status: EnvironmentStatus = Field(description="`active` from the first training in it on.", examples=["created"])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    updated_at: Moment = Field(description="When it last changed.", examples=[AT])


class Environment(EnvironmentRow):
    """A market in which agents learn to trade."""

    parameters: EnvironmentParameters = Field(description="All that decides what a step does.")
    data_source: EnvironmentData = Field(description="Whose candles, of which days.")


class Environments(Answer):
    """A part of your environments, the oldest first."""

    environments: list[EnvironmentRow] = Field(description="The rows of this part.")
    total: int = Field(description="How many there are in all.", examples=[1])
    limit: int = Field(description="How many rows were asked for at most.", examples=[100])
    offset: int = Field(description="How many rows were passed over.", examples=[0])

    def to_frame(self) -> Any:
        """Return the part as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame(self.environments)


class DeletedEnvironment(Answer):
    """An environment or an agent that is gone."""

    id: str = Field(description="Its id.", examples=[ENVIRONMENT_ID])
    deleted: bool = Field(description="True.", examples=[True])
    deleted_at: Moment = Field(description="When.", examples=[AT])
