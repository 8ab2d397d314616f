"""What an agent's policy needs to be played, beside its file: as JSON, the same for the same agent."""

import json
from dataclasses import dataclass
from typing import Any, Final, Self, get_args

import numpy as np

from libs.chassis.errors import InvalidError
from libs.contracts.agents import AgentSpec
from libs.contracts.environments import TradingEnvironment
from libs.contracts.names import listed
from libs.quant.environments.market import Scale
from services.training.agents.desk import Desk
from services.training.agents.policy_file import Head

FORMAT: Final = "modelbourse-agent/1"
SAME: Final = ("type", "state_space", "action_space", "direction", "window")
"""What an environment must have in common with the one that a policy learnt in, and how many symbols there are."""


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """How a policy is read (`head`), what it learnt in, and how its columns are measured."""

    head: Head
    environment: TradingEnvironment
    columns: tuple[str, ...]
    scale: Scale
    about: dict[str, Any]

    @classmethod
    def of(cls, spec: AgentSpec, desk: Desk, *, head: Head, scale: Scale, seed: int) -> Self:
        """Return an agent's."""
        about = {"agent_type": spec.agent_type, "seed": seed, "network_architecture": spec.network_architecture.model_dump(mode="json")}
        return cls(head, spec.environment, desk.market.names, scale, about)

    def to_bytes(self) -> bytes:
        """Return the file."""
        told = {
            "format": FORMAT,
            "head": self.head,
            "environment": self.environment.model_dump(mode="json"),
            "columns": self.columns,
            "mean": self.scale.mean.tolist(),
            "deviation": self.scale.deviation.tolist(),
            "about": self.about,
        }
        return json.dumps(told, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a file. Raise InvalidError for one of another release."""
        told = json.loads(data)
        if told.get("format") != FORMAT or told.get("head") not in get_args(Head):
            msg = f"The agent is kept in the format {told.get('format')}, and this release reads {FORMAT}: train it again."
            raise InvalidError(msg, details={"agent_id": [msg]})
        scale = Scale(np.array(told["mean"]), np.array(told["deviation"]))
        return cls(told["head"], TradingEnvironment.model_validate(told["environment"]), tuple(told["columns"]), scale, told["about"])

    def check(self, environment: TradingEnvironment) -> None:
        """Raise InvalidError where the policy cannot act in an environment; it says in what they differ."""
        differing = [name for name in SAME if getattr(environment, name) != getattr(self.environment, name)]
        if len(environment.symbols) != len(self.environment.symbols):
            differing.append("symbols")
        if differing:
            msg = f"The agent has learnt in an environment of another {listed(differing)}: it can only act in one that has the same."
            raise InvalidError(msg, details={name: [msg] for name in differing})
