"""The wiring of what analyses markets in inference: which adapters the analysts stand on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.chassis.process import Chassis
from libs.chassis.stores.outbox import Relay
from libs.chassis.stores.outbox_measure import outbox_measure
from libs.contracts.envelope import now
from libs.market.age import Ages
from services.inference.domain.analyst import LlmAnalyst
from services.inference.domain.ports import Models
from services.inference.inbound.asks import Analysts
from services.inference.outbound.analyses_mongo import COLLECTION, AnalysesMongo
from services.inference.outbound.deployed_models import DeployedModelsMarket
from services.inference.outbound.deployments_mongo import DeploymentsMongo
from services.inference.settings import Settings
from services.inference.usecases.analyze import RECENT_FOR, AnalyzeMarket, Judge, Recommend
from services.inference.usecases.predict_trend import Trend


@dataclass(frozen=True, slots=True)
class AnalysingParts:
    """What analyses, and what keeps it."""

    analysts: Analysts
    relay: Relay
    analyses: AnalysesMongo
    deployments: DeploymentsMongo

    @property
    def forgetting(self) -> Sequence[AnalysesMongo | DeploymentsMongo]:
        """What keeps something of accounts."""
        return self.analyses, self.deployments

    async def prepare(self) -> None:
        """Make indexes."""
        await self.analyses.prepare()
        await self.deployments.prepare()


def make_analysing(
    settings: Settings, chassis: Chassis, *, models: Models, llm: LlmAnalyst | None = None, clock: Callable[[], datetime] = now
) -> AnalysingParts:
    """Wire it; `llm` is asked where there is one."""
    relay = Relay(chassis.bus, collections=[chassis.database[COLLECTION]])
    chassis.measures.append(outbox_measure(relay.collections, registry=chassis.registry))
    analyses = AnalysesMongo(chassis.database, life=settings.analysis_life, recent_for=RECENT_FOR, on_write=relay.wake)
    deployments = DeploymentsMongo(chassis.database["deployments"])
    run = DeployedModelsMarket(models, Ages(settings.stale_after_bars), lake=settings.market_lake, artifacts=chassis.artifacts)
    analyze = AnalyzeMarket(analyses, deployments, run, clock, llm)
    return AnalysingParts(Analysts(analyze, Recommend(), Judge(), Trend(deployments, run)), relay, analyses, deployments)
