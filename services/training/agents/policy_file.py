"""An agent's policy as ONNX, and the policy that such a file is: what was trained and what is played are held to each other."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from libs.quant.environments.stepping import Singles
from libs.quant.onnx_runtime import onnxruntime
from services.training.learners.errors import ArtifactMismatchError
from services.training.learners.torch_onnx import network_to_onnx

Head = Literal["preferences", "values", "gaussian", "squashed", "exact"]
"""What the file answers: log-odds of the choices, values of the choices, a normal distribution's mean and logarithm of its deviation
(`squashed`: of what is put through tanh), or the action itself."""
SAME: Final = 1e-4
"""Largest difference between the file's answers and the agent's, relative to the larger of 1 and the largest."""
EXPLORES: Final = 0.05
"""How often an agent that values its choices takes any of them, where its actions are drawn."""


def head_of(agent_type: str, *, choices: int) -> Head:
    """Return how an agent's file is read."""
    if choices:
        return "values" if agent_type == "dqn" else "preferences"
    heads: Mapping[str, Head] = {"sac": "squashed", "td3": "exact"}
    return heads.get(agent_type, "gaussian")


def policy_to_onnx(agent: BaseAlgorithm, *, head: Head, columns: int) -> bytes:
    """Return the policy: `x` (rows, columns) in, `scores` (rows, choices or actions) and `spread` (the same) out."""
    return network_to_onnx(_Answers(agent.policy, head), inputs={"x": (columns,)}, outputs=("scores", "spread"))


def check_policy(policy: "Policy", agent: BaseAlgorithm, rows: Singles) -> float:
    """Return by how much the file's best actions differ at most from the agent's; raise ArtifactMismatchError beyond rounding.

    Of choices the answers are compared, since two that are equally good can change places by rounding.
    """
    with torch.no_grad():
        trained = _Answers(agent.policy, policy.head).eval()(torch.as_tensor(rows, dtype=torch.float64))[0].numpy()
        taken, _ = agent.predict(rows, deterministic=True)
    served, _ = policy.answers(rows)
    difference = float(np.max(np.abs(served - trained)))
    if not difference <= SAME * max(1.0, float(np.max(np.abs(trained)))):
        msg = f"The saved policy's answers differ from the trained one's by up to {difference:.3g}"
        raise ArtifactMismatchError(msg)
    best = policy.act(rows).reshape(np.asarray(taken).shape)
    sure = _sure(trained) if policy.head in {"preferences", "values"} else np.ones(len(rows), dtype=np.bool_)
    if not np.allclose(best[sure], np.asarray(taken, dtype=np.float32)[sure], atol=SAME):
        msg = "The saved policy does not act as the trained one does"
        raise ArtifactMismatchError(msg)
    return difference


def _sure(answers: Any) -> Any:
    ordered = np.sort(answers, axis=1)
    return ordered[:, -1] - ordered[:, -2] > SAME * np.maximum(1.0, np.abs(ordered[:, -1]))


class Policy:
    """A policy out of its file. `act` takes what accounts see, (accounts, columns), and returns actions, (accounts, numbers)."""

    def __init__(self, onnx: bytes, *, head: Head) -> None:
        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self.head = head

    @property
    def columns(self) -> int:
        """How many numbers it sees."""
        return int(self._session.get_inputs()[0].shape[1])

    def answers(self, seen: Singles) -> tuple[Any, Any]:
        """Return the file's answers: scores and spread, each (accounts, choices or actions)."""
        scores, spread = self._session.run(["scores", "spread"], {"x": seen.astype(np.float64)})
        return scores, spread

    def act(self, seen: Singles) -> Singles:
        """Return the best actions."""
        scores, _ = self.answers(seen)
        if self.head in {"preferences", "values"}:
            return np.asarray(scores.argmax(axis=1)[:, None], dtype=np.float32)
        return np.asarray(np.clip(np.tanh(scores) if self.head == "squashed" else scores, -1.0, 1.0), dtype=np.float32)

    def drawing(self, *, seed: int) -> Callable[[Singles], Singles]:
        """Return the same with actions that are drawn by their probabilities. Same seed, same actions.

        Who values choices takes any of them at one step in twenty; who has one answer gives it.
        """
        random = np.random.default_rng(seed)

        def act(seen: Singles) -> Singles:
            scores, spread = self.answers(seen)
            if self.head == "preferences":
                noise = random.gumbel(size=scores.shape)  # The largest of log-odds with such noise is a draw (Gumbel 1954).
                return np.asarray((scores + noise).argmax(axis=1)[:, None], dtype=np.float32)
            if self.head == "values":
                any_of_them = random.integers(0, scores.shape[1], size=len(scores))
                explores = random.random(len(scores)) < EXPLORES
                return np.asarray(np.where(explores, any_of_them, scores.argmax(axis=1))[:, None], dtype=np.float32)
            if self.head == "exact":
                return np.asarray(scores, dtype=np.float32)
            drawn = scores + np.exp(spread) * random.normal(size=scores.shape)
            return np.asarray(np.clip(np.tanh(drawn) if self.head == "squashed" else drawn, -1.0, 1.0), dtype=np.float32)

        return act


class _Answers(torch.nn.Module):
    """What the file computes, of the agent's own networks."""

    def __init__(self, policy: Any, head: Head) -> None:
        super().__init__()
        self.policy, self.head = policy, head

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scores and spread."""
        seen, policy = x.float(), self.policy
        if self.head == "values":
            scores = policy.q_net.q_net(seen)
        elif self.head == "exact":
            scores = policy.actor.mu(seen)
        elif self.head == "squashed":
            latent = policy.actor.latent_pi(seen)
            return policy.actor.mu(latent).double(), policy.actor.log_std(latent).clamp(-20.0, 2.0).double()
        else:
            scores = policy.action_net(policy.mlp_extractor.forward_actor(seen))
        if self.head == "gaussian":
            return scores.double(), (scores * 0.0 + policy.log_std).double()
        return scores.double(), (scores * 0.0).double()
