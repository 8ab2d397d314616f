"""The wiring of what analyses markets in inference: which adapters the analysts stand on."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from libs.chassis.process import Chassis
from libs.chassis.stores.outbox import Relay
from libs.chassis.stores.outbox_measure import outbox_measure
from libs.contracts.analyses import SignalGenerated, Tracking
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from libs.market.age import Ages
from services.inference.domain.analyst import LlmAnalyst
from services.inference.domain.performance import LiveCandles
from services.inference.domain.ports import Models
from services.inference.inbound.asks import Analysts
from services.inference.inbound.tracking import track_when_due
from services.inference.outbound.analyses_mongo import COLLECTION, AnalysesMongo
from services.inference.outbound.deployed_models import DeployedModelsMarket
from services.inference.outbound.deployments_mongo import DeploymentsMongo
from services.inference.outbound.rounds_mongo import RoundsMongo
from services.inference.outbound.skipped_mongo import SkippedMongo
from services.inference.outbound.tracked_market import TrackedMarket
from services.inference.settings import Settings
from services.inference.usecases.analyze import RECENT_FOR, AnalyzeMarket, Judge, Recommend
from services.inference.usecases.analyze_tracked import EVERY, AnalyzeTracked
from services.inference.usecases.predict_trend import Trend


@dataclass(frozen=True, slots=True)
class AnalysingParts:
    """What analyses, and what keeps it."""

    analysts: Analysts
    track: AnalyzeTracked
    relay: Relay
    analyses: AnalysesMongo
    deployments: DeploymentsMongo

    @property
    def forgetting(self) -> Sequence[AnalysesMongo | DeploymentsMongo]:
        """What keeps something of accounts."""
        return self.analyses, self.deployments

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Publish what was written, and analyse what is tracked."""
        async with self.relay.running(), track_when_due(self.track):
            yield

    async def prepare(self) -> None:
        """Make indexes."""
        await self.analyses.prepare()
        await self.deployments.prepare()


def make_analysing(
    settings: Settings,
    chassis: Chassis,
    *,
    models: Models,
    live: LiveCandles,
    follow: Callable[[SignalGenerated], Awaitable[None]],
    llm: LlmAnalyst | None = None,
    clock: Callable[[], datetime] = now,
) -> AnalysingParts:
    """Wire it; `follow` is told of each signal, `llm` is asked where there is one."""
    database, lake, stale_after = chassis.database, settings.market_lake, settings.stale_after_bars
    relay = Relay(chassis.bus, collections=[database[COLLECTION]])
    chassis.measures.append(outbox_measure(relay.collections, registry=chassis.registry))
    analyses = AnalysesMongo(database, life=settings.analysis_life, recent_for=RECENT_FOR, on_write=relay.wake)
    deployments = DeploymentsMongo(database["deployments"])
    run = DeployedModelsMarket(models, Ages(stale_after), lake=lake, artifacts=chassis.artifacts)
    analyze = AnalyzeMarket(analyses, follow, deployments, run, clock, stale_after, llm)
    track = AnalyzeTracked(
        settings.tracked_symbols,
        RoundsMongo(database["analysis_rounds"]),
        TrackedMarket(lake, chassis.artifacts, live, stale_after=stale_after),
        analyze.tracked,
        SkippedMongo(database["skipped_symbols"]),
        clock,
        holder=new_id("runner"),
    )
    tracking = Tracking(symbols=settings.tracked_symbols, every_s=EVERY.total_seconds())
    analysts = Analysts(analyze, Recommend(stale_after), Judge(stale_after), Trend(deployments, run), tracking)
    return AnalysingParts(analysts, track, relay, analyses, deployments)
