"""What AI Engine answers about agents: their trainings, what they have become, and how they do when they are let loose."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, REASONS, Answer, JsonObject, Moment, Numbers, left_out
from modelbourse.answers.engine.environments import ENVIRONMENT_ID
from modelbourse.answers.frames import to_frame

AgentType = Literal["ppo", "a2c", "dqn", "sac", "td3"]
AgentStatus = Literal["training", "ready", "failed", "cancelled"]
JobStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
AGENT_ID: Final = "agent_01kab8n5d6f9y0wr8v3x5s7t2z"
RUN_ID: Final = "run_01kab8n7e7g0z1xs9w4y6t8v3a"
HYPERPARAMETERS: Final[JsonObject] = {
    "learning_rate": 0.0003,
    "n_steps": 2048,
    "batch_size": 64,
    "n_epochs": 10,
    "gamma": 0.99,
    "gae_lambda": 0.95,
    "clip_range": 0.2,
    "clip_range_vf": None,
    "ent_coef": 0.0,
    "vf_coef": 0.5,
    "max_grad_norm": 0.5,
}
BASELINES: Final[JsonObject] = {"buy_and_hold": {"total_return": 0.21}, "random": {"total_return": -0.08}, "flat": {"total_return": 0.0}}
METRICS: Final[JsonObject] = {"sharpe_ratio": 1.2, "max_drawdown": 0.15, "win_rate": 0.55}
FAILED: Final[Any] = Field(None, description="`failed` and `cancelled`: why.", json_schema_extra=left_out)


class Rewards(Answer):
    """Rewards of the last evaluation's episodes."""

    mean_reward: float | None = Field(description="Their mean.", examples=[125.5])
    std_reward: float | None = Field(description="Their standard deviation.", examples=[45.2])
    max_reward: float | None = Field(description="The best.", examples=[350.0])
    min_reward: float | None = Field(description="The worst.", examples=[-50.0])


class AgentProgress(Answer):
    """How far a training has come."""

    timesteps: int = Field(description="Steps that were learned from, of all seeds.", examples=[250000])
    total_timesteps: int = Field(description="Steps in all, of all seeds.", examples=[1000000])
    metrics: Rewards = Field(description="Of the last evaluation; null before the first.")
    stage: str = Field(description="What is being done.", examples=["learning"])
    percent: int = Field(description="Share of the work that is done.", examples=[25])
    reasons: dict[str, str] = REASONS


class AcceptedAgent(Answer):
    """A training that waits for a worker, and the agent that it makes."""

    job_id: str = Field(description="The training's job.", examples=[JOB_ID])
    environment_id: str = Field(description="Where it learns.", examples=[ENVIRONMENT_ID])
    agent_id: str = Field(description="The agent that it makes.", examples=[AGENT_ID])
    status: JobStatus = Field(description="How the job stands.", examples=["queued"])
    created_at: Moment = Field(description="When it was asked for.", examples=[AT])


class AgentTraining(AcceptedAgent):
    """A training as it stands."""

    started_at: Moment | None = Field(description="When it began; null while it waits.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended; null before.", examples=[None])
    progress: AgentProgress = Field(description="How far it has come.")
    error: str | None = FAILED
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.", examples=[{"completed_at": "It has not ended."}])


class SeedRow(Answer):
    """What became of one seed in the days of the evaluation."""

    seed: int = Field(description="The seed.", examples=[0])
    mean_reward: float | None = Field(description="Mean reward of its episodes.", examples=[0.21])
    std_reward: float | None = Field(description="Their standard deviation.", examples=[0.02])
    total_return: float | None = Field(description="As a fraction.", examples=[0.11])
    sharpe_ratio: float | None = Field(description="Annualised.", examples=[0.9])
    max_drawdown: float | None = Field(description="As a positive fraction.", examples=[0.12])
    best: bool = Field(description="Whether its policy is the one that is served.", examples=[True])


class AcrossSeeds(Answer):
    """One figure over all seeds."""

    metric: str = Field(description="Which one.", examples=["total_return"])
    mean: float | None = Field(description="Mean.", examples=[0.08])
    std: float | None = Field(description="Standard deviation.", examples=[0.05])
    best: float | None = Field(description="The best seed's.", examples=[0.14])
    worst: float | None = Field(description="The worst seed's.", examples=[-0.02])
    iqm: float | None = Field(description="Mean of the middle half.", examples=[0.08])
    iqm_interval: list[float] | None = Field(description="Its 95 % bootstrap interval.", examples=[[0.03, 0.12]])


