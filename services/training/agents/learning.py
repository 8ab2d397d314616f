"""One seed learns: steps, evaluations on the way, what is kept so that a later attempt goes on, and how far it has come."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from libs.chassis.errors import InvalidError
from libs.contracts.agents import EVALUATIONS_MOST, AgentSpec, Evaluation
from libs.quant.candles import Floats
from libs.quant.environments.episodes import Act, play_episodes
from libs.quant.environments.stepping import Bars, Singles
from services.training.agents.algorithms import make_agent
from services.training.agents.desk import EPISODE_BARS, FEWEST_BARS, STRETCHES, Desk, Split
from services.training.agents.unfinished import from_bytes, restore, state_of, to_bytes
from services.training.agents.vector_env import CompiledVecEnv
from services.training.learners.progress import Checkpoints

LIBRARIES: Final = ("stable-baselines3", "torch", "gymnasium", "numpy")
KEEP_EVERY_S: Final = 10.0
"""What took less to learn is learnt again as fast."""
KEEPING_SHARE: Final = 0.05
"""Of the time at most so much is spent on keeping: what an agent remembers may be large."""

Tell = Callable[[int, "Evaluation | None", str], None]
"""Told of the steps done, of the newest evaluation, and in words."""


@dataclass(slots=True)
class Learnt:
    """An agent that has learnt, with its evaluations on the way, the steps it took and how many of those a second of this attempt."""

    agent: BaseAlgorithm
    evaluations: tuple[Evaluation, ...]
    timesteps: int
    steps_per_second: float | None


def learn(
    spec: AgentSpec,
    desk: Desk,
    *,
    parts: Split,
    bars: Bars,
    seed: int,
    timesteps: int,
    tell: Tell,
    checkpoints: Checkpoints | None,
    key: str,
) -> Learnt:
    """Let an agent learn for `timesteps` steps in the bars before the evaluation's; the same seed, the same agent.

    What was kept under the same `key` is gone on from, to the same end. Raise InvalidError for settings that do not fit.
    """
    rules = desk.rules(parts.first, parts.learnt, length=EPISODE_BARS)
    env = CompiledVecEnv(bars, rules, number=spec.environments, choices=desk.choices, columns=desk.columns, seed=seed)
    agent = make_agent(spec, env, seed=seed, timesteps=timesteps)
    agent.action_space.seed(seed)
    watching = _Watching(spec, desk, parts, bars, env=env, seed=seed, tell=tell, checkpoints=checkpoints, key=key)
    done = watching.go_on(agent)
    began = time.perf_counter()
    with _unchecked():
        agent.learn(max(timesteps - done, 0), callback=watching, reset_num_timesteps=not done)
    took = time.perf_counter() - began
    if not all(bool(torch.isfinite(each).all()) for each in agent.policy.parameters()):
        msg = "The agent's weights ran out of all numbers: try a lower learning_rate."
        raise InvalidError(msg, details={"hyperparameters": [msg]})
    steps = int(agent.num_timesteps)
    return Learnt(agent, tuple(watching.evaluations), steps, (steps - done) / took if steps > done and took > 0 else None)


@contextmanager
def _unchecked() -> Iterator[None]:
    """Let distributions be made without looking at each number, which takes a tenth of the time; the weights are looked at in the end."""
    torch.distributions.Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        torch.distributions.Distribution.set_default_validate_args(__debug__)


def acting(agent: BaseAlgorithm) -> Act:
    """Return the agent's best actions as an episode asks for them."""

    def act(seen: Singles) -> Singles:
        actions, _ = agent.predict(seen, deterministic=True)
        return np.asarray(actions, dtype=np.float32).reshape(len(seen), -1)

    return act


