"""The gateway's wiring of what Trading AI has that no other face has yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from libs.chassis.bus.handlers import Facts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.market.age import Ages
from services.gateway.accounts import Stores
from services.gateway.inbound.faces.trading_ai.backtests import BacktestUseCases
from services.gateway.inbound.faces.trading_ai.chat import ChatUseCases
from services.gateway.inbound.faces.trading_ai.feedback import FeedbackUseCases
from services.gateway.inbound.faces.trading_ai.llm import LlmUseCases
from services.gateway.inbound.faces.trading_ai.signals import SignalUseCases
from services.gateway.inbound.faces.trading_ai.tasks import TaskUseCases
from services.gateway.inbound.faces.trading_ai.trainings import TrainingJobUseCases
from services.gateway.outbound.chat.conversations_mongo import ConversationsMongo
from services.gateway.outbound.chat.pages_sqlite import PagesSqlite
from services.gateway.outbound.deployments.deployments_mongo import DeploymentsMongo
from services.gateway.outbound.jobs.tasks_mongo import TasksMongo
from services.gateway.outbound.signals.config_analyses_mongo import ConfigAnalysesMongo
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.accounts.erase_account import Forgets
from services.gateway.usecases.chat.ask_project import AskProject
from services.gateway.usecases.deployments.deploy_model import DeployModel
from services.gateway.usecases.jobs.retry_job import RetryJob
from services.gateway.usecases.jobs.train_model import TrainModel
from services.gateway.usecases.nouns import ModelUseCases
from services.gateway.usecases.signals.analyze_config import AnalyzeConfig


@dataclass(frozen=True, slots=True)
class TradingParts:
    """What signals, tasks, deployments, alerts and the chat add to the app."""

    use_cases: tuple[Any, ...]
    tasks: TasksMongo
    deployments: DeploymentsMongo
    config_analyses: ConfigAnalysesMongo
    conversations: ConversationsMongo

    @property
    def forgetting(self) -> Sequence[Forgets]:
        """What keeps something of accounts."""
        return self.deployments, self.config_analyses, self.conversations

    async def prepare(self) -> None:
        """Make indexes."""
        for each in (self.tasks, self.deployments, self.config_analyses, self.conversations):
            await each.prepare()

    def bind(self, facts: Facts) -> None:
        """Listen to events of signals and deployments."""


def make_trading(settings: Settings, database: Database, stores: Stores, *, platform: Platform, wake: Callable[[], None]) -> TradingParts:
    """Wire it; `wake` is called after each write that has events to be published (collection `deployments`)."""
    jobs, records, llm = platform.job_parts, platform.services.signals, platform.services.llm
    tasks, deployments = TasksMongo(database["jobs"]), DeploymentsMongo(database["deployments"], on_write=wake)
    analyses = ConfigAnalysesMongo(database["config_analyses"])
    conversations, pages = ConversationsMongo(database["conversations"]), PagesSqlite()
    use = platform.use_cases_of(ModelUseCases)
    train = TrainModel(jobs.jobs, use.create, use.delete, jobs.start)
    deploy = DeployModel(platform.models, stores.accounts, deployments, use.stage, use.archive, now, settings.deploy_accuracy_least)
    use_cases = (
        BacktestUseCases(jobs.jobs, jobs.start, jobs.stop, Ages(settings.stale_after_bars), use.results.files),
        TaskUseCases(
            jobs.jobs, tasks, platform.models, train, jobs.stop, RetryJob(jobs.start), stores.fleet, now, settings.synthetic_allowed
        ),
        TrainingJobUseCases(jobs.jobs, tasks, platform.models, platform.results, stores.accounts, deployments, deploy, use.own),
        FeedbackUseCases(records, AnalyzeConfig(jobs.jobs, records, analyses, now), analyses, now),
        SignalUseCases(
            platform.services.analysts,
            llm,
            platform.datasets.own,
            partial(database.command, "ping"),
            now,
            settings.synthetic_allowed,
        ),
        LlmUseCases(llm),
        ChatUseCases(AskProject(pages, conversations, llm, now), pages, conversations, now),
    )
    return TradingParts(use_cases, tasks, deployments, analyses, conversations)
