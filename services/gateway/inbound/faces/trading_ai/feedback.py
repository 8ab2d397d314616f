"""What became of signals: feedback, performance, what is stored, and what is suggested by it."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import floor
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from starlette.requests import Request

from libs.contracts import signals as contract
from libs.contracts.example_signals import SIGNALS
from libs.contracts.example_story import ACCOUNT, BEGIN
from libs.contracts.job_kinds import JobKind
from modelbourse.answers.trading_ai import feedback as answers
from modelbourse.answers.trading_ai.live import SIGNAL_ID
from services.gateway.domain.accounts.caller import STRANGER, Caller, Scope
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import SignalRecords
from services.gateway.domain.signals.config_analysis import ConfigAnalyses, ConfigAnalysis, Suggestion
from services.gateway.inbound.faces.trading_ai.face import FACE, TOO_MANY, TOO_MANY_REQUESTS
from services.gateway.inbound.faces.trading_ai.words import candles_of, pair_of
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.face import Limit, Window
from services.gateway.inbound.http.limits import limited
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, used, welcomes
from services.gateway.inbound.http.strict_body import Boolean, Number, StrictBody
from services.gateway.inbound.http.strict_route import make_router, open_as_documented
from services.gateway.usecases.signals.analyze_config import AnalyzeConfig

PLATFORM: Final = "platform"
COLLECTION: Final = "ai_analysis_results"
# What a contract's figure is called here, where that is another name.
CALLED: Final = {
    "overall_accuracy": "accuracy",
    "f1_score": "f1",
    "predictions_made": "predictions",
    "successful_predictions": "hits",
    "failed_predictions": "misses",
    "neutral_predictions": "neutral",
    "feedback_count": "feedback",
    "last_updated": "computed_at",
}
CALLED_HERE: Final = {theirs: ours for ours, theirs in CALLED.items()} | {"uptime": "model_uptime"}
EXAMPLE: Final[dict[str, Any]] = {
    "signal_id": SIGNAL_ID,
    "symbol": "BTCUSDT",
    "predicted_signal": "Long",
    "actual_outcome": "PROFIT",
    "profit_loss": 50.0,
    "confidence_was_accurate": True,
    "feedback_notes": "Left at the first target.",
    "timestamp": 1697234567000,
}
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class FeedbackIn(StrictBody):
    """What became of a signal."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    signal_id: Text = Field(description="The signal's id.")
    symbol: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] = Field(description="Of what it was.")
    predicted_signal: Literal["Long", "Short", "Neutral"] = Field(description="What it said.")
    actual_outcome: contract.FeedbackOutcome = Field(description="What came of it.")
    profit_loss: Annotated[float, Number] | None = Field(None, description="In money.", allow_inf_nan=False)
    confidence_was_accurate: Boolean | None = Field(None, description="Whether its confidence was right.")
    feedback_notes: str | None = Field(None, max_length=2000, description="What you want to say of it.")
    timestamp: Annotated[int, Number] | None = Field(None, gt=0, le=10**14, description="When, in milliseconds since 1970 (UTC).")

    @field_validator("profit_loss")
    @classmethod
    def _agrees_with_its_outcome(cls, money: float | None, info: ValidationInfo) -> float | None:
        outcome = info.data.get("actual_outcome")
        if money and outcome == ("PROFIT" if money < 0 else "LOSS"):
            msg = f"actual_outcome {outcome} does not go with a profit_loss of {money:g}."
            raise ValueError(msg)
        return money


class ConfigAnalysisIn(StrictBody):
    """What is to be analysed."""

    analyze_strategies: Boolean = Field(default=True, description="Whether strategies are weighed, and signals by their confidence.")
    analyze_risk_settings: Boolean = Field(default=True, description="Whether position sizes and stops are looked at.")
    days_historical: Annotated[int, Number] = Field(30, ge=1, le=contract.DAYS_MOST, description="Backtests and signals of how many days.")


@dataclass(frozen=True, slots=True)
class FeedbackUseCases:
    """What the handlers call."""

    records: SignalRecords
    analyze: AnalyzeConfig
    analyses: ConfigAnalyses
    clock: Clock
    # What addresses are hashed with: without a key, all there are would be tried in seconds.
    key: bytes


