"""Steps a second of agents that learn, beside plain stable-baselines3 with the same environment written in Python, on one core."""

import time
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import DummyVecEnv

from libs.contracts.agents import AgentSpec
from libs.market.candles import Market
from libs.quant.environments.stepping import BUY, SELL, Bars, Rules
from libs.quant.environments.warm import warm_environments
from services.training.agents.desk import EPISODE_BARS, Split, open_desk, scaled, split
from services.training.agents.learning import learn
from services.training.agents.vector_env import CompiledVecEnv

STEPS = 12_288
TOGETHER = 8
TIMES = 3
BARE_STEPS = 4_000


def measure_agents() -> dict[str, Any]:
    """Return steps a second of PPO, A2C and DQN on AAPL's days, and of the environment alone."""
    torch.set_num_threads(1)
    warm_environments()
    rows: dict[str, Any] = {}
    stage = _Stage()
    rows["environment_steps_a_second"] = _bare(stage.ours(TOGETHER))
    rows["environment_in_python_steps_a_second"] = _bare(stage.plain(TOGETHER))
    rivals: dict[str, tuple[type[BaseAlgorithm], dict[str, Any], dict[str, Any]]] = {
        "ppo": (PPO, {}, {"n_steps": 2048 // TOGETHER}),
        "a2c": (A2C, {}, {}),
        "dqn": (DQN, {"buffer_size": STEPS}, {"buffer_size": STEPS, "train_freq": 1, "gradient_steps": 2}),
    }
    for name, (makes, alone, together) in rivals.items():
        ours = _best(lambda name=name: stage.learn(name))
        plain = _best(lambda makes=makes, alone=alone: stage.rival(makes, 1, alone))
        same = _best(lambda makes=makes, together=together: stage.rival(makes, TOGETHER, together))
        rows[f"{name}_steps_a_second"] = round(ours)
        rows[f"{name}_times_plain"] = round(ours / plain, 2)
        rows[f"{name}_times_plain_{TOGETHER}_environments"] = round(ours / same, 2)
    return rows


class _Stage:
    """The bars, the terms and the settings that all learn with."""

    def __init__(self) -> None:
        environment = {"symbols": ["AAPL"], "state_space": ["price_history", "volume_history", "position", "balance"]}
        self.spec = AgentSpec.model_validate(
            {"environment": environment, "total_timesteps": STEPS, "eval_freq": STEPS, "environments": TOGETHER}
        )
        self.desk = open_desk(self.spec.environment, market=Market(None, synthetic_allowed=False), synthetic=None)
        self.parts: Split = split(self.desk, share=0.2)
        _, self.bars = scaled(self.desk, self.parts)
        self.rules = self.desk.rules(self.parts.first, self.parts.learnt, length=EPISODE_BARS)

    def ours(self, number: int) -> CompiledVecEnv:
        """Return the compiled environments."""
        return CompiledVecEnv(self.bars, self.rules, number=number, choices=self.desk.choices, columns=self.desk.columns, seed=0)

    def plain(self, number: int) -> DummyVecEnv:
        """Return the same, as one would write it in Python."""
        return DummyVecEnv([lambda: _Plain(self.bars, self.rules, columns=self.desk.columns)] * number)

    def learn(self, agent: str) -> float:
        """Return our steps a second."""
        spec = self.spec.model_copy(update={"agent_type": agent})
        found = learn(
            spec, self.desk, parts=self.parts, bars=self.bars, seed=0, timesteps=STEPS, tell=lambda *_: None, checkpoints=None, key=""
        )
        assert found.steps_per_second is not None
        return found.steps_per_second

    def rival(self, makes: type[BaseAlgorithm], number: int, settings: dict[str, Any]) -> float:
        """Return the library's own steps a second."""
        agent = makes("MlpPolicy", self.plain(number), seed=0, device="cpu", **settings)
        began = time.perf_counter()
        agent.learn(STEPS)
        return float(agent.num_timesteps / (time.perf_counter() - began))


class _Plain(gymnasium.Env[Any, Any]):
    """One account of one symbol in Python: the fills, costs and rewards of `libs/quant/environments`, for long positions."""

    def __init__(self, bars: Bars, rules: Rules, *, columns: int) -> None:
        self.bars, self.rules = bars, rules
        self.opens, self.closes = bars.fills[:, 0], bars.closes[:, 0]
        self.observation_space = spaces.Box(-np.inf, np.inf, (columns,), np.float32)
        self.action_space = spaces.Discrete(3)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed, options=options)
        rules = self.rules
        self.bar = int(self.np_random.integers(rules.first, rules.last - rules.length + 1))
        self.last, self.cash, self.shares, self.equity = self.bar + rules.length - 1, rules.balance, 0.0, rules.balance
        return self._look(), {}

    def step(self, action: Any) -> Any:
        rules, bar = self.rules, self.bar + 1
        quote = self.opens[bar]
        if self.bars.decides[self.bar]:
            if action == BUY and self.shares == 0.0:
                self.shares = self.cash / (quote * (1.0 + rules.slippage) * (1.0 + rules.commission))
                self.cash = 0.0
            elif action == SELL and self.shares > 0.0:
                self._sell(quote)
        if (bar == self.last or self.bars.ends[bar]) and self.shares > 0.0:
            self._sell(self.closes[bar])
        equity = self.cash + self.shares * self.closes[bar]
        reward = 100.0 * (equity - self.equity) / rules.balance
        self.bar, self.equity = bar, equity
        return self._look(), reward, False, bar == self.last, {}

    def _sell(self, quote: float) -> None:
        self.cash += self.shares * quote * (1.0 - self.rules.slippage) * (1.0 - self.rules.commission)
        self.shares = 0.0

    def _look(self) -> Any:
        account = [self.shares * self.closes[self.bar] / self.equity, self.cash / self.equity]
        return np.concatenate([self.bars.seen[self.bar], account]).astype(np.float32)


def _bare(env: Any) -> int:
    """Return the steps a second of an environment at random, without anybody who learns."""
    env.reset()
    actions = np.random.default_rng(0).integers(0, 3, size=(BARE_STEPS, TOGETHER))
    began = time.perf_counter()
    for each in actions:
        env.step(each)
    return round(BARE_STEPS * TOGETHER / (time.perf_counter() - began))


def _best(measure: Callable[[], float]) -> float:
    return max(measure() for _ in range(TIMES))
