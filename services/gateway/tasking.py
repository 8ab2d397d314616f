"""The gateway's wiring of tasks, training jobs and deployments."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.accounts import Stores
from services.gateway.inbound.faces.trading_ai.tasks import TaskUseCases
from services.gateway.inbound.faces.trading_ai.trainings import TrainingJobUseCases
from services.gateway.outbound.deployments.deployments_mongo import DeploymentsMongo
from services.gateway.outbound.jobs.tasks_mongo import TasksMongo
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.deployments.deploy_model import DeployModel
from services.gateway.usecases.jobs.retry_job import RetryJob
from services.gateway.usecases.jobs.train_model import TrainModel
from services.gateway.usecases.nouns import ModelUseCases


@dataclass(frozen=True, slots=True)
class TaskingParts:
    """What tasks, training jobs and deployments add to the app."""

    use_cases: tuple[TaskUseCases, TrainingJobUseCases]
    tasks: TasksMongo
    deployments: DeploymentsMongo

    async def prepare(self) -> None:
        """Make indexes."""
        await self.tasks.prepare()
        await self.deployments.prepare()


def make_tasking(settings: Settings, database: Database, *, platform: Platform, stores: Stores, wake: Callable[[], None]) -> TaskingParts:
    """Wire it; `wake` is called after each write that has events to be published (collection `deployments`)."""
    jobs, use = platform.job_parts, platform.use_cases_of(ModelUseCases)
    tasks, deployments = TasksMongo(database["jobs"]), DeploymentsMongo(database["deployments"], on_write=wake)
    train = TrainModel(jobs.jobs, use.create, use.delete, jobs.start)
    # An admin's deployment asks no gate of the registry, which follows it.
    stage = replace(use.stage, promotions=platform.registry.ungated)
    deploy = DeployModel(platform.models, stores.accounts, deployments, stage, now, settings.deploy_accuracy_least)
    return TaskingParts(
        use_cases=(
            TaskUseCases(
                jobs.jobs, tasks, platform.models, train, jobs.stop, RetryJob(jobs.start), stores.fleet, now, settings.synthetic_allowed
            ),
            TrainingJobUseCases(jobs.jobs, tasks, platform.models, platform.results, stores.accounts, deployments, deploy, use.own),
        ),
        tasks=tasks,
        deployments=deployments,
    )
