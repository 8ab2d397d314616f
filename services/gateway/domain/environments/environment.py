"""An environment in which agents learn to trade, and an agent: what it was asked to learn, how far it is, what it has become."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from libs.contracts.agents import AgentResult, AgentSpec
from libs.contracts.environments import TradingEnvironment
from libs.contracts.training import JobState

NAME_MOST: Final = 100


class EnvironmentStatus(StrEnum):
    """`created` until an agent trains in it for the first time, `active` from then on; `inactive` is set by operators alone."""

    CREATED = "created"
    ACTIVE = "active"
    INACTIVE = "inactive"


class AgentStatus(StrEnum):
    """How far an agent is."""

    TRAINING = "training"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = {JobState.FAILED: AgentStatus.FAILED, JobState.CANCELLED: AgentStatus.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A market to learn in. `spec` decides what a step does; `dataset_ids` are those that its owner named, in the order of its symbols."""

    id: str
    account_id: str
    name: str
    spec: TradingEnvironment
    dataset_ids: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    status: EnvironmentStatus = EnvironmentStatus.CREATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """What one training makes. `result` is there when it is ready; `reason` says why it is not when its training has ended otherwise."""

    id: str
    account_id: str
    environment_id: str
    job_id: str
    name: str
    spec: AgentSpec
    created_at: datetime
    updated_at: datetime
    status: AgentStatus = AgentStatus.TRAINING
    result: AgentResult | None = None
    reason: str | None = None
