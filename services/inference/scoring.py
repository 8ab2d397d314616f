"""The wiring of what is known of signals in inference: their scores, feedback on them, and the analyses that are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from libs.chassis.process import Chassis
from services.inference.domain.performance import LiveCandles
from services.inference.inbound.signals import Signals
from services.inference.outbound.analysis_days_mongo import AnalysisDaysMongo
from services.inference.outbound.closes_market import ClosesMarket
from services.inference.outbound.kept_analyses_mongo import KeptAnalysesMongo
from services.inference.outbound.signal_feedback_mongo import SignalFeedbackMongo
from services.inference.outbound.signal_scores_mongo import SignalScoresMongo
from services.inference.outbound.skipped_mongo import SkippedMongo
from services.inference.outbound.uptime_mongo import UptimeMongo
from services.inference.settings import Settings
from services.inference.usecases.analyze_tracked import EVERY
from services.inference.usecases.read_signals import ShowPerformance, ShowStorage, TakeFeedback
from services.inference.usecases.score_signals import ScoreSignals


@dataclass(frozen=True, slots=True)
class ScoringParts:
    """What signals add to the service."""

    signals: Signals
    scores: SignalScoresMongo
    feedback: SignalFeedbackMongo
    archive: KeptAnalysesMongo
    uptime: UptimeMongo

    async def prepare(self) -> None:
        """Make indexes."""
        await self.scores.prepare()
        await self.feedback.prepare()
        await self.archive.prepare()
        await self.uptime.prepare()


def make_scoring(settings: Settings, chassis: Chassis, *, live: LiveCandles, clock: Callable[[], datetime]) -> ScoringParts:
    """Wire it."""
    database, life = chassis.database, settings.signal_life
    scores, feedback = SignalScoresMongo(database, life=life), SignalFeedbackMongo(database, life=life)
    archive = KeptAnalysesMongo(database, AnalysisDaysMongo(database, life=settings.analysis_life))
    uptime = UptimeMongo(database["analyst_uptime"])
    signals = Signals(
        scores,
        feedback,
        TakeFeedback(scores, feedback, clock),
        ShowPerformance(scores, feedback, uptime, clock),
        ShowStorage(archive, SkippedMongo(database["skipped_symbols"]), EVERY, clock),
        ScoreSignals(scores, ClosesMarket(settings.market_lake, chassis.artifacts, live), uptime, clock),
        settings.score_every.total_seconds(),
    )
    return ScoringParts(signals, scores, feedback, archive, uptime)