class Bars(Answer):
    """Bars, both ends included."""

    start: Moment = Field(description="The first.", examples=[AT])
    end: Moment = Field(description="The last.", examples=[AT])
    bars: int = Field(description="How many.", examples=[1600])


class CurvePoint(Answer):
    """How far an agent had come at a step."""

    seed: int = Field(description="The seed.", examples=[0])
    timesteps: int = Field(description="Steps that it had learned from.", examples=[10000])
    mean_reward: float = Field(description="Mean reward.", examples=[0.1])
    std_reward: float = Field(description="Standard deviation.", examples=[0.02])
    max_reward: float = Field(description="The best.", examples=[0.12])
    min_reward: float = Field(description="The worst.", examples=[0.08])


class AgentResults(Answer):
    """What an agent has become, measured in days that it has not learned from."""

    metrics: Numbers = Field(description="Of the seed that is served, at the environment's costs.", examples=[METRICS])
    baselines: dict[str, Numbers] = Field(description="buy_and_hold, random and flat, in the same days.", examples=[BASELINES])
    seeds: list[SeedRow] = Field(description="A row each.")
    across_seeds: list[AcrossSeeds] = Field(description="How much is luck.")
    single_seed: bool = Field(description="True: there was one seed, which says little.", examples=[False])
    training: Bars = Field(description="What was learned from.")
    evaluation: Bars = Field(description="What was played to measure it.")
    purged_bars: int = Field(description="Between both, which neither uses.", examples=[30])
    evaluations: list[CurvePoint] = Field(description="How far it had come, evaluation by evaluation.")
    learnability: str | None = Field(description="`learnt` or `not_learnt`, where it was asked for.", examples=["learnt"])
    timesteps: int = Field(description="Steps that were learned from, of all seeds.", examples=[1000000])
    steps_per_second: float | None = Field(description="How fast.", examples=[4200.0])
    plots: list[str] = Field(description="Pictures, by their names: `GET …/plots/{plot}`.", examples=[["learning.png", "equity.png"]])
    warnings: list[str] = Field(description="What a reader must know before believing it.", examples=[[]])
    run_card: JsonObject = Field(description="Which data it was.", examples=[{"data_source": "bokeh-sampledata", "synthetic": False}])
    reasons: dict[str, str] = REASONS


class AgentRow(Answer):
    """An agent in short."""

    id: str = Field(description="Its id.", examples=[AGENT_ID])
    environment_id: str = Field(description="Where it learns.", examples=[ENVIRONMENT_ID])
    job_id: str = Field(description="The job that makes it.", examples=[JOB_ID])
    name: str = Field(description="What it is called, for people.", examples=["StockTradingEnv-AAPL ppo"])
    type: Literal["reinforcement_learning"] = Field(description="As a model's type.", examples=["reinforcement_learning"])
    agent_type: AgentType = Field(description="How it learns.", examples=["ppo"])
    status: AgentStatus = Field(description="`ready` can run.", examples=["ready"])
    created_at: Moment = Field(description="When its training was asked for.", examples=[AT])
    updated_at: Moment = Field(description="When it last changed.", examples=[AT])
    metrics: Numbers | None = Field(description="Of its evaluation; null until it is ready.", examples=[METRICS])
    reasons: dict[str, str] = REASONS


class Agent(AgentRow):
    """An agent: what it was asked to learn, and what it has become."""

    hyperparameters: JsonObject = Field(description="All of its type, what was not given with its default.", examples=[HYPERPARAMETERS])
    network_architecture: dict[str, list[int]] = Field(
        description="Widths of the hidden layers.", examples=[{"policy_network": [64, 64], "value_network": [64, 64]}]
    )
    total_timesteps: int = Field(description="Steps that each seed learns from.", examples=[1000000])
    eval_freq: int = Field(description="Steps between two evaluations.", examples=[10000])
    seeds: int = Field(description="How many agents learn, of which the best is served.", examples=[5])
    seed: int = Field(description="The first seed.", examples=[0])
    results: AgentResults | None = Field(description="Null until it is ready.")


