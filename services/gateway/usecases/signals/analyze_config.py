"""Analyse how an account trades, by its own backtests, feedback and signals of the last days."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.chassis.stores.parts import Part
from libs.contracts.backtests import BacktestSpec, BacktestSummary
from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.signals import ReadPerformance, SignalPerformance
from libs.contracts.training import JobState
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import SignalRecords
from services.gateway.domain.signals.config_analysis import ConfigAnalyses, ConfigAnalysis, Measured, suggest

BACKTESTS_MOST: Final = 200
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class AnalyzeConfig:
    """One analysis is kept for each time that it is asked for."""

    jobs: Jobs
    records: SignalRecords
    analyses: ConfigAnalyses
    clock: Clock

    async def __call__(self, account_id: str, *, kind: JobKind, days: int, strategies: bool, risk: bool) -> ConfigAnalysis:
        """Return what is suggested, of the newest 200 jobs of a kind, which play strategies, of these days."""
        at = self.clock()
        measured = await self._measured(account_id, kind=kind, days=days)
        signals = await self._signals(account_id, days=days) if strategies else None
        suggestions, reasons = suggest(measured, signals, strategies=strategies, risk=risk)
        analysis = ConfigAnalysis(
            id=f"config_analysis_{at:%Y%m%d_%H%M%S}",
            account_id=account_id,
            at=at,
            days=days,
            backtests=len(measured),
            suggestions=tuple(suggestions),
            reasons=reasons,
        )
        return await self.analyses.add(analysis)

    async def _measured(self, account_id: str, *, kind: JobKind, days: int) -> list[Measured]:
        since, after = self.clock() - timedelta(days=days), None
        wanted, found = JobFilter(kind, states=[JobState.SUCCEEDED]), list[Measured]()
        while len(found) < BACKTESTS_MOST:
            page = await self.jobs.find(account_id, Part(PAGE, after=after), wanted)
            new = [job for job in page.items if job.created_at >= since]
            found += [Measured(shown_spec(BacktestSpec, job.spec), BacktestSummary.model_validate(job.result)) for job in new]
            after = page.after
            if after is None or len(new) < len(page.items):
                break
        return found[:BACKTESTS_MOST]

    async def _signals(self, account_id: str, *, days: int) -> SignalPerformance | None:
        try:
            return await self.records.performance(ReadPerformance(scope=account_id, account_id=account_id, days=days))
        except PlatformError as error:
            log().info("suggestions go without signals", error=error.code)
            return None
