"""What environments and agents need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.agents import AgentResult
from services.gateway.domain.environments.environment import Agent, AgentStatus, Environment, EnvironmentStatus


class Environments(Protocol):
    """The environments of all accounts. All raise UnavailableError."""

    async def get(self, environment_id: str, *, account_id: str) -> Environment:
        """Return an environment of this account. Raise EnvironmentNotFoundError."""

    async def find(self, account_id: str, part: Part, *, status: EnvironmentStatus | None) -> Page[Environment]:
        """Return a part of an account's environments, the oldest first; of those in a status, where one is said."""

    async def add(self, environment: Environment, *, most: int) -> Environment:
        """Keep a new environment and return it; one that is known stays as it is. Raise TooManyEnvironmentsError beyond `most`."""

    async def activate(self, environment_id: str, *, at: datetime) -> None:
        """Make a created environment active; another one stays as it is."""

    async def delete(self, environment_id: str, *, account_id: str) -> None:
        """Take an environment away; the second time there is none."""

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""


class Agents(Protocol):
    """The agents of all accounts. All raise UnavailableError."""

    async def get(self, agent_id: str, *, account_id: str, environment_id: str | None) -> Agent:
        """Return an agent of this account (of its environment, where one is said). Raise AgentNotFoundError."""

    async def find(self, account_id: str, part: Part, *, environment_id: str | None) -> Page[Agent]:
        """Return a part of an account's agents (of an environment, where one is said), the newest first, without what is long."""

    async def find_oldest(self, account_id: str, part: Part, *, statuses: Sequence[AgentStatus]) -> Page[Agent]:
        """Return a part of an account's agents in these statuses, the oldest first, without what is long."""

    async def count(self, environment_id: str, *, account_id: str) -> int:
        """Return how many agents an environment has."""

    async def keep(self, agent: Agent) -> None:
        """Keep an agent whose training was accepted; one that is known, or was deleted, stays as it is."""

    async def succeed(self, agent: Agent, result: AgentResult, *, at: datetime) -> None:
        """Make an agent ready, also one that was not heard of yet; a deleted one stays so."""

    async def end(self, job_id: str, status: AgentStatus, *, reason: str, at: datetime) -> None:
        """Note that a training has ended without an agent; a ready one stays so."""

    async def delete(self, agent_id: str, *, account_id: str, at: datetime) -> None:
        """Take an agent away; no late event brings it back."""

    async def delete_all(self, environment_id: str, *, account_id: str, at: datetime) -> Sequence[str]:
        """Take all agents of an environment away, and return their ids."""

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""