class Agents(Answer):
    """A part of an environment's agents, the newest first."""

    agents: list[AgentRow] = Field(description="The rows of this part.")
    total: int = Field(description="How many there are in all.", examples=[1])
    limit: int = Field(description="How many rows were asked for at most.", examples=[100])
    offset: int = Field(description="How many rows were passed over.", examples=[0])

    def to_frame(self) -> Any:
        """Return the part as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame(self.agents)


class AcceptedRun(Answer):
    """A run that waits for a worker."""

    run_id: str = Field(description="Its id.", examples=[RUN_ID])
    environment_id: str = Field(description="The agent's environment.", examples=[ENVIRONMENT_ID])
    agent_id: str = Field(description="Who is let loose.", examples=[AGENT_ID])
    status: JobStatus = Field(description="How it stands.", examples=["queued"])
    created_at: Moment = Field(description="When it was asked for.", examples=[AT])


class RunTrade(Answer):
    """One trade of the first episode."""

    symbol: str | None = Field(description="What was traded.", examples=["AAPL"])
    direction: Literal["long", "short"] = Field(description="Which way.", examples=["long"])
    entered_at: Moment = Field(description="When it was entered: the open after the decision.", examples=[AT])
    left_at: Moment = Field(description="When it was left.", examples=[AT])
    entry_price: float = Field(description="Price of the entry.", examples=[420.5])
    exit_price: float = Field(description="Price of the exit.", examples=[431.0])
    shares: float = Field(description="How many.", examples=[23.7])
    net_return: float = Field(description="After costs, as a fraction of what was put in.", examples=[0.023])
    profit: float = Field(description="The same in money.", examples=[229.0])


class RunResults(Answer):
    """What a run has measured."""

    episodes: int = Field(description="How many were played.", examples=[10])
    mean_reward: float = Field(description="Of `episode_rewards`.", examples=[1320.0])
    std_reward: float = Field(description="Of `episode_rewards`.", examples=[511.5])
    max_reward: float = Field(description="Of `episode_rewards`.", examples=[2500.0])
    min_reward: float = Field(description="Of `episode_rewards`.", examples=[500.0])
    total_timesteps: int = Field(description="Steps of all episodes.", examples=[2500])
    metrics: Numbers = Field(description="Means of the episodes'.", examples=[METRICS])
    episode_rewards: list[float] = Field(description="One an episode.", examples=[[1200.0, 1440.0]])
    total_return: float | None = Field(description="Mean of the episodes', as a fraction.", examples=[0.11])
    episode_returns: list[float] = Field(description="One an episode.", examples=[[0.1, 0.12]])
    baselines: dict[str, Numbers] = Field(description="buy_and_hold, random and flat on the same bars.", examples=[BASELINES])
    trades: list[RunTrade] = Field(description="Of the first episode, in the order they ended, the newest.")
    trades_left_out: int = Field(description="Older ones that were too many.", examples=[0])
    equity_curve: list[list[Any]] = Field(description="Of the first episode: moment, capital, drawdown.", examples=[[[AT, 100000.0, 0.0]]])
    period: Bars = Field(description="What was played.")
    plots: list[str] = Field(description="Pictures, where `render` was asked for: `GET …/plots/{plot}`.", examples=[["equity.png"]])
    warnings: list[str] = Field(description="What a reader must know before believing it.", examples=[[]])
    reasons: dict[str, str] = REASONS


class AgentRun(AcceptedRun):
    """A run as it stands; `results` are there when it has completed."""

    started_at: Moment | None = Field(description="When it began; null while it waits.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended; null before.", examples=[AT])
    error: str | None = FAILED
    results: RunResults | None = Field(None, description="`completed`: what it has measured.", json_schema_extra=left_out)
    reasons: dict[str, str] = REASONS


class AgentRuns(Answer):
    """A part of an agent's runs, the newest first, without what is long."""

    runs: list[AcceptedRun] = Field(description="The rows of this part.")
    total: int = Field(description="How many there are in all.", examples=[1])
    limit: int = Field(description="How many rows were asked for at most.", examples=[100])
    offset: int = Field(description="How many rows were passed over.", examples=[0])
