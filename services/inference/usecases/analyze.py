"""Analyse the candles that are sent: by the rules, then by an LLM where there is one; and not again within five minutes."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from libs.chassis.logs import log
from libs.chassis.single_flight import SingleFlight
from libs.contracts.analyses import (
    Analysis,
    Analyze,
    ConditionJudged,
    JudgeCondition,
    Recommendations,
    RecommendStrategies,
    SignalGenerated,
)
from libs.contracts.deployments import ModelDeployed
from libs.contracts.ids import new_id
from libs.market.pairs import candles_of
from libs.quant.analysis.reading import TIMEFRAMES, Reading
from services.inference.analysts.technical import Technical, analyse_sent, condition_sent, readings_of, recommend
from services.inference.domain.analyses import Analyses, DeployedModels, Deployments, Modelled, NoView
from services.inference.domain.analyst import LlmAnalyst, LlmOpinion

RECENT_FOR: Final = timedelta(minutes=5)
RECENT: Final = "[RECENT]"
NO_LLM: Final = LlmOpinion(None, absent="no LLM is configured")


@dataclass(frozen=True, slots=True)
class AnalyzeMarket:
    """Answers the ask Analyze; every analysis that is made is kept, and told of as a signal."""

    analyses: Analyses
    deployments: Deployments
    models: DeployedModels
    clock: Callable[[], datetime]
    llm: LlmAnalyst | None = None
    _flight: SingleFlight[Analysis] = field(default_factory=SingleFlight)

    async def __call__(self, ask: Analyze) -> Analysis:
        """Return the analysis of exactly this request of the last five minutes, or a new one. Asks of a symbol come to one process."""
        deployed = await self._deployed(ask)
        fingerprint = fingerprint_of(ask, deployed=deployed)
        if not ask.replay and (recent := await self.analyses.recent(fingerprint, since=self.clock() - RECENT_FOR)) is not None:
            return _recent(recent)
        return await self._flight((fingerprint, ask.replay), lambda: self._analyze(ask, deployed, fingerprint))

    async def tracked(self, ask: Analyze, readings: Sequence[Reading]) -> Analysis:
        """Make a new analysis of what the platform's own candles say; `ask` has the newest of them."""
        deployed = await self._deployed(ask)
        return await self._analyze(ask, deployed, fingerprint_of(ask, deployed=deployed), readings)

    async def _analyze(
        self, ask: Analyze, deployed: ModelDeployed | None, fingerprint: str, readings: Sequence[Reading] | None = None
    ) -> Analysis:
        seen = await self.models.on_sent(deployed, ask.market) if deployed else None
        modelled = seen if isinstance(seen, Modelled) else None
        technical = await asyncio.to_thread(analyse_sent, ask, modelled=modelled, readings=readings)
        analysis = _technical(ask, technical, modelled=modelled, at=self.clock())
        if isinstance(seen, NoView):
            analysis = analysis.model_copy(update={"reasons": analysis.reasons | {"model_view": seen.reason}})
        opinion = await self.llm.opinion(ask, technical=analysis) if self.llm else NO_LLM
        analysis = _with_opinion(analysis, opinion)
        await self.analyses.add(analysis, fingerprint=fingerprint, signal=signal_of(analysis, ask))
        log().info("a market was analysed", symbol=ask.symbol, signal=analysis.signal, analyst=analysis.analyst)
        return analysis

    async def _deployed(self, ask: Analyze) -> ModelDeployed | None:
        """Return the deployed model of the longest timeframe that was sent; of an own symbol only a model of the account's own."""
        found = await self.deployments.of(ask.symbol if ask.own else candles_of(ask.symbol))
        sent = [name for name in reversed(TIMEFRAMES) if ask.market.timeframe_data.get(name)]
        fit = [found[name] for name in sent if name in found and (not ask.own or found[name].account_id == ask.account_id)]
        return fit[0] if fit else None