Use = Annotated[FeedbackUseCases, used(FeedbackUseCases)]
Reader = Annotated[Caller, welcomes(Scope.READ)]
Writer = Annotated[Caller, welcomes(Scope.WRITE, Scope.TRAIN)]
Days = Annotated[int, Query(ge=1, le=contract.DAYS_MOST, description="How many days back.")]
routes = make_router(prefix="/ai", tags=[FACE.tag("signals")])


def account_of(caller: Caller) -> str | None:
    """Return whose request it is; None for who brings no credential."""
    return None if caller is STRANGER else caller.account_id


def performance_of(found: contract.SignalPerformance, *, account_id: str | None, days: int | None) -> answers.Performance:
    """Return how good signals were, in the document's words."""
    named = {name: getattr(found, CALLED.get(name, name), None) for name in answers.Performance.model_fields}
    origins = [_of_origin(each) for each in found.by_origin]
    reasons = _reasons(found.reasons)
    if found.uptime_since is None:
        reasons["uptime_since"] = reasons.get("model_uptime", "nothing has been recorded yet")
    # Downwards: what was away for a moment was not there all the time.
    uptime = None if found.uptime is None else f"{floor(found.uptime * 1000) / 10:.1f}%"
    calibration = [answers.Reliability.model_validate(dict(each)) for each in found.calibration]
    interval = list(found.accuracy_interval) if found.accuracy_interval else None
    scope = "account" if account_id else PLATFORM
    more: dict[str, Any] = {"model_uptime": uptime, "calibration": calibration, "accuracy_interval": interval, "scope": scope, "days": days}
    more["by_origin"] = origins
    return answers.Performance.model_validate(named | more | {"reasons": reasons})


def _of_origin(found: contract.OriginScores) -> answers.OriginPerformance:
    names = answers.OriginPerformance.model_fields
    interval = list(found.accuracy_interval) if found.accuracy_interval else None
    named = {name: getattr(found, CALLED.get(name, name)) for name in names} | {"accuracy_interval": interval}
    return answers.OriginPerformance.model_validate(named | {"reasons": _reasons(found.reasons)})


def _reasons(given: Mapping[str, str]) -> dict[str, str]:
    """Return why what is null is, by what it is called here."""
    return {CALLED_HERE.get(name, name): why for name, why in given.items()}


def suggestion_of(found: Suggestion) -> answers.ConfigSuggestion:
    """Return a suggestion, in the document's words."""
    kind = "weight" if found.category == "strategy_weight" else "value"
    values = {f"current_{kind}": found.current, f"suggested_{kind}": found.suggested}
    shared = {name: getattr(found, name) for name in ("category", "reasoning", "impact", "confidence", "sample")}
    return answers.ConfigSuggestion.model_validate(shared | values | ({"strategy": found.strategy} if found.strategy else {}))


def suggestions_of(found: ConfigAnalysis | None, *, days: int, limit: int) -> answers.ConfigSuggestions:
    """Return what an analysis suggests; None: there was none."""
    if found is None:
        nothing = f"no analysis was made in the last {days} days: POST /ai/config-analysis/trigger makes one"
        reasons = dict.fromkeys(("suggestions", "analysis_date", "analysis_id"), nothing)
        return answers.ConfigSuggestions(suggestions=[], total_suggestions=0, analysis_date=None, analysis_id=None, reasons=reasons)
    shown = [suggestion_of(each) for each in found.suggestions[:limit]]
    return answers.ConfigSuggestions(
        suggestions=shown,
        total_suggestions=len(found.suggestions),
        analysis_date=found.at,
        analysis_id=found.id,
        reasons=dict(found.reasons),
    )


def storage_of(found: contract.Storage) -> answers.StorageStats:
    """Return what is stored, in the document's words."""
    breakdown = [
        answers.SymbolAnalyses(symbol=each.symbol, analysis_count=each.analyses, latest_analysis=each.latest_at) for each in found.symbols
    ]
    return answers.StorageStats(
        total_analyses=found.total,
        symbols_analyzed=found.symbols_counted,
        symbol_breakdown=breakdown,
        analysis_interval_minutes=round(found.interval_s / 60),
        collection_name=COLLECTION,
        skipped=[answers.SkippedSymbol.model_validate(dict(each)) for each in found.skipped],
    )


