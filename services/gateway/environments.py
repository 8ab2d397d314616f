"""The gateway's wiring of environments and agents."""

from dataclasses import dataclass
from typing import Any

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.datasets import DatasetParts
from services.gateway.domain.models.ports import ArtifactFiles
from services.gateway.outbound.environments.agents_mongo import AgentsMongo
from services.gateway.outbound.environments.environments_mongo import EnvironmentsMongo
from services.gateway.usecases.datasets.find_training_data import FindTrainingData
from services.gateway.usecases.environments.delete_environment import DeleteEnvironment
from services.gateway.usecases.environments.make_agent import MakeAgent
from services.gateway.usecases.environments.make_environment import FindMarket, MakeEnvironment
from services.gateway.usecases.environments.train_agent import DraftAgent, DraftRun
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.nouns import AgentUseCases, EnvironmentUseCases


@dataclass(frozen=True, slots=True)
class EnvironmentParts:
    """What environments and agents stand on; `makes` is what a training of one changes."""

    environments: EnvironmentsMongo
    agents: AgentsMongo
    makes: MakeAgent

    async def prepare(self) -> None:
        """Make indexes."""
        await self.environments.prepare()
        await self.agents.prepare()

    async def forget(self, account_id: str) -> None:
        """Remove all of an account; the second time there is nothing."""
        await self.agents.forget(account_id)
        await self.environments.forget(account_id)

    def use_cases(self, datasets: DatasetParts, start: StartJob, stop: StopJob, files: ArtifactFiles) -> tuple[Any, ...]:
        """Return what faces call."""
        jobs = start.jobs
        market = FindMarket(FindTrainingData(datasets.datasets), datasets.own, start.synthetic_allowed)
        delete = DeleteEnvironment(self.environments, self.agents, jobs, now)
        return (
            EnvironmentUseCases(self.environments, MakeEnvironment(self.environments, market, now), delete),
            AgentUseCases(
                self.agents,
                self.environments,
                DraftAgent(self.environments, self.agents),
                DraftRun(self.agents, market),
                jobs,
                start,
                stop,
                delete,
                files,
            ),
        )


def make_environments(database: Database) -> EnvironmentParts:
    """Wire them."""
    environments, agents = EnvironmentsMongo(database["environments"]), AgentsMongo(database["agents"])
    return EnvironmentParts(environments, agents, MakeAgent(environments, agents, now))