@dataclass(frozen=True, slots=True)
class Recommend:
    """Answers the ask RecommendStrategies."""

    async def __call__(self, ask: RecommendStrategies) -> Recommendations:
        """Return the strategies, the most suitable first."""
        return await asyncio.to_thread(self._recommend, ask)

    def _recommend(self, ask: RecommendStrategies) -> Recommendations:
        return Recommendations(strategies=recommend(readings_of(ask.market), symbol=ask.symbol, strategies=ask.available_strategies))


@dataclass(frozen=True, slots=True)
class Judge:
    """Answers the ask JudgeCondition."""

    async def __call__(self, ask: JudgeCondition) -> ConditionJudged:
        """Return the kind of market, by the longest timeframe that was sent."""
        return await asyncio.to_thread(self._judge, ask)

    def _judge(self, ask: JudgeCondition) -> ConditionJudged:
        readings = readings_of(ask.market)
        condition, reasons = condition_sent(readings, price=ask.market.current_price)
        return ConditionJudged(condition=condition, reasons=reasons)


def fingerprint_of(ask: Analyze, *, deployed: ModelDeployed | None) -> str:
    """Return what an answer depends on, in a hash: symbol, candles, price, context and the deployed model.

    It does not depend on when it was asked for and by whom, but for a symbol of an account's own, whose answers nobody else is given.
    """
    hidden = {"tier", "replay"} | (set() if ask.own else {"account_id"})
    content = ask.model_dump(mode="json", exclude=hidden) | {"model": deployed.artifact if deployed else None}
    content["market"].pop("timestamp")
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def signal_of(analysis: Analysis, ask: Analyze) -> SignalGenerated:
    """Return the event that tells of an analysis."""
    return SignalGenerated(
        sequence=1,
        signal_id=analysis.signal_id,
        symbol=analysis.symbol,
        account_id=ask.account_id if ask.own else None,
        requested_by=ask.account_id,
        signal=analysis.signal,
        confidence=analysis.confidence,
        reasoning=analysis.reasoning,
        strategy_scores=analysis.strategy_scores,
        model_type=analysis.llm_model or "technical",
        timeframe=analysis.timeframe,
        price=analysis.price,
        synthetic=analysis.synthetic,
        timestamp=analysis.timestamp,
    )


def _recent(analysis: Analysis) -> Analysis:
    return analysis.model_copy(update={"recent": True, "reasoning": f"{RECENT} {analysis.reasoning}"})


def _technical(ask: Analyze, technical: Technical, *, modelled: Modelled | None, at: datetime) -> Analysis:
    return Analysis(
        **dict(technical.verdict),
        signal_id=new_id("signal"),
        symbol=ask.symbol,
        price=ask.market.current_price,
        timeframe=next(reversed(technical.indicators)),
        analyst="technical",
        condition=technical.condition,
        indicators=technical.indicators,
        model_view=modelled.view if modelled else None,
        reasons=technical.reasons,
        synthetic=modelled is not None and modelled.synthetic,
        made_at=at,
        timestamp=ask.market.timestamp,
    )


def _with_opinion(analysis: Analysis, opinion: LlmOpinion) -> Analysis:
    """Return the LLM's verdict in place of the technical one, where it stands; else why it does not."""
    if opinion.masked_absent is not None:
        analysis = analysis.model_copy(update={"reasons": analysis.reasons | {"masked": opinion.masked_absent}})
    if opinion.verdict is None:
        return analysis.model_copy(update={"llm_absent": opinion.absent or "the LLM gave no answer", "masked": opinion.masked})
    given = dict(opinion.verdict)
    # What it says nothing of keeps the rules' scores; why a value is null is said of those that still are.
    given["strategy_scores"] = analysis.strategy_scores | given["strategy_scores"]
    said = {"analyst": "llm", "llm_model": opinion.model, "masked": opinion.masked}
    answered = analysis.model_copy(update=given | said)
    kept = {path: why for path, why in analysis.reasons.items() if _is_nothing(answered, path)}
    return answered.model_copy(update={"reasons": kept})


def _is_nothing(analysis: Analysis, path: str) -> bool:
    """Tell whether what a reason is about is null, or has nothing in it."""
    found: Any = analysis
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else getattr(found, name)
    return found is None or found == ()