def history_of(found: contract.KeptAnalyses, *, limit: int) -> answers.AnalysisHistory:
    """Return past analyses, in the document's words."""
    past = [
        answers.PastAnalysis(
            symbol=each.symbol,
            signal=each.signal,
            confidence=each.confidence,
            reasoning=each.reasoning,
            timestamp=each.made_at,
            signal_id=each.signal_id,
            model_type=each.model,
            origin=each.origin,
        )
        for each in found.analyses
    ]
    return answers.AnalysisHistory(total=found.total, limit=limit, analyses=past)


def example(kind: type[Any]) -> Any:
    """Return the contracts' example of a message."""
    return next(each for each in SIGNALS if isinstance(each, kind))


ANALYSED: Final = ConfigAnalysis(
    id="config_analysis_20260105_093000", account_id=ACCOUNT, at=BEGIN, days=30, backtests=14, reasons={}, suggestions=(
        Suggestion(
            category="risk_management", strategy="RSI Strategy", current=0.1, suggested=0.04, impact="HIGH", confidence=0.81, sample=100,
            reasoning="RSI Strategy won 62 of 100 trades (62%, 95 % interval 52% to 71%) with 1.10 won for each 1 lost.",
        ),
    ),
)  # fmt: skip
RECEIVED: Final = answers.FeedbackReceived(
    message="Feedback received successfully", signal_id=SIGNAL_ID, known=True, repeated=False, timestamp=BEGIN
)
CLEARED: Final = answers.StorageCleared(message="Storage cleared successfully", cleared_analyses=1, timestamp=BEGIN)


def analysed_of(found: ConfigAnalysis) -> answers.ConfigAnalysed:
    """Return the answer to who asked for an analysis."""
    return answers.ConfigAnalysed(
        analysis_id=found.id,
        status="COMPLETED",
        suggestions_generated=len(found.suggestions),
        backtests_analyzed=found.backtests,
        timestamp=found.at,
        reasons=dict(found.reasons),
    )


