"""A training makes an agent: what its life changes there and in its environment."""

from dataclasses import dataclass
from datetime import datetime

from libs.contracts.agents import AgentResult, AgentSpec
from libs.contracts.job_kinds import Cancelled, Completed, Failed, shown_spec
from libs.contracts.jobs import JobCompleted
from libs.contracts.training import JobState
from services.gateway.domain.environments.environment import ENDED, NAME_MOST, Agent
from services.gateway.domain.environments.ports import Agents, Environments
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.jobs.effects import Draft, Effects

WAS_CANCELLED = "The training was cancelled."


@dataclass(frozen=True, slots=True)
class MakeAgent(Effects):
    """The agent is there once its job is, at the latest when an event tells of that; its environment is active from then on."""

    environments: Environments
    agents: Agents
    clock: Clock

    async def accepted(self, job: Job, draft: Draft) -> None:  # noqa: ARG002 - as others need it
        """Show the agent that is going to be."""
        await self._begin(job)

    async def requested(self, job: Job) -> None:
        """Do the same, if the request that made the job was cut off before it could."""
        if not job.state.ended:
            await self._begin(job)

    async def completed(self, event: Completed) -> None:
        """Make the agent ready."""
        assert isinstance(event, JobCompleted)
        spec = shown_spec(AgentSpec, event.spec)
        result = AgentResult.model_validate(event.result, extra="ignore")
        agent = _agent_of(spec, job_id=event.job_id, account_id=event.account_id, name="", at=event.started_at)
        await self.agents.succeed(agent, result, at=event.ended_at)

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:
        """Say why there is no agent."""
        reason = event.error.message if isinstance(event, Failed) else WAS_CANCELLED
        await self.agents.end(event.job_id, ENDED[state], reason=reason, at=event.ended_at)

    async def stopped(self, job: Job) -> None:
        """Do the same, ahead of the event that tells it."""
        await self.agents.end(job.id, ENDED[JobState.CANCELLED], reason=WAS_CANCELLED, at=self.clock())

    async def _begin(self, job: Job) -> None:
        spec = shown_spec(AgentSpec, job.spec)
        await self.agents.keep(_agent_of(spec, job_id=job.id, account_id=job.account_id, name=job.name, at=job.created_at))
        await self.environments.activate(spec.environment_id, at=job.created_at)


def _agent_of(spec: AgentSpec, *, job_id: str, account_id: str, name: str, at: datetime) -> Agent:
    return Agent(
        id=spec.agent_id,
        account_id=account_id,
        environment_id=spec.environment_id,
        job_id=job_id,
        name=(name or spec.agent_type)[:NAME_MOST],
        spec=spec,
        created_at=at,
        updated_at=at,
    )
