"""Take an environment away with its agents, or an agent alone, when nothing trains or runs there."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from libs.chassis.stores.parts import Part
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.environments.errors import EnvironmentBusyError
from services.gateway.domain.environments.ports import Agents, Environments
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Clock

AT_WORK: Final = [state for state in JobState if not state.ended]
# More than an account may have at work at a time.
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class DeleteEnvironment:
    """What its jobs have left goes with their files; twice is once."""

    environments: Environments
    agents: Agents
    jobs: Jobs
    clock: Clock

    async def __call__(self, environment_id: str, *, account_id: str, kinds: Collection[JobKind]) -> None:
        """Take an environment away with all of its agents; `kinds` are those of jobs that work in one.

        Raise EnvironmentNotFoundError or EnvironmentBusyError.
        """
        await self.environments.get(environment_id, account_id=account_id)
        await self._check_idle(lambda spec: spec["environment_id"] == environment_id, account_id=account_id, kinds=kinds)
        await self.agents.delete_all(environment_id, account_id=account_id, at=self.clock())
        await self.environments.delete(environment_id, account_id=account_id)

    async def agent(self, agent_id: str, *, environment_id: str, account_id: str, kinds: Collection[JobKind]) -> None:
        """Take an agent away. Raise AgentNotFoundError or EnvironmentBusyError."""
        await self.agents.get(agent_id, account_id=account_id, environment_id=environment_id)
        await self._check_idle(lambda spec: spec["agent_id"] == agent_id, account_id=account_id, kinds=kinds)
        await self.agents.delete(agent_id, account_id=account_id, at=self.clock())

    async def _check_idle(self, of_it: Callable[[dict[str, str]], bool], *, account_id: str, kinds: Collection[JobKind]) -> None:
        pages = [await self.jobs.find(account_id, Part(MOST), JobFilter(kind, AT_WORK)) for kind in kinds]
        # One that has left its slot has ended: its agent is there, and in a moment its own document says so too.
        if busy := [job.id for page in pages for job in page.items if job.slot is not None and _is_of(job, of_it)]:
            raise EnvironmentBusyError(busy)


def _is_of(job: Job, of_it: Callable[[dict[str, str]], bool]) -> bool:
    return of_it(job.spec or {"environment_id": "", "agent_id": ""})
