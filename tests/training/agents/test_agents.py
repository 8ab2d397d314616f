"""What the job kinds `agent` and `agent_run` run, on shipped candles: learning, judging, resuming, playing elsewhere."""

import inspect
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from stable_baselines3.common.env_checker import check_env

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.agent_hyperparameters import AGENT_HYPERPARAMETERS
from libs.contracts.agents import AgentResult, AgentRunResult, AgentRunSpec, AgentSpec, SeedResult
from libs.market.candles import Market
from services.training.agents import play, train
from services.training.agents.algorithms import AGENTS
from services.training.agents.desk import Desk, open_desk, scaled, split
from services.training.agents.scoring import across
from services.training.agents.vector_env import CompiledVecEnv, TradingEnv
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.progress import Progress
from tests.training.learners.conftest import InterruptionError, MemoryCheckpoints

MARKET = Market(None, synthetic_allowed=False)
DAYS = {"start_date": "2010-01-01", "end_date": "2012-06-30"}
SMALL: dict[str, Any] = {"n_steps": 256, "batch_size": 64, "n_epochs": 2}


def a_spec(agent_type: str = "ppo", *, environment: dict[str, Any] | None = None, **fields: Any) -> AgentSpec:
    states = ["price_history", "rsi_14", "position", "balance"]
    wanted = {"symbols": ["AAPL"], "window": 5, "state_space": states, **DAYS, **(environment or {})}
    usual = {"total_timesteps": 512, "eval_freq": 256, "hyperparameters": SMALL if agent_type == "ppo" else {}}
    return AgentSpec.model_validate({"agent_type": agent_type, "environment": wanted} | usual | fields)


def desk_of(spec: AgentSpec) -> Desk:
    return open_desk(spec.environment, market=MARKET, synthetic=None)


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    return Artifacts(str(tmp_path_factory.mktemp("agents")))


@pytest.fixture(scope="module")
def trained(artifacts: Artifacts) -> tuple[AgentResult, list[Progress]]:
    told: list[Progress] = []
    result = train.run(a_spec(seeds=2, check_learnability=True), market=MARKET, report=told.append, artifacts=artifacts)
    return result, told


def test_agents_are_judged_by_days_that_no_seed_has_seen_beside_what_doing_nothing_earns(
    trained: tuple[AgentResult, list[Progress]],
) -> None:
    result, told = trained

    assert AgentResult.model_validate_json(result.model_dump_json()) == result
    assert (result.purged_bars, result.training.end < result.evaluation.start) == (5, True)
    assert result.training.bars + result.purged_bars + result.evaluation.bars == result.run_card["bars"]
    assert set(result.baselines) == {"buy_and_hold", "random", "flat"}
    assert result.baselines["flat"]["total_return"] == 0.0
    assert {each["total_trades"] for name, each in result.baselines.items() if name == "buy_and_hold"} == {1.0}
    assert [each.seed for each in result.seeds] == [0, 1]
    best = max(result.seeds, key=lambda each: each.mean_reward or 0.0)
    assert best.best
    assert result.metrics["mean_reward"] == best.mean_reward
    assert (result.timesteps, result.single_seed, result.learnability in {"learnt", "not_learnt"}) == (1024, False, True)
    assert {each.timesteps for each in result.evaluations} == {256, 512}
    assert {"equity.png", "trades", "equity-curve", "learning.png", "report.html"} <= set(result.files)
    assert [each.step for each in told] == sorted(each.step for each in told)
    assert {"timesteps", "mean_reward", "std_reward", "max_reward", "min_reward"} <= set(told[-2].metrics)


def test_a_policy_is_played_on_other_days_drawn_or_not_with_trades_and_equity(
    trained: tuple[AgentResult, list[Progress]], artifacts: Artifacts
) -> None:
    result, _ = trained
    elsewhere = a_spec(environment={"symbols": ["MSFT"], "start_date": "2011-01-01", "end_date": "2012-06-30"}).environment

    def run(**fields: Any) -> AgentRunResult:
        given = {"policy": result.policy, "manifest": result.manifest, "environment": elsewhere, "episodes": 3} | fields
        return play.run(AgentRunSpec.model_validate(given), market=MARKET, report=lambda _: None, artifacts=artifacts)

    drawn, again, best = run(), run(), run(deterministic=True, render=True)

    assert drawn == again
    assert len(set(drawn.episode_rewards)) == 3
    assert (len(set(best.episode_rewards)), best.std_reward, len(best.warnings)) == (1, 0.0, 1)
    assert drawn.total_timesteps == 3 * (drawn.period.bars - 1)
    assert drawn.mean_reward == pytest.approx(float(np.mean(drawn.episode_rewards)))
    earned = sum(trade.profit for trade in drawn.trades)
    assert drawn.equity_curve[-1][1] == pytest.approx(10_000 + earned) == pytest.approx(10_000 * (1 + drawn.episode_returns[0]))
    assert drawn.baselines["buy_and_hold"]["total_trades"] == 1.0
    assert ("equity.png" in drawn.files, "equity.png" in best.files) == (False, True)


