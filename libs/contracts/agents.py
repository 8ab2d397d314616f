"""What the job kinds `agent` and `agent_run` are asked and what they answer: an agent that learns to trade, and one that is let loose.

Progress of a training has as `metrics` `timesteps` (done, of all seeds), `seed` and the last evaluation's `mean_reward`, `std_reward`,
`max_reward` and `min_reward`; that of a run `episode` and `total_episodes`.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import ConfigDict, Field, model_validator

from libs.contracts import own_candles
from libs.contracts.backtests import CURVE_POINTS_MOST, TRADES_MOST, BacktestTrade
from libs.contracts.envelope import JsonObject, Message, Moment
from libs.contracts.environments import TradingEnvironment
from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import Artifact

TIMESTEPS_MOST: Final = 10_000_000
SEEDS_MOST: Final = 20
EPISODES_MOST: Final = 1000
EVALUATIONS_MOST: Final = 500
LAYERS_MOST: Final = 8
AgentType = Literal["ppo", "a2c", "dqn", "sac", "td3"]
AGENT_TYPES: Final[tuple[str, ...]] = get_args(AgentType)
ACTS_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "ppo": ("discrete", "continuous"),
    "a2c": ("discrete", "continuous"),
    "dqn": ("discrete",),
    "sac": ("continuous",),
    "td3": ("continuous",),
}
"""In which action spaces each type of agent can act."""
Metrics = dict[str, float | None]
Layers = Annotated[tuple[Annotated[int, Field(ge=1, le=1024)], ...], Field(max_length=LAYERS_MOST)]
Synthetic = Literal["allow", "never"] | None


class NetworkArchitecture(Message):
    """Widths of the hidden layers. An agent that values actions (DQN) has the policy's; SAC's and TD3's critics have the value's."""

    model_config = ConfigDict(extra="forbid")

    policy_network: Layers = (64, 64)
    value_network: Layers = (64, 64)


class AgentSpec(Message):
    """Everything that decides what an agent becomes. The newest part of the environment's days is kept for its evaluation."""

    model_config = ConfigDict(extra="forbid")

    agent_id: str = Field("", description="What its job makes; empty where nobody keeps it.")
    environment_id: str = ""
    environment: TradingEnvironment
    agent_type: AgentType = "ppo"
    hyperparameters: dict[str, HyperparameterValue] = Field(
        default_factory=dict, description="By the names of agent_hyperparameters.py, which has the defaults."
    )
    network_architecture: NetworkArchitecture = Field(default_factory=NetworkArchitecture)
    total_timesteps: Annotated[int, Field(ge=1, le=TIMESTEPS_MOST)] = Field(100_000, description="Steps that each seed learns from.")
    eval_freq: Annotated[int, Field(ge=1, le=TIMESTEPS_MOST)] = Field(10_000, description="Steps between two evaluations.")
    evaluation_share: Annotated[float, Field(ge=0.05, le=0.5)] = Field(
        0.2, description="Newest share of the bars, that no step learns from; a window of bars before it is left out."
    )
    seeds: Annotated[int, Field(ge=1, le=SEEDS_MOST)] = Field(1, description="How many agents learn, from `seed` upwards.")
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    environments: Annotated[int, Field(ge=1, le=64)] = Field(8, description="How many are stepped at once.")
    check_learnability: bool = Field(
        default=False, description="Whether it first learns on the same prices with a planted signal, which a sound setting finds."
    )
    synthetic: Synthetic = Field(
        None, description="Whether generated candles may stand in for a symbol without data; null: the platform's MARKET_DATA_SYNTHETIC."
    )
    own: tuple[own_candles.OwnCandles, ...] = Field(
        (), description="What stands behind a symbol that is the account's own, as it was when the job was started."
    )

    @model_validator(mode="after")
    def _fits(self) -> "AgentSpec":
        if self.environment.action_space not in ACTS_IN[self.agent_type]:
            msg = f"{self.agent_type} acts in {' and '.join(ACTS_IN[self.agent_type])} action spaces"
            raise ValueError(msg)
        return self


class SeedResult(Message):
    """What became of one seed, played to the end of the evaluation's days."""

    seed: int
    mean_reward: float | None
    std_reward: float | None
    total_return: float | None
    sharpe_ratio: float | None
    max_drawdown: float | None
    best: bool = Field(default=False, description="Whether its policy is the one that is served.")


class AcrossSeeds(Message):
    """One figure over all seeds; of a single seed nothing is told but its value."""

    metric: str = Field(description="Which one: total_return, mean_reward, sharpe_ratio.")
    mean: float | None
    std: float | None
    best: float | None
    worst: float | None
    iqm: float | None = Field(description="Mean of the middle half (Agarwal et al. 2021).")
    iqm_interval: tuple[float, float] | None = Field(description="Its 95 % bootstrap interval.")


