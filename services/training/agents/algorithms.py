"""Which agents there are: stable-baselines3's algorithms, what may be set of them, and how a setting becomes one."""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from libs.chassis.errors import InvalidError
from libs.contracts.agents import ACTS_IN, AgentSpec, NetworkArchitecture
from libs.contracts.names import did_you_mean

MEMORY_BYTES: Final = 256 * 2**20
"""What the steps that an agent remembers may take; a number is what it sees before and after a step, four bytes each."""
OURS: Final = frozenset({
    "self", "policy", "env", "policy_kwargs", "verbose", "seed", "device", "tensorboard_log", "stats_window_size", "action_noise",
    "replay_buffer_class", "replay_buffer_kwargs", "rollout_buffer_class", "rollout_buffer_kwargs", "optimize_memory_usage",
    "use_sde", "sde_sample_freq", "use_sde_at_warmup", "_init_setup_model",
})  # fmt: skip
"""What is no hyperparameter: what the platform decides, and what takes objects."""


@dataclass(frozen=True, slots=True)
class AgentKind:
    """An algorithm: its class, and whether its two networks are an actor's and a valuer's (`pi` and `vf` or `qf`), or one."""

    makes: type[BaseAlgorithm]
    networks: tuple[str, ...]


AGENTS: Final[Mapping[str, AgentKind]] = {
    "ppo": AgentKind(PPO, ("pi", "vf")),
    "a2c": AgentKind(A2C, ("pi", "vf")),
    "dqn": AgentKind(DQN, ()),
    "sac": AgentKind(SAC, ("pi", "qf")),
    "td3": AgentKind(TD3, ("pi", "qf")),
}


def hyperparameters_of(agent: str) -> dict[str, Any]:
    """Return what may be set of an agent, by stable-baselines3's own names, with its defaults."""
    parameters = inspect.signature(AGENTS[agent].makes.__init__).parameters
    return {name: each.default for name, each in parameters.items() if name not in OURS}


def check_hyperparameters(agent: str, given: Mapping[str, Any]) -> None:
    """Raise InvalidError for a name that the agent does not have (it names the nearest), and for a value that is none of its kind."""
    known = hyperparameters_of(agent)
    problems = {}
    for name, value in given.items():
        field = f"hyperparameters.{name}"
        if name not in known:
            problems[field] = [f"{agent} has no {name}.{did_you_mean(name, known)} It has {', '.join(sorted(known))}."]
        elif problem := _problem(known[name], value):
            problems[field] = [f"{name} {problem}."]
    if problems:
        raise InvalidError(" ".join(told[0] for told in problems.values()), details=problems)


def _problem(default: Any, value: Any) -> str | None:
    """Say what is wrong with a value, by the default that stands in its place."""
    if value is None or default is None:
        nullable = default is None
        fits = value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0)
        return None if nullable and fits else "must be a number above 0 or null" if nullable else f"must not be null; default {default}"
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "must be true or false"
    if isinstance(default, str):
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        return None if value == default or is_number else f"must be a number, or {default!r}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "must be a number"
    if isinstance(default, int) and not float(value).is_integer():
        return "must be a whole number"
    return "must not be below 0" if value < 0 and not (default == -1 and value == -1) else None


def make_agent(spec: AgentSpec, env: VecEnv, *, seed: int, timesteps: int) -> BaseAlgorithm:
    """Return an agent that has learnt nothing yet. Raise InvalidError for settings that do not fit together, in the library's words.

    Where several environments are stepped at once, PPO's `n_steps` counts the steps of all of them together, and agents with a memory
    (DQN, SAC, TD3) learn as often for each step as with one environment.
    """
    if spec.environment.action_space not in ACTS_IN[spec.agent_type]:
        fitting = ", ".join(agent for agent, acts in ACTS_IN.items() if spec.environment.action_space in acts)
        msg = f"{spec.agent_type} cannot act in a {spec.environment.action_space} action space; {fitting} can."
        raise InvalidError(msg, details={"agent_type": [msg]})
    check_hyperparameters(spec.agent_type, spec.hyperparameters)
    kind = AGENTS[spec.agent_type]
    chosen = _shared(kind, hyperparameters_of(spec.agent_type) | dict(spec.hyperparameters), env=env, timesteps=timesteps)
    wanted = _networks(kind, spec.network_architecture)
    try:
        return kind.makes("MlpPolicy", env, policy_kwargs={"net_arch": wanted}, seed=seed, device="cpu", verbose=0, **chosen)
    except (ValueError, AssertionError, TypeError) as error:
        raise InvalidError(f"{error}", details={"hyperparameters": [f"{error}"]}) from error


def _networks(kind: AgentKind, wanted: NetworkArchitecture) -> Any:
    widths = (list(wanted.policy_network), list(wanted.value_network))
    return dict(zip(kind.networks, widths, strict=True)) if kind.networks else widths[0]


def _shared(kind: AgentKind, chosen: dict[str, Any], *, env: VecEnv, timesteps: int) -> dict[str, Any]:
    """Return hyperparameters for as many environments as there are that mean what they mean for one."""
    if not issubclass(kind.makes, OffPolicyAlgorithm):
        together = -(-chosen["n_steps"] // env.num_envs) if kind.makes is PPO else chosen["n_steps"]
        return chosen | {"n_steps": max(min(together, -(-timesteps // env.num_envs)), 2)}
    often, learns = int(chosen["train_freq"]), int(chosen["gradient_steps"])
    rounds = max(often // env.num_envs, 1)
    learns = -1 if learns < 0 else max(round(learns * rounds * env.num_envs / often), 1)
    assert env.observation_space.shape is not None
    room = MEMORY_BYTES // (2 * 4 * max(env.observation_space.shape[0], 1))
    size = min(int(chosen["buffer_size"]), max(timesteps, int(chosen["batch_size"])), room)
    return chosen | {"train_freq": rounds, "gradient_steps": learns, "buffer_size": max(size, env.num_envs)}
