"""The gateway's wiring of what Trading AI has that no other face has yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Final

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
from services.gateway.outbound.chat.conversations_mongo import ConversationsMongo
from services.gateway.outbound.chat.pages_sqlite import PagesSqlite
from services.gateway.outbound.experiments.experiments_mongo import ExperimentsMongo
from services.gateway.outbound.jobs.trials_mongo import TrialsMongo
from services.gateway.outbound.signals.config_analyses_mongo import ConfigAnalysesMongo
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.tasking import TaskingParts, make_tasking
from services.gateway.usecases.accounts.erase_account import Forgets
from services.gateway.usecases.chat.ask_project import AskProject
from services.gateway.usecases.nouns import ModelUseCases
from services.gateway.usecases.signals.analyze_config import AnalyzeConfig

PURPOSE: Final = b"modelbourse strangers' feedback\x00"


@dataclass(frozen=True, slots=True)
class TradingParts:
    """What signals, tasks, deployments, alerts and the chat add to the app; `forgetting` keeps something of accounts."""

    use_cases: tuple[Any, ...]
    tasking: TaskingParts
    config_analyses: ConfigAnalysesMongo
    conversations: ConversationsMongo
    trials: TrialsMongo
    experiments: ExperimentsMongo
    pages: PagesSqlite

    @property
    def forgetting(self) -> Sequence[Forgets]:
        """What keeps something of accounts."""
        return self.config_analyses, self.conversations, self.tasking.deployments, self.trials, self.experiments

    async def prepare(self) -> None:
        """Make indexes."""
        await self.tasking.prepare()
        await self.config_analyses.prepare()
        await self.conversations.prepare()

    def bind(self, facts: Facts) -> None:
        """Listen to events of signals and deployments."""


def make_trading(settings: Settings, database: Database, *, platform: Platform, stores: Stores, wake: Callable[[], None]) -> TradingParts:
    """Wire it; `wake` is called after each write that has events to be published."""
    tasking = make_tasking(settings, database, platform=platform, stores=stores, wake=wake)
    jobs, records, files = platform.job_parts, platform.services.signals, platform.use_cases_of(ModelUseCases).results.files
    analyses = ConfigAnalysesMongo(database["config_analyses"])
    conversations, pages = ConversationsMongo(database["conversations"]), PagesSqlite()
    analyze = AnalyzeConfig(jobs.jobs, records, analyses, now)
    use_cases = (
        BacktestUseCases(jobs.jobs, jobs.start, jobs.stop, Ages(settings.stale_after_bars), files),
        *tasking.use_cases,
        FeedbackUseCases(records, analyze, analyses, now, sha256(PURPOSE + settings.jwt_keys[0][1].encode()).digest()),
        SignalUseCases(
            platform.services.analysts,
            platform.services.llm,
            platform.datasets.own,
            partial(database.command, "ping"),
            now,
            settings.synthetic_allowed,
        ),
        LlmUseCases(platform.services.llm),
        ChatUseCases(AskProject(pages, conversations, platform.services.llm, now), pages, conversations, now),
    )
    return TradingParts(use_cases, tasking, analyses, conversations, jobs.trials, jobs.experiments, pages)