@pytest.mark.parametrize(("change", "field"), [({"window": 6}, "window"), ({"direction": "both"}, "direction")])
def test_a_policy_is_not_played_in_an_environment_that_it_cannot_read(
    trained: tuple[AgentResult, list[Progress]], artifacts: Artifacts, change: dict[str, Any], field: str
) -> None:
    result, _ = trained
    other = a_spec(environment=change).environment
    spec = AgentRunSpec(policy=result.policy, manifest=result.manifest, environment=other)

    with pytest.raises(InvalidError) as refused:
        play.run(spec, market=MARKET, report=lambda _: None, artifacts=artifacts)

    assert list(refused.value.details) == [field]


@pytest.mark.parametrize(
    "agent_type",
    [
        "ppo",
        "dqn",
        pytest.param("a2c", marks=pytest.mark.soak),
        pytest.param("sac", marks=pytest.mark.soak),
        pytest.param("td3", marks=pytest.mark.soak),
    ],
)
def test_an_agent_that_was_killed_goes_on_to_the_same_end(agent_type: str, tmp_path: Path) -> None:
    space = "continuous" if agent_type in {"sac", "td3"} else "discrete"
    spec, artifacts = a_spec(agent_type, environment={"action_space": space}, total_timesteps=768), Artifacts(str(tmp_path))
    run = partial(train.run, spec, market=MARKET, artifacts=artifacts, pictures=False)
    told: list[Progress] = []
    whole, checkpoints = run(report=told.append), MemoryCheckpoints(dies_after_fits=1)

    with pytest.raises(InterruptionError):
        run(report=told.append, checkpoints=checkpoints)
    told.clear()
    resumed = run(report=told.append, checkpoints=checkpoints)

    assert any(each.message.startswith("Going on from step") for each in told)
    assert resumed.policy == whole.policy
    assert resumed.model_dump(exclude={"steps_per_second"}) == whole.model_dump(exclude={"steps_per_second"})


@pytest.mark.parametrize(
    ("agent_type", "environment"),
    [
        (
            "a2c",
            {
                "type": "portfolio_optimization",
                "symbols": ["AAPL", "MSFT"],
                "action_space": "continuous",
                "reward_function": "sharpe_ratio",
            },
        ),
        ("sac", {"action_space": "continuous", "direction": "both", "reward_function": "sortino"}),
        ("td3", {"action_space": "continuous", "reward_function": "drawdown_penalised"}),
    ],
)
def test_every_kind_of_agent_is_served_by_a_file_that_acts_as_it_does(
    agent_type: str, environment: dict[str, Any], artifacts: Artifacts
) -> None:
    spec = a_spec(agent_type, environment=environment, total_timesteps=120, eval_freq=1000)

    result = train.run(spec, market=MARKET, report=lambda _: None, artifacts=artifacts, pictures=False)

    assert result.run_card["policy_difference"] < 1e-4
    assert result.single_seed
    assert result.across_seeds[0].iqm is None
    assert "one seed" in result.warnings[0]


def test_the_environment_is_what_gymnasium_and_the_library_expect_of_one(recwarn: pytest.WarningsRecorder) -> None:
    spec = a_spec()
    desk = desk_of(spec)
    parts = split(desk, share=0.2)
    _, bars = scaled(desk, parts)
    rules = desk.rules(parts.first, parts.learnt, length=50)
    env = TradingEnv(bars, rules, choices=desk.choices, columns=desk.columns)

    check_env(env, warn=True)

    assert [str(each.message) for each in recwarn] == []


