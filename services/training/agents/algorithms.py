"""Which agents there are: stable-baselines3's algorithms, what may be set of them, and how a setting becomes one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from libs.chassis.errors import InvalidError
from libs.contracts.agent_hyperparameters import check_agent_hyperparameters, complete_agent_hyperparameters
from libs.contracts.agents import ACTS_IN, AgentSpec, NetworkArchitecture

MEMORY_BYTES: Final = 256 * 2**20
"""What the steps that an agent remembers may take; a number is what it sees before and after a step, four bytes each."""


@dataclass(frozen=True, slots=True)
class AgentKind:
    """An algorithm: its class, and whether its two networks are an actor's and a valuer's (`pi` and `vf` or `qf`), or one.

    `optimiser` are the library's own settings of Adam, by its implementation in one call: a third of an update's time is saved.
    """

    makes: type[BaseAlgorithm]
    networks: tuple[str, ...]
    optimiser: Mapping[str, Any] = field(default_factory=lambda: {"fused": True})


AGENTS: Final[Mapping[str, AgentKind]] = {
    "ppo": AgentKind(PPO, ("pi", "vf"), {"fused": True, "eps": 1e-5}),
    "a2c": AgentKind(A2C, ("pi", "vf"), {"fused": True, "eps": 1e-5}),
    "dqn": AgentKind(DQN, ()),
    "sac": AgentKind(SAC, ("pi", "qf")),
    "td3": AgentKind(TD3, ("pi", "qf")),
}


def make_agent(spec: AgentSpec, env: VecEnv, *, seed: int, timesteps: int) -> BaseAlgorithm:
    """Return an agent that has learnt nothing yet. Raise InvalidError for settings that do not fit together, in the library's words.

    Where several environments are stepped at once, PPO's `n_steps` counts the steps of all of them together, and agents with a memory
    (DQN, SAC, TD3) learn as often for each step as with one environment.
    """
    if spec.environment.action_space not in ACTS_IN[spec.agent_type]:
        fitting = ", ".join(agent for agent, acts in ACTS_IN.items() if spec.environment.action_space in acts)
        msg = f"{spec.agent_type} cannot act in a {spec.environment.action_space} action space; {fitting} can."
        raise InvalidError(msg, details={"agent_type": [msg]})
    if problems := check_agent_hyperparameters(spec.agent_type, spec.hyperparameters):
        raise InvalidError(" ".join(problems), details={"hyperparameters": problems})
    kind = AGENTS[spec.agent_type]
    chosen = _shared(kind, complete_agent_hyperparameters(spec.agent_type, spec.hyperparameters), env=env, timesteps=timesteps)
    policy = {"net_arch": _networks(kind, spec.network_architecture), "optimizer_kwargs": dict(kind.optimiser)}
    try:
        return kind.makes("MlpPolicy", env, policy_kwargs=policy, seed=seed, device="cpu", verbose=0, **chosen)
    except (ValueError, AssertionError, TypeError) as error:
        msg = str(error)
        raise InvalidError(msg, details={"hyperparameters": [msg]}) from error


def _networks(kind: AgentKind, wanted: NetworkArchitecture) -> Any:
    widths = (list(wanted.policy_network), list(wanted.value_network))
    return dict(zip(kind.networks, widths, strict=True)) if kind.networks else widths[0]


def _shared(kind: AgentKind, chosen: Mapping[str, Any], *, env: VecEnv, timesteps: int) -> dict[str, Any]:
    """Return hyperparameters for as many environments as there are that mean what they mean for one."""
    if not issubclass(kind.makes, OffPolicyAlgorithm):
        together = -(-chosen["n_steps"] // env.num_envs) if kind.makes is PPO else chosen["n_steps"]
        return {**chosen, "n_steps": max(min(together, -(-timesteps // env.num_envs)), 2)}
    often, learns = int(chosen["train_freq"]), int(chosen["gradient_steps"])
    rounds = max(often // env.num_envs, 1)
    learns = -1 if learns < 0 else max(round(learns * rounds * env.num_envs / often), 1)
    assert env.observation_space.shape is not None
    room = MEMORY_BYTES // (2 * 4 * max(env.observation_space.shape[0], 1))
    size = min(int(chosen["buffer_size"]), max(timesteps, int(chosen["batch_size"])), room)
    return {**chosen, "train_freq": rounds, "gradient_steps": learns, "buffer_size": max(size, env.num_envs)}
