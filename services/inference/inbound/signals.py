"""Signals as events and asks: each bound to its use case, and the sweep that scores them."""

import asyncio
import random
from dataclasses import dataclass

from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.liveness.failures import report_failure
from libs.chassis.logs import log
from libs.contracts.analyses import SignalGenerated
from libs.contracts.envelope import Reply
from libs.contracts.signals import ClearStorage, GiveFeedback, ReadAnalyses, ReadPerformance, ReadStorage
from services.inference.domain.signal_scores import Feedback, SignalScores
from services.inference.usecases.read_signals import ShowPerformance, ShowStorage, TakeFeedback
from services.inference.usecases.score_signals import ScoreSignals


@dataclass(frozen=True, slots=True)
class Signals:
    """What signals add to the service; a sweep comes about every so many seconds."""

    scores: SignalScores
    feedback: Feedback
    take: TakeFeedback
    performance: ShowPerformance
    storage: ShowStorage
    score: ScoreSignals
    every_s: float

    def bind(self, facts: Facts, answers: Answers) -> None:
        """Listen, and answer."""
        facts.on(SignalGenerated)(self.score.follow)
        answers.to(ReadPerformance)(self.performance)
        answers.to(ReadAnalyses)(self.storage.analyses)
        answers.to(ReadStorage)(self.storage.storage)
        answers.to(ClearStorage)(self.storage.clear)

        @answers.to(GiveFeedback)
        async def on_give_feedback(ask: GiveFeedback) -> Reply:
            taken = await self.take(ask)
            self.performance.forget()
            return taken

    async def forget(self, account_id: str) -> None:
        """Remove what is of an account."""
        await self.scores.forget(account_id)
        await self.feedback.forget(account_id)

    async def keep_scoring(self) -> None:
        """Score what is due, for ever."""
        while True:
            try:
                count = await self.score()
            except Exception as error:  # noqa: BLE001  # counted and logged; what is due stays due
                report_failure(error, work="scoring signals")
            else:
                if count:
                    log().info("signals were scored", count=count)
            await asyncio.sleep(self.every_s * random.uniform(0.5, 1.0))  # noqa: S311  # replicas should not act in step