class Evaluation(Message):
    """How far an agent had come at a step."""

    seed: int
    timesteps: int
    mean_reward: float
    std_reward: float
    max_reward: float
    min_reward: float


class Period(Message):
    """Bars, both ends included."""

    start: Moment
    end: Moment
    bars: int


class AgentResult(Message):
    """All that a training of an agent answers. A value that cannot be computed is null, and `reasons` says why under its name."""

    policy: Artifact = Field(description="The best seed's policy, as ONNX.")
    manifest: Artifact = Field(description="What the policy needs to be played: its inputs' order, scales, window and action space.")
    metrics: Metrics = Field(
        description="Of the best seed in the evaluation's days: mean_reward, std_reward, max_reward, min_reward, total_return, "
        "sharpe_ratio, sortino_ratio, max_drawdown, win_rate, total_trades."
    )
    baselines: dict[str, Metrics] = Field(description="buy_and_hold, random and flat in the same days at the same costs: the same metrics.")
    seeds: Annotated[tuple[SeedResult, ...], Field(max_length=SEEDS_MOST)]
    across_seeds: tuple[AcrossSeeds, ...] = ()
    single_seed: bool = Field(description="One seed says little: what it tells may be luck.")
    training: Period
    evaluation: Period
    purged_bars: int = Field(ge=0, description="Between both, which neither uses.")
    evaluations: Annotated[tuple[Evaluation, ...], Field(max_length=EVALUATIONS_MOST)] = ()
    learnability: Literal["learnt", "not_learnt"] | None = Field(None, description="Where it was asked for.")
    timesteps: int = Field(description="That were learned from, of all seeds.")
    steps_per_second: float | None = None
    files: dict[str, Artifact] = Field(default_factory=dict, description="Pictures and tables, by their names.")
    reasons: dict[str, str] = Field(default_factory=dict)
    warnings: tuple[str, ...] = Field((), description="What a reader must know before believing it.")
    run_card: JsonObject = Field(default_factory=dict, description="data_source, data_hash, synthetic, bars, first_bar, last_bar.")


class Learned(Message):
    """Which candles an agent has learned from."""

    symbols: tuple[str, ...]
    start: Moment
    end: Moment


class AgentRunSpec(Message):
    """An agent, let loose in an environment like its own, on candles that may be others."""

    model_config = ConfigDict(extra="forbid")

    agent_id: str = ""
    environment_id: str = ""
    agent_type: AgentType = "ppo"
    policy: Artifact
    manifest: Artifact
    environment: TradingEnvironment = Field(description="The agent's own, with the symbols and days that it is played on.")
    learned: Learned | None = Field(None, description="What it has learned from; null where nobody knows any more.")
    episodes: Annotated[int, Field(ge=1, le=EPISODES_MOST)] = 1
    deterministic: bool = Field(
        default=False, description="Whether it takes its best action (each episode is the same then), or draws one by its probabilities."
    )
    render: bool = Field(default=False, description="Whether pictures are drawn.")
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    synthetic: Synthetic = None
    own: tuple[own_candles.OwnCandles, ...] = ()


class AgentRunResult(Message):
    """All that a run answers. A value that cannot be computed is null, and `reasons` says why under its name."""

    episodes: int
    mean_reward: float
    std_reward: float
    max_reward: float
    min_reward: float
    total_timesteps: int = Field(description="Of all episodes.")
    total_return: float | None = Field(description="Mean of the episodes'.")
    metrics: Metrics = Field(description="sharpe_ratio, sortino_ratio, max_drawdown, win_rate, total_trades: means of the episodes'.")
    episode_rewards: Annotated[tuple[float, ...], Field(max_length=EPISODES_MOST)]
    episode_returns: Annotated[tuple[float, ...], Field(max_length=EPISODES_MOST)] = ()
    baselines: dict[str, Metrics] = Field(description="buy_and_hold, random and flat on the same bars at the same costs.")
    trades: Annotated[tuple[BacktestTrade, ...], Field(max_length=TRADES_MOST)] = Field((), description="Of the first episode, the newest.")
    trades_left_out: int = Field(0, ge=0)
    equity_curve: Annotated[tuple[tuple[Moment, float, float], ...], Field(max_length=CURVE_POINTS_MOST)] = Field(
        (), description="Of the first episode, as a backtest's."
    )
    period: Period
    files: dict[str, Artifact] = Field(default_factory=dict, description="Pictures (where `render`) and tables, by their names.")
    reasons: dict[str, str] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    run_card: JsonObject = Field(default_factory=dict)
