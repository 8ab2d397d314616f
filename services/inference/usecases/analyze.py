"""Analyse the candles that are sent: by the rules, then by an LLM where there is one; and not again within five minutes."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from libs.chassis.logs import log
from libs.chassis.single_flight import SingleFlight
from libs.contracts.analyses import (
    TIMEFRAMES,
    Analysis,
    Analyze,
    ConditionJudged,
    JudgeCondition,
    MaskedDifference,
    Origin,
    Recommendations,
    RecommendStrategies,
    SignalGenerated,
    Verdict,
)
from libs.contracts.deployments import ModelDeployed
from libs.contracts.ids import new_id
from libs.market.pairs import candles_of
from libs.quant.analysis.reading import Reading
from libs.quant.analysis.verdict import NEUTRAL
from services.inference.analysts.llm_verdict import POSITION
from services.inference.analysts.sent_market import LookedAt, look_at
from services.inference.analysts.technical import Technical, analyse, condition_sent, judged, lowered, readings_of, recommend
from services.inference.domain.analyses import Analyses, DeployedModels, Deployments, Modelled, NoView
from services.inference.domain.analyst import LlmAnalyst, LlmOpinion

RECENT_FOR: Final = timedelta(minutes=5)
RECENT: Final = "[RECENT]"
OTHER_SIGNAL: Final = "the LLM names none that stands, and the rules' position is not one of this signal"
NO_LLM: Final = LlmOpinion(None, absent="no LLM is configured")


@dataclass(frozen=True, slots=True)
class AnalyzeMarket:
    """Answers the ask Analyze; every analysis that is made is kept, and told of as a signal.

    Candles that were sent, and are older than `stale_after` bars, lower the confidence. `follow` is told of each signal before anybody has
    it, so that feedback on it finds it; where it is not reached, the event does.
    """

    analyses: Analyses
    follow: Callable[[SignalGenerated], Awaitable[None]]
    deployments: Deployments
    models: DeployedModels
    clock: Callable[[], datetime]
    stale_after: int
    llm: LlmAnalyst | None = None
    # Nobody else waits for an LLM on behalf of callers that have gone.
    _flight: SingleFlight[Analysis] = field(default_factory=lambda: SingleFlight(ends_unread=True))

    async def __call__(self, ask: Analyze) -> Analysis:
        """Return the analysis of exactly this request of the last five minutes, or a new one. Asks of a symbol come to one process."""
        looked = await asyncio.to_thread(look_at, ask.market, stale_after=self.stale_after)
        ask = ask.model_copy(update={"market": looked.market})
        deployed = await self._deployed(ask)
        prints = prints_of(ask, deployed=deployed, looked=looked)
        since = self.clock() - RECENT_FOR
        for fingerprint in () if ask.replay else prints:
            if (recent := await self.analyses.recent(fingerprint, since=since)) is not None:
                return _recent(recent, looked)
        return await self._flight((prints.own, ask.replay), lambda: self._analyze(ask, deployed, prints, looked))

    async def tracked(self, ask: Analyze, readings: Sequence[Reading]) -> Analysis:
        """Make a new analysis of what the platform's own candles say; `ask` has the newest of them."""
        deployed = await self._deployed(ask)
        fingerprint = prints_of(ask, deployed=deployed).shared
        return await self._analyze(ask, deployed, Prints(fingerprint, fingerprint), readings)

    async def _analyze(
        self, ask: Analyze, deployed: ModelDeployed | None, prints: "Prints", seen_as: LookedAt | Sequence[Reading]
    ) -> Analysis:
        """Make an analysis of candles that were sent, looked at, or of what the platform's own say."""
        seen = await self.models.on_sent(deployed, ask.market) if deployed else None
        modelled = seen if isinstance(seen, Modelled) else None
        looked = seen_as if isinstance(seen_as, LookedAt) else None
        technical = await asyncio.to_thread(_by_rules, ask, seen_as, modelled)
        analysis = _technical(ask, technical, modelled=modelled, looked=looked, at=self.clock())
        if isinstance(seen, NoView):
            analysis = analysis.model_copy(update={"reasons": analysis.reasons | {"model_view": seen.reason}})
        opinion = await self.llm.opinion(ask, technical=analysis) if self.llm else NO_LLM
        answered = _with_opinion(analysis, opinion, quality=looked.quality if looked else 1.0)
        if ask.replay and (opinion.replayed or opinion.verdict is None):
            return answered.model_copy(update={"signal_id": None})  # Nothing new was said.
        # Candles and a budget are what others may have, too.
        fingerprint = prints.own if opinion.passing else prints.shared
        told = _told(answered, ask, technical=analysis, origin="caller" if looked else "platform")
        await self.analyses.add(answered, fingerprint=fingerprint, signal=told)
        await self.follow(told)
        log().info("a market was analysed", symbol=ask.symbol, signal=answered.signal, analyst=answered.analyst)
        return answered

    async def _deployed(self, ask: Analyze) -> ModelDeployed | None:
        """Return the deployed model of the longest timeframe that was sent; of an own symbol only a model of the account's own."""
        found = await self.deployments.of(ask.symbol if ask.own else candles_of(ask.symbol))
        sent = [name for name in reversed(TIMEFRAMES) if ask.market.timeframe_data.get(name)]
        fit = [found[name] for name in sent if name in found and (not ask.own or found[name].account_id == ask.account_id)]
        return fit[0] if fit else None