def test_accounts_that_are_stepped_together_come_to_what_each_comes_to_alone() -> None:
    spec = a_spec(environment={"action_space": "continuous"})
    desk = desk_of(spec)
    parts = split(desk, share=0.2)
    _, bars = scaled(desk, parts)
    rules = desk.rules(parts.first, parts.first + 40)
    together = CompiledVecEnv(bars, rules, number=3, choices=0, columns=desk.columns, seed=1)
    alone = [TradingEnv(bars, rules, choices=0, columns=desk.columns) for _ in range(3)]
    actions = np.random.default_rng(0).uniform(-1, 1, size=(39, 3, 1)).astype(np.float32)

    seen = [together.reset()] + [together.step(each)[0] for each in actions[:-1]]
    _, rewards, done, infos = together.step(actions[-1])

    for place, env in enumerate(alone):
        np.testing.assert_array_equal(env.reset()[0], seen[0][place])
        for number, each in enumerate(actions[:-1]):
            np.testing.assert_array_equal(env.step(each[place])[0], seen[number + 1][place])
        final, reward, terminated, truncated, _ = env.step(actions[-1][place])
        np.testing.assert_array_equal(final, infos[place]["terminal_observation"])
        assert (reward, terminated, truncated) == (pytest.approx(rewards[place], rel=1e-6), False, bool(done[place]))


def test_hyperparameters_are_those_that_the_library_has_with_its_defaults() -> None:
    for agent, known in AGENT_HYPERPARAMETERS.items():
        theirs = inspect.signature(AGENTS[agent].makes.__init__).parameters
        assert {name: each.default for name, each in known.items() if name != "buffer_size"} == {
            name: theirs[name].default for name in known if name != "buffer_size"
        }


def test_what_does_not_fit_is_refused_in_words(artifacts: Artifacts) -> None:
    def run(**fields: Any) -> str:
        with pytest.raises(InvalidError) as refused:
            train.run(a_spec(**fields), market=MARKET, report=lambda _: None, artifacts=artifacts)
        return str(refused.value)

    assert "Did you mean 'learning_rate'?" in run(hyperparameters={"learnign_rate": 0.1})
    assert "Did you mean 'rsi_14'?" in run(environment={"state_space": ["rsi14"]})
    with pytest.raises(ValidationError, match="dqn acts in discrete"):
        a_spec("dqn", environment={"action_space": "continuous"})
    with pytest.raises(NotEnoughDataError, match="left to learn from"):
        train.run(a_spec(environment={"start_date": "2012-05-01"}), market=MARKET, report=lambda _: None, artifacts=artifacts)


def test_of_several_seeds_the_middle_half_is_told_with_how_sure_it_is() -> None:
    values = (-5.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 9.0)
    seeds = [
        SeedResult(seed=number, mean_reward=value, std_reward=0.0, total_return=value, sharpe_ratio=None, max_drawdown=0.1)
        for number, value in enumerate(values)
    ]

    total, reward, sharpe = across(seeds)

    assert (total.iqm, total.best, total.worst) == (pytest.approx(0.35), 9.0, -5.0)
    assert total.iqm_interval is not None
    assert total.iqm_interval[0] < 0.35 < total.iqm_interval[1]
    assert (reward.iqm, sharpe.mean, sharpe.iqm) == (total.iqm, None, None)


@pytest.mark.soak
@pytest.mark.parametrize("agent_type", ["ppo", "dqn"])
def test_on_generated_candles_no_agent_beats_holding_and_doing_nothing(agent_type: str, artifacts: Artifacts) -> None:
    """What earns there has looked ahead; a planted signal, by contrast, is found by the same settings."""
    market = Market(None, synthetic_allowed=True)
    spec = a_spec(
        agent_type, environment={"symbols": ["NIFTY50"], "start_date": "2008-01-01", "end_date": None}, seeds=5, total_timesteps=20_000,
        eval_freq=20_000, hyperparameters={}, check_learnability=agent_type == "ppo",
    )  # fmt: skip

    result = train.run(spec, market=market, report=lambda _: None, artifacts=artifacts, pictures=False)

    best = max(result.baselines[name]["total_return"] or 0.0 for name in ("buy_and_hold", "flat"))
    (total,) = (each for each in result.across_seeds if each.metric == "total_return")
    assert total.iqm_interval is not None
    assert total.iqm_interval[0] <= best
    assert result.run_card["synthetic"]
    assert result.learnability in {"learnt", None}