@routes.post(
    "/feedback",
    summary="Say what became of a signal",
    response_description="It is kept; the second word on a signal stands in the first one's place.",
    responses=answered(RECEIVED) | refused(FACE, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
@limited(Limit(20, Window.MINUTE, refusal=TOO_MANY))
async def give_feedback(request: Request, body: FeedbackIn, caller: Writer, use: Use) -> answers.FeedbackReceived:
    """Count it in `GET /ai/performance` in the place of what the market did; on a signal that was not made here it counts in nothing."""
    account_id = account_of(caller)
    # An address says who somebody is: of one without a credential its hash is kept.
    stranger = f"stranger:{hmac.digest(use.key, exchange_of(request.scope).address.encode(), 'sha256').hex()[:16]}"
    ask = contract.GiveFeedback(caller=account_id or stranger, account_id=account_id, **body.model_dump())
    taken = await use.records.feedback(ask)
    return RECEIVED.model_copy(
        update={"signal_id": taken.signal_id, "known": taken.known, "repeated": taken.repeated, "timestamp": taken.taken_at}
    )


@routes.get(
    "/performance",
    summary="How good signals were",
    response_description="With a credential the caller's, without one the platform's; what cannot be computed is null, with its reason.",
    responses=answered(performance_of(example(contract.SignalPerformance), account_id=ACCOUNT, days=None))
    | refused(FACE, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
async def get_performance(
    caller: Reader,
    use: Use,
    days: Annotated[int | None, Query(ge=1, le=contract.DAYS_MOST, description="Of the last so many days; default: all.")] = None,
) -> answers.Performance:
    """Compute it from feedback and from what the market did after each signal."""
    account_id = account_of(caller)
    found = await use.records.performance(contract.ReadPerformance(scope=account_id or PLATFORM, account_id=account_id, days=days))
    return performance_of(found, account_id=account_id, days=days)


@routes.get(
    "/storage/stats",
    summary="What is stored of analyses",
    response_description="Public analyses and the caller's own, by symbol.",
    responses=answered(storage_of(example(contract.Storage))) | refused(FACE, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
@limited(Limit(10, Window.MINUTE, refusal=TOO_MANY))
async def get_storage(caller: Reader, use: Use) -> answers.StorageStats:
    """How many analyses there are, and which symbols the periodic analysis has passed over, and why."""
    account_id = account_of(caller)
    return storage_of(await use.records.storage(contract.ReadStorage(scope=account_id or PLATFORM, account_id=account_id)))


@routes.post(
    "/storage/clear",
    summary="Remove all analyses",
    response_description="They are gone; scores and feedback stay.",
    responses=answered(CLEARED) | refused(FACE, 403, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
@open_as_documented(else_needs=Scope.ADMIN)
@limited(Limit(1, Window.MINUTE, refusal=TOO_MANY))
async def clear_storage(caller: Writer, use: Use) -> answers.StorageCleared:
    """Of everybody, and for good. Where callers need a credential, admins alone may."""
    done = await use.records.clear(contract.ClearStorage(by=caller.account_id))
    return CLEARED.model_copy(update={"cleared_analyses": done.cleared, "timestamp": use.clock()})


@routes.get(
    "/gpt4-analysis-history",
    summary="Past analyses",
    response_description="The newest first: what is public, and the caller's own.",
    responses=answered(history_of(example(contract.KeptAnalyses), limit=20)) | refused(FACE, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
async def get_history(
    caller: Reader,
    use: Use,
    days: Days = 30,
    limit: Annotated[int, Query(ge=1, le=contract.LIMIT_MOST, description="How many at most.")] = 20,
    symbol: Annotated[str | None, Query(max_length=40, description="Only analyses of this symbol.", examples=["BTCUSDT"])] = None,
) -> answers.AnalysisHistory:
    """Analyses of the last days, by whichever analyst they were made; of one symbol or of all."""
    account_id = account_of(caller)
    # `BTCUSDT` and `BTC-USD` are one.
    names = tuple(sorted({symbol, candles_of(symbol), pair_of(symbol)})) if symbol else ()
    ask = contract.ReadAnalyses(scope=account_id or PLATFORM, account_id=account_id, days=days, limit=limit, symbols=names)
    return history_of(await use.records.analyses(ask), limit=limit)


@routes.post(
    "/config-analysis/trigger",
    summary="Analyse how you trade",
    response_description="It is done, and kept.",
    responses=answered(analysed_of(ANALYSED)) | refused(FACE, 403, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
@open_as_documented(else_needs=Scope.ADMIN)
@limited(Limit(5, Window.HOUR, refusal=TOO_MANY))
async def analyze_config(caller: Writer, use: Use, body: ConfigAnalysisIn | None = None) -> answers.ConfigAnalysed:
    """By your backtests, feedback and signals of the last days; callers without a credential share theirs."""
    asked = body or ConfigAnalysisIn()
    days, strategies, risk = asked.days_historical, asked.analyze_strategies, asked.analyze_risk_settings
    return analysed_of(await use.analyze(caller.account_id, kind=JobKind.BACKTEST, days=days, strategies=strategies, risk=risk))


@routes.get(
    "/config-suggestions",
    summary="What is suggested about how you trade",
    response_description="By your newest analysis of these days; what is not suggested has its reason.",
    responses=answered(suggestions_of(ANALYSED, days=30, limit=20)) | refused(FACE, 403, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
    response_model_exclude_unset=True,
)
@open_as_documented(else_needs=Scope.ADMIN)
async def get_suggestions(
    caller: Reader,
    use: Use,
    days: Days = 30,
    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 20,
) -> answers.ConfigSuggestions:
    """Each with the current and the suggested value, why, with its numbers, how much it changes and how sure it is."""
    found = await use.analyses.newest(caller.account_id, since=use.clock() - timedelta(days=days))
    return suggestions_of(found, days=days, limit=limit)