def rewards_of_stretches(desk: Desk, parts: Split, bars: Bars, act: Act, *, acting: int | None = None) -> Floats:
    """Return the summed rewards of equal stretches of the evaluation's days, each an episode of its own.

    `acting` is how actions are read, where not as the environment's.
    """
    number = max(min(STRETCHES, (parts.last - parts.judged) // FEWEST_BARS), 1)
    edges = np.linspace(parts.judged, parts.last, number + 1).astype(int)
    pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    rules = [desk.rules(first, last) for first, last in pairs]
    rules = rules if acting is None else [each._replace(acting=acting) for each in rules]
    return np.array([play_episodes(bars, each, act, number=1).rewards[0] for each in rules])


def spread_of(rewards: Floats) -> dict[str, float]:
    """Return mean, deviation, highest and lowest of episodes' rewards by the names of answers."""
    told = {"mean": rewards.mean(), "std": rewards.std(), "max": rewards.max(), "min": rewards.min()}
    return {f"{name}_reward": float(value) for name, value in told.items()}


@dataclass
class _Watching(BaseCallback):
    """Between rollouts, where the agent's state is whole: evaluates, keeps and tells."""

    spec: AgentSpec
    desk: Desk
    parts: Split
    bars: Bars
    env: CompiledVecEnv
    seed: int
    tell: Tell
    checkpoints: Checkpoints | None
    key: str
    evaluations: list[Evaluation] = field(default_factory=list)
    _keep_from: float = 0.0

    def __post_init__(self) -> None:
        super().__init__()

    def go_on(self, agent: BaseAlgorithm) -> int:
        """Bring the agent to where an earlier attempt has come; return its steps."""
        data = self.checkpoints.load_fit() if self.checkpoints else None
        state = from_bytes(data) if data else None
        if state is None or state.get("key") != self.key:
            return 0
        restore(agent, self.env, state)
        self.evaluations = [Evaluation.model_validate(each) for each in json.loads(state["evaluations"])]
        self.tell(agent.num_timesteps, None, f"Going on from step {agent.num_timesteps}")
        return int(agent.num_timesteps)

    def _on_rollout_start(self) -> None:
        if not self.num_timesteps:
            return
        told = None
        due = self.num_timesteps // self._every()
        if due > (self.evaluations[-1].timesteps // self._every() if self.evaluations else 0):
            told = self.evaluate()
        # It is kept first: who is told that it has come so far may end it.
        if self.checkpoints and (began := time.monotonic()) >= self._keep_from:
            evaluations = json.dumps([each.model_dump() for each in self.evaluations])
            self.checkpoints.save_fit(to_bytes(state_of(self.model, self.env) | {"key": self.key, "evaluations": evaluations}))
            kept = time.monotonic()
            self._keep_from = kept + max(KEEP_EVERY_S, (kept - began) / KEEPING_SHARE)
        self.tell(self.num_timesteps, told, "")

    def _on_step(self) -> bool:
        return True

    def _on_training_end(self) -> None:
        if not self.evaluations or self.evaluations[-1].timesteps < self.model.num_timesteps:
            self.num_timesteps = self.model.num_timesteps
            self.tell(self.num_timesteps, self.evaluate(), "")

    def _every(self) -> int:
        """Return the steps between two evaluations: as asked, but no more evaluations of all seeds than an answer holds."""
        most = EVALUATIONS_MOST // self.spec.seeds - 1
        return max(self.spec.eval_freq, -(-self.spec.total_timesteps // most))

    def evaluate(self) -> Evaluation:
        """Play the evaluation's stretches with the best actions; nothing is drawn, so learning goes on as if nobody had looked."""
        rewards = rewards_of_stretches(self.desk, self.parts, self.bars, acting(self.model))
        self.evaluations.append(Evaluation(seed=self.seed, timesteps=self.num_timesteps, **spread_of(rewards)))
        return self.evaluations[-1]


def key_of(spec: AgentSpec, *, seed: int, phase: str, data: Any) -> str:
    """Return what decides an agent's numbers, libraries among it, so that nothing of another is gone on from."""
    libraries = {name: version(name) for name in LIBRARIES}
    return json.dumps(
        [phase, seed, data, libraries, spec.model_dump(mode="json", exclude={"own", "agent_id", "environment_id"})], sort_keys=True
    )