@dataclass(frozen=True, slots=True)
class Recommend:
    """Answers the ask RecommendStrategies."""

    stale_after: int

    async def __call__(self, ask: RecommendStrategies) -> Recommendations:
        """Return the strategies, the most suitable first."""
        return await asyncio.to_thread(self._recommend, ask)

    def _recommend(self, ask: RecommendStrategies) -> Recommendations:
        looked = look_at(ask.market, stale_after=self.stale_after)
        readings = readings_of(looked.bars)
        rows = recommend(readings, symbol=ask.symbol, strategies=ask.available_strategies, quality=looked.quality)
        return Recommendations(strategies=rows, warnings=dict(looked.warnings))


@dataclass(frozen=True, slots=True)
class Judge:
    """Answers the ask JudgeCondition."""

    stale_after: int

    async def __call__(self, ask: JudgeCondition) -> ConditionJudged:
        """Return the kind of market, by the longest timeframe that was sent."""
        return await asyncio.to_thread(self._judge, ask)

    def _judge(self, ask: JudgeCondition) -> ConditionJudged:
        looked = look_at(ask.market, stale_after=self.stale_after)
        readings = readings_of(looked.bars)
        condition, reasons = condition_sent(readings, price=ask.market.current_price)
        return ConditionJudged(
            condition=judged(condition, looked, quality=looked.qualities[readings[-1].timeframe]),
            reasons=reasons | looked.reasons,
            warnings=dict(looked.warnings),
            volume_24h=looked.day_volume,
        )


class Prints(NamedTuple):
    """By which an answer is found again: by whoever asks the same, and by the same account alone."""

    shared: str
    own: str


def prints_of(ask: Analyze, *, deployed: ModelDeployed | None, looked: LookedAt | None = None) -> Prints:
    """Return what an answer depends on, in hashes: symbol, candles (and what was noticed of them), price, context and the deployed model.

    It does not depend on when it was asked for, and what is shared not on by whom, but for a symbol of an account's own.
    """
    content = ask.model_dump(mode="json", exclude={"tier", "replay", "account_id"})
    content["market"].pop("timestamp")
    content["model"] = deployed.artifact if deployed else None
    if looked is not None:
        content |= {"quality": round(looked.quality, 2), "reasons": sorted(looked.reasons)}
    asked = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    own = hashlib.sha256(f"{asked} {ask.account_id}".encode()).hexdigest()
    return Prints(own if ask.own else asked, own)


