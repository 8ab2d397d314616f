"""What AI Engine is asked about environments and agents: the bodies, and what the platform is asked for by them."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, StrictStr, ValidationInfo, WithJsonSchema, field_validator

from libs.contracts import agents as contract
from libs.contracts.backtests import CAPITAL_MOST
from libs.contracts.environments import STATES, STATES_MOST, SYMBOLS_MOST, WINDOW_MOST, ActionSpace, EnvironmentType, RewardFunction
from libs.contracts.own_candles import Timeframe
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.engine import agents as answers
from modelbourse.answers.engine.environments import NAME, STATE_SPACE
from services.gateway.domain.environments.environment import NAME_MOST
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.http.strict_body import Boolean, Day, Number, StrictBody
from services.gateway.usecases.environments.make_environment import AskedData

SOURCE: Final[dict[str, Any]] = {
    "type": "historical",
    "dataset_id": DATASET_ID,
    "start_date": "2005-01-01",
    "end_date": "2012-12-31",
}
NEW: Final[dict[str, Any]] = {
    "name": NAME,
    "type": "stock_trading",
    "parameters": {
        "symbols": ["AAPL"],
        "initial_balance": 100000,
        "commission": 0.001,
        "reward_function": "sharpe_ratio",
        "state_space": STATE_SPACE,
        "action_space": "discrete",
    },
    "data_source": SOURCE,
}
TRAINING: Final[dict[str, Any]] = {
    "agent_type": "ppo",
    "hyperparameters": answers.HYPERPARAMETERS,
    "network_architecture": {"policy_network": [64, 64], "value_network": [64, 64]},
    "total_timesteps": 1000000,
    "eval_freq": 10000,
    "seeds": 5,
}
RUN: Final[dict[str, Any]] = {"episodes": 10, "render": False, "data_source": SOURCE}
EVALUATIONS_USUAL: Final = 20
STATES_TOLD: Final = f"What an agent sees at each close: {', '.join(STATES)}, features of `GET /api/ai-studio/features/`, own columns."


def _readable(name: str) -> str:
    if problem := text_problem(name):
        raise ValueError(problem)
    return name.strip()


Name = Annotated[StrictStr, Field(min_length=1, max_length=NAME_MOST), AfterValidator(_readable)]
Symbol = Annotated[StrictStr, Field(min_length=1, max_length=40)]
Whole = Annotated[int, Number]
# Shown alone: what is wrong with it is said by what knows the agents.
AgentTypeIn = Annotated[StrictStr, WithJsonSchema({"type": "string", "enum": list(contract.AGENT_TYPES)})]


class ParametersIn(StrictBody):
    """What is traded, seen, done and rewarded (docs/guides/reinforcement-learning.md)."""

    model_config = ConfigDict(title="EnvironmentParametersIn")

    symbols: list[Symbol] | None = Field(
        None, min_length=1, max_length=SYMBOLS_MOST, description="One, of a portfolio two or more; the datasets', where none are named."
    )
    timeframe: Timeframe | None = Field(None, description="How long a step is; the dataset's candles, where it is left out.")
    initial_balance: Annotated[float, Number] = Field(
        10_000.0, gt=0, le=CAPITAL_MOST, description="Cash at the start of an episode, in the currency of the prices."
    )
    commission: Annotated[float, Number] = Field(0.001, ge=0, le=0.05, description="Of each side, as a fraction of the traded value.")
    slippage: Annotated[float, Number] = Field(0.0, ge=0, le=0.05, description="Of each fill, as a fraction of the price.")
    reward_function: RewardFunction = Field("profit", description="What a step is rewarded for.")
    state_space: list[StrictStr] = Field(
        ["price_history", "position", "balance"], min_length=1, max_length=STATES_MOST, description=STATES_TOLD
    )
    action_space: ActionSpace | None = Field(None, description="`discrete` but of a portfolio, whose weights are `continuous`.")
    direction: Literal["long", "both"] = Field("long", description="`both`: it may sell short too.")
    window: Whole = Field(30, ge=1, le=WINDOW_MOST, description="Bars that the histories go back, the newest included.")


class DataSourceIn(StrictBody):
    """Whose candles, of which days."""

    type: Literal["historical"] = Field("historical", description="Candles of the past.")
    dataset_id: StrictStr | None = Field(None, max_length=80, description="A dataset of yours, a live series or a packaged one.")
    dataset_ids: list[Annotated[StrictStr, Field(max_length=80)]] | None = Field(
        None, min_length=1, max_length=SYMBOLS_MOST, description="Several, one a symbol, instead of `dataset_id`."
    )
    start_date: Day | None = Field(None, description="First day (UTC); the first there is, where it is left out.")
    end_date: Day | None = Field(None, description="Last day (UTC); the last there is, where it is left out.")

    @field_validator("end_date")
    @classmethod
    def _in_order(cls, last: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("start_date")
        if first is not None and last is not None and first >= last:
            msg = "Must be after start_date"
            raise ValueError(msg)
        return last

    def asked(self) -> AskedData:
        """Return what the platform is asked for."""
        ids = [*([self.dataset_id] if self.dataset_id else []), *(self.dataset_ids or [])]
        return AskedData(dataset_ids=tuple(dict.fromkeys(ids)), start_date=self.start_date, end_date=self.end_date)


class EnvironmentIn(StrictBody):
    """A market to learn in. Decided at a candle's close, filled at the next one's open, at the costs that are said."""

    model_config = ConfigDict(json_schema_extra={"examples": [NEW]})

    name: Name = Field(description="What it is called, for people.")
    type: EnvironmentType = Field(description="What kind of market it is.")
    parameters: ParametersIn = Field(default_factory=ParametersIn, description="What is traded, seen, done and rewarded.")
    data_source: DataSourceIn | None = Field(None, description="Where candles are from; without it `symbols` are looked up by name.")


class NetworksIn(StrictBody):
    """Widths of the hidden layers."""

    model_config = ConfigDict(title="NetworkArchitectureIn")

    policy_network: contract.Layers = Field((64, 64), description="Of the policy, or of the values of a DQN's actions.")
    value_network: contract.Layers = Field((64, 64), description="Of the value, or of the critics.")


class TrainAgentIn(StrictBody):
    """An agent that is to learn in an environment. What is not used of the hours that are set aside comes back."""

    model_config = ConfigDict(json_schema_extra={"examples": [TRAINING]})

    agent_type: AgentTypeIn = Field(
        description="PPO and A2C act in every action space, DQN in a discrete one, SAC and TD3 in a continuous one."
    )
    hyperparameters: dict[str, Any] = Field(default_factory=dict, description="By stable-baselines3's names; the rest has its default.")
    network_architecture: NetworksIn = Field(default_factory=NetworksIn, description="How wide its networks are.")
    total_timesteps: Whole = Field(ge=100, le=contract.TIMESTEPS_MOST, description="Steps that each seed learns from.")
    eval_freq: Whole | None = Field(
        None, ge=1, le=contract.TIMESTEPS_MOST, description="Steps between two evaluations; a twentieth of all, where it is left out."
    )
    evaluation_share: Annotated[float, Number] = Field(
        0.2, ge=0.05, le=0.5, description="Newest share of the bars, which nothing learns from."
    )
    seeds: Whole = Field(1, ge=1, le=contract.SEEDS_MOST, description="How many learn from the same data: one alone says little.")
    seed: Whole = Field(0, ge=0, lt=2**31, description="The first seed; the same seeds give the same agents.")
    environments: Whole = Field(8, ge=1, le=64, description="How many are stepped at once.")
    check_learnability: Boolean = Field(
        default=False, description="First learn on the same prices with a planted signal: what does not find that, finds nothing."
    )
    name: Name | None = Field(None, description="What the agent is called, for people.")

    def given(self) -> dict[str, Any]:
        """Return what the platform is asked for, but for environment and ids."""
        given = self.model_dump(exclude={"name", "eval_freq"})
        most = contract.EVALUATIONS_MOST // self.seeds
        return given | {"eval_freq": self.eval_freq or max(self.total_timesteps // min(EVALUATIONS_USUAL, most), 1)}


class RunAgentIn(StrictBody):
    """An agent that is to be let loose."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN]})

    episodes: Whole = Field(1, ge=1, le=contract.EPISODES_MOST, description="How often the days are played.")
    deterministic: Boolean = Field(
        default=False, description="Always its best action, so that all episodes are the same; otherwise drawn by its probabilities."
    )
    render: Boolean = Field(default=False, description="Whether pictures are drawn.")
    seed: Whole = Field(0, ge=0, lt=2**31, description="Of the draws; the same seed gives the same episodes.")
    data_source: DataSourceIn | None = Field(
        None, description="Other candles; the days that the agent was evaluated on, where it is left out."
    )

    def given(self) -> dict[str, Any]:
        """Return what the platform is asked for, but for agent and candles."""
        return self.model_dump(exclude={"data_source"})
