"""How far an agent has come, as bytes: whoever has them goes on exactly there. Tensors and plain values only, nothing that could run."""

import json
import random
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.save_util import recursive_getattr

from services.training.agents.vector_env import CompiledVecEnv

COUNTERS: Final = (
    "num_timesteps",
    "_total_timesteps",
    "_episode_num",
    "_n_updates",
    "_n_calls",
    "_current_progress_remaining",
    "exploration_rate",
)
REMEMBERED: Final = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def state_of(agent: BaseAlgorithm, env: CompiledVecEnv) -> dict[str, Any]:
    """Return all that decides what the agent does next: weights, optimisers, memory, accounts, counters and random generators.

    Between two rollouts this is the whole state; in the middle of one it is not.
    """
    _, variables = agent._get_torch_save_params()  # noqa: SLF001 - as its own `save` does, which pickles
    state: dict[str, Any] = {
        "parameters": agent.get_parameters(),
        "variables": {name: recursive_getattr(agent, name).detach() for name in variables if _has(agent, name)},
        "counters": {name: getattr(agent, name) for name in COUNTERS if hasattr(agent, name)},
        "seen": torch.as_tensor(np.asarray(agent._last_obs)),  # noqa: SLF001 - what the next step begins with
        "begun": torch.as_tensor(np.asarray(agent._last_episode_starts)),  # noqa: SLF001 - as above
        "accounts": {
            name: torch.as_tensor(values.view(np.int64) if values.dtype == np.uint64 else values)
            for name, values in env.accounts._asdict().items()
        },
        "random": _random_state(agent),
    }
    if isinstance(agent, OffPolicyAlgorithm):
        memory = _memory(agent)
        some = memory.buffer_size if memory.full else memory.pos
        state["memory"] = {name: torch.as_tensor(getattr(memory, name)[:some]) for name in REMEMBERED}
        state["memory_place"] = [memory.pos, memory.full]
    return state


def restore(agent: BaseAlgorithm, env: CompiledVecEnv, state: Mapping[str, Any]) -> None:
    """Bring an agent of the same settings to where another had come."""
    agent.set_parameters(state["parameters"], exact_match=True, device="cpu")
    for name, value in state["variables"].items():
        recursive_getattr(agent, name).data = value
    for name, value in state["counters"].items():
        setattr(agent, name, value)
    agent._last_obs, agent._last_episode_starts = state["seen"].numpy(), state["begun"].numpy()  # noqa: SLF001 - as above
    for name, values in env.accounts._asdict().items():
        told = state["accounts"][name].numpy()
        values[...] = told.view(np.uint64) if values.dtype == np.uint64 else told
    if isinstance(agent, OffPolicyAlgorithm):
        memory = _memory(agent)
        for name, values in state["memory"].items():
            getattr(memory, name)[: len(values)] = values.numpy()
        memory.pos, memory.full = state["memory_place"]
    _set_random_state(agent, state["random"])


def to_bytes(state: Mapping[str, Any]) -> bytes:
    """Return a state as a file."""
    file = BytesIO()
    torch.save(dict(state), file)
    return file.getvalue()


def from_bytes(data: bytes) -> dict[str, Any] | None:
    """Return the state that a file holds; None for one that is not ours. It is read without running anything."""
    try:
        state = torch.load(BytesIO(data), weights_only=True)
    except Exception:  # noqa: BLE001 - whatever the library finds wrong with it, the fit begins anew
        return None
    return state if isinstance(state, dict) else None


def _memory(agent: OffPolicyAlgorithm) -> ReplayBuffer:
    assert agent.replay_buffer is not None
    return agent.replay_buffer


def _has(agent: BaseAlgorithm, name: str) -> bool:
    return isinstance(recursive_getattr(agent, name, None), torch.Tensor)


def _random_state(agent: BaseAlgorithm) -> dict[str, Any]:
    name, keys, *rest = np.random.get_state()  # noqa: NPY002 - it is numpy's old generator that the library draws from
    return {
        "torch": torch.get_rng_state(),
        "numpy": [name, torch.as_tensor(np.asarray(keys, dtype=np.int64)), *rest],
        "python": json.dumps(random.getstate()),
        "actions": json.dumps(agent.action_space.np_random.bit_generator.state),
    }


def _set_random_state(agent: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    torch.set_rng_state(state["torch"])
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))  # noqa: NPY002 - as above
    version, inner, gauss = json.loads(state["python"])
    random.setstate((version, tuple(inner), gauss))
    agent.action_space.np_random.bit_generator.state = json.loads(state["actions"])