def _told(analysis: Analysis, ask: Analyze, *, technical: Analysis, origin: Origin) -> SignalGenerated:
    """Return the event that tells of an analysis: in the rules' words where an LLM may have taken its own from what a caller has said."""
    private = ask.context is not None and any(
        (ask.context.user_preferences, ask.context.technical_indicators, ask.context.market_condition)
    )
    assert analysis.signal_id is not None  # It is new.
    return SignalGenerated(
        sequence=1,
        signal_id=analysis.signal_id,
        origin=origin,
        symbol=analysis.symbol,
        account_id=ask.account_id if ask.own else None,
        requested_by=ask.account_id,
        signal=analysis.signal,
        confidence=analysis.confidence,
        reasoning=technical.reasoning if private and not ask.own else analysis.reasoning,
        strategy_scores=analysis.strategy_scores,
        model_type=analysis.llm_model or "technical",
        timeframe=analysis.timeframe,
        price=analysis.price,
        synthetic=analysis.synthetic,
        timestamp=analysis.timestamp,
    )


def _recent(analysis: Analysis, looked: LookedAt) -> Analysis:
    """Return an analysis of the last five minutes; its warnings are those of this request, whose candles are older now."""
    said = {"recent": True, "reasoning": f"{RECENT} {analysis.reasoning}", "warnings": dict(looked.warnings)}
    return analysis.model_copy(update=said)


def _by_rules(ask: Analyze, seen_as: LookedAt | Sequence[Reading], modelled: Modelled | None) -> Technical:
    """Return what the rules say. Blocks for some milliseconds."""
    readings = readings_of(seen_as.bars) if isinstance(seen_as, LookedAt) else seen_as
    found = analyse(readings, symbol=ask.symbol, price=ask.market.current_price, context=ask.context, modelled=modelled)
    return lowered(found, seen_as) if isinstance(seen_as, LookedAt) else found


def _technical(ask: Analyze, technical: Technical, *, modelled: Modelled | None, looked: LookedAt | None, at: datetime) -> Analysis:
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
        warnings=dict(looked.warnings) if looked else {},
        volume_24h=looked.day_volume if looked else None,
        synthetic=modelled is not None and modelled.synthetic,
        made_at=at,
        timestamp=ask.market.timestamp,
    )


def _with_opinion(analysis: Analysis, opinion: LlmOpinion, *, quality: float) -> Analysis:
    """Return the LLM's verdict in place of the technical one, where it stands, as sure as the candles allow; else why it does not."""
    opinion = replace(opinion, verdict=_less_sure(opinion.verdict, quality), masked=_less_sure(opinion.masked, quality))
    if opinion.masked_absent is not None:
        analysis = analysis.model_copy(update={"reasons": analysis.reasons | {"masked": opinion.masked_absent}})
    if opinion.verdict is None:
        return analysis.model_copy(update={"llm_absent": opinion.absent or "the LLM gave no answer", "masked": opinion.masked})
    said: dict[str, Any] = {"analyst": "llm", "llm_model": opinion.model, "masked": opinion.masked, "replayed": opinion.replayed}
    if opinion.masked is not None:
        said["masked_difference"] = _difference(opinion.verdict, opinion.masked)
    answered = analysis.model_copy(update=dict(opinion.verdict) | said)
    reasons = analysis.reasons
    if analysis.signal != answered.signal:  # Why the rules' position has no stop does not hold of another.
        why = NEUTRAL if answered.signal == "Neutral" else OTHER_SIGNAL
        reasons = reasons | {f"risk_assessment.{name}": why for name in POSITION}
    return answered.model_copy(update={"reasons": {path: why for path, why in reasons.items() if _is_nothing(answered, path)}})


def _less_sure(verdict: Verdict | None, quality: float) -> Verdict | None:
    return None if verdict is None else verdict.model_copy(update={"confidence": verdict.confidence * quality})


def _difference(plain: Verdict, masked: Verdict) -> MaskedDifference:
    """Return how what is said without names and dates differs from what is said with them."""
    pairs = [(name, plain.strategy_scores[name], score) for name, score in masked.strategy_scores.items()]
    return MaskedDifference(
        signal_changed=plain.signal != masked.signal,
        confidence=masked.confidence - plain.confidence,
        strategy_scores={name: None if first is None or second is None else second - first for name, first, second in pairs},
    )


def _is_nothing(analysis: Analysis, path: str) -> bool:
    """Tell whether what a reason is about is null, or has nothing in it."""
    found: Any = analysis
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else getattr(found, name)
    return found is None or found == ()
