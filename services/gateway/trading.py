"""The gateway's wiring of what Trading AI has that no other face has yet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from libs.chassis.bus.handlers import Facts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.market.age import Ages
from services.gateway.accounts import Stores
from services.gateway.inbound.faces.trading_ai.backtests import BacktestUseCases
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
class TradingParts:
    """What signals, tasks, deployments, alerts and the chat add to the app."""

    use_cases: tuple[Any, ...]

    tasks: TasksMongo
    deployments: DeploymentsMongo

    async def prepare(self) -> None:
        """Make indexes."""
        await self.tasks.prepare()
        await self.deployments.prepare()

    def bind(self, facts: Facts) -> None:
        """Listen to events of signals and deployments."""


def make_trading(settings: Settings, *, platform: Platform, database: Database, stores: Stores, wake: Callable[[], None]) -> TradingParts:
    """Wire it; `wake` is called after each write that has events to be published (collection `deployments`)."""
    jobs = platform.job_parts
    tasks, deployments = TasksMongo(database["jobs"]), DeploymentsMongo(database["deployments"], on_write=wake)
    use = platform.use_cases_of(ModelUseCases)
    train = TrainModel(jobs.jobs, use.create, use.delete, jobs.start)
    deploy = DeployModel(platform.models, stores.accounts, deployments, use.stage, use.archive, now, settings.deploy_accuracy_least)
    return TradingParts(
        use_cases=(
            BacktestUseCases(jobs.jobs, jobs.start, jobs.stop, Ages(settings.stale_after_bars), use.results.files),
            TaskUseCases(
                jobs.jobs, tasks, platform.models, train, jobs.stop, RetryJob(jobs.start), stores.fleet, now, settings.synthetic_allowed
            ),
            TrainingJobUseCases(jobs.jobs, tasks, platform.models, platform.results, stores.accounts, deployments, deploy, use.own),
        ),
        tasks=tasks,
        deployments=deployments,
    )
