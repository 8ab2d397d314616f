"""Trading AI's signals: analyses of candles that are sent, what suits a market, where it is heading, and what the service is."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from fastapi import Body, Request

from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.chassis.release import release
from libs.contracts import analyses as contract
from libs.contracts.analyses import STRATEGIES, TIMEFRAMES
from libs.contracts.example_analyses import ANALYSES, ANALYSIS
from libs.contracts.llm import LlmUse, ReadLlmUse
from libs.market.own import OwnCatalogue
from libs.market.pairs import TRACKED, candles_of
from modelbourse.answers.trading_ai import signals as answers
from services.gateway.domain.accounts.caller import STRANGER, Caller, Scope
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import Analysts, Llm
from services.gateway.domain.signals.sent_symbols import meant
from services.gateway.inbound.faces.trading_ai.face import FACE, TOO_MANY, TOO_MANY_REQUESTS
from services.gateway.inbound.faces.trading_ai.market import (
    MARKET_EXAMPLE,
    AnalyzeIn,
    MarketIn,
    RecommendIn,
    TrendIn,
)
from services.gateway.inbound.http.connected import while_connected
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.face import Limit, Window
from services.gateway.inbound.http.limits import limited
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, used, welcomes
from services.gateway.inbound.http.strict_route import make_router, open_as_documented
from services.gateway.usecases.datasets.find_own import FindOwn

T = TypeVar("T")
SERVICE: Final = "GPT-4 Trading AI"
ROOT: Final = "GPT-4 Cryptocurrency AI Trading Service"
ABOUT: Final = "Trading signals by written rules and, where one is configured, an LLM that is given what the rules have found."
INTERVAL_MINUTES: Final = 5
CAPABILITIES: Final = ["trend_analysis", "signal_generation", "risk_assessment", "strategy_recommendation", "market_condition_detection"]
# How much of a second the gateway looks for: whoever asks how it is does not wait.
LOOK_WITHIN_S: Final = 0.7
NO_ANSWER: Final = "the analysts do not answer right now"
ENDPOINTS: Final = {
    "analyze": "POST /ai/analyze - Generate trading signals (kept for five minutes and longer)",
    "strategy_recommendations": "POST /ai/strategy-recommendations - Get strategy recommendations",
    "market_condition": "POST /ai/market-condition - Analyze market conditions",
    "feedback": "POST /ai/feedback - Send performance feedback",
    "health": "GET /health - Health check with MongoDB status",
    "storage_stats": "GET /ai/storage/stats - View storage statistics",
    "clear_storage": "POST /ai/storage/clear - Clear analysis storage",
    "websocket": "WS /ws - Real-time AI signal broadcasting",
    "predict_trend": "POST /predict-trend - Where a symbol is heading, by the deployed model or the rules",
    "performance": "GET /ai/performance - How good signals were",
    "backtests": "POST /api/backtests - Play a strategy on candles of the past",
}
NOT_TRAINED: Final = "the rules are written, and the LLM is not trained here; a deployed model's training is at /api/training/jobs"
TEN: Final = limited(Limit(10, Window.MINUTE, refusal=TOO_MANY))
FIVE: Final = limited(Limit(5, Window.MINUTE, refusal=TOO_MANY))


@dataclass(frozen=True, slots=True)
class SignalUseCases:
    """What the handlers call. `store` raises while the store is away."""

    analysts: Analysts
    llm: Llm
    own: FindOwn
    store: Callable[[], Awaitable[Any]]
    clock: Clock
    synthetic_allowed: bool

    async def own_of(self, caller: Caller) -> OwnCatalogue:
        """Return the caller's own symbols; a stranger has none but those that everybody has."""
        return await self.own(caller.account_id)


Use = Annotated[SignalUseCases, used(SignalUseCases)]
Reader = Annotated[Caller, welcomes(Scope.READ, Scope.PREDICT)]
routes = make_router(prefix="/ai", tags=[FACE.tag("signals")])
outside = make_router(tags=[FACE.tag("signals")])


def account_of(caller: Caller) -> str | None:
    """Return whose request it is; None for who brings no credential."""
    return None if caller is STRANGER else caller.account_id


def analysis_of(found: contract.Analysis) -> answers.SignalAnalysis:
    """Return an analysis, in the document's words."""
    return answers.SignalAnalysis.model_validate(found.model_dump())


def condition_of(found: contract.ConditionJudged) -> answers.JudgedCondition:
    """Return a market's condition, in the document's words."""
    return answers.JudgedCondition.model_validate(found.condition.model_dump() | found.model_dump(exclude={"condition"}))


def example(kind: type[Any]) -> Any:
    """Return the contracts' example of a message."""
    return next(each for each in ANALYSES if isinstance(each, kind))


def recommended_of(found: contract.Recommendations) -> list[answers.Recommendation]:
    """Return recommendations, in the document's words."""
    return [answers.Recommendation.model_validate(each.model_dump() | {"warnings": found.warnings}) for each in found.strategies]


def shown(answer: list[Any]) -> dict[int | str, dict[str, Any]]:
    """Return a route's `responses` with an example of its answer, which is a list."""
    return {200: {"content": {"application/json": {"example": answer}}}}


@routes.post(
    "/analyze",
    summary="Analyse a market",
    response_description="A signal, and all that it rests on; what cannot be computed is null, with its reason.",
    responses=answered(analysis_of(ANALYSIS)) | refused(FACE, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
@TEN
async def analyze_market(
    body: Annotated[AnalyzeIn, Body(examples=[{**MARKET_EXAMPLE, "strategy_context": {"risk_level": "Moderate"}}])],
    caller: Reader,
    use: Use,
    request: Request,
) -> answers.SignalAnalysis:
    """Compute indicators, levels, risk and a signal by written rules, then ask the LLM where there is one.

    The same candles and context give the same analysis for five minutes, marked `[RECENT]`. A new one is told at `/ws`.
    """
    catalogue = await use.own_of(caller)
    symbol = meant(body.symbol, catalogue)
    context = contract.StrategyContext.model_validate(body.strategy_context.model_dump()) if body.strategy_context else None
    ask = contract.Analyze(
        symbol=body.symbol,
        account_id=account_of(caller),
        tier=str(caller.tier),
        own=symbol.own,
        market=body.market(hours=symbol.hours),
        context=context,
        masked=body.masked,
        replay=body.replay,
    )
    return analysis_of(await while_connected(request, use.analysts.analyze(ask)))


@routes.post(
    "/strategy-recommendations",
    summary="Compare strategies",
    response_description="Each strategy with how well it suits the market, the best first.",
    responses=shown([each.as_json() for each in recommended_of(example(contract.Recommendations))]) | refused(FACE, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
@FIVE
async def recommend_strategies(
    body: Annotated[RecommendIn, Body(examples=[{**MARKET_EXAMPLE, "available_strategies": list(STRATEGIES)}])], caller: Reader, use: Use
) -> list[answers.Recommendation]:
    """Weigh whether the market trends, and how clear each strategy's own word is; with what a backtest of it takes."""
    catalogue = await use.own_of(caller)
    market = body.market(hours=meant(body.symbol, catalogue).hours)
    ask = contract.RecommendStrategies(symbol=body.symbol, market=market, available_strategies=tuple(body.available_strategies))
    return recommended_of(await use.analysts.recommend(ask))


@routes.post(
    "/market-condition",
    summary="Judge what kind of market it is",
    response_description="Type and phase, by the longest timeframe that was sent.",
    responses=answered(condition_of(example(contract.ConditionJudged))) | refused(FACE, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
@FIVE
async def judge_condition(
    body: Annotated[MarketIn, Body(examples=[dict(MARKET_EXAMPLE)])], caller: Reader, use: Use
) -> answers.JudgedCondition:
    """Trending where the price has changed by more than 5 %; in a breakout beyond the channel of 20 candles."""
    catalogue = await use.own_of(caller)
    market = body.market(hours=meant(body.symbol, catalogue).hours)
    return condition_of(await use.analysts.judge(contract.JudgeCondition(symbol=body.symbol, market=market)))


@routes.get(
    "/info",
    summary="What the service can do",
    response_description="Timeframes, symbols and capabilities.",
    responses=refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
async def get_service_info(_: Reader, use: Use) -> answers.ServiceInfo:
    """Say which LLM is asked, and what may be sent."""
    llm, tracked = await asyncio.gather(_in_time(use.llm.use(ReadLlmUse())), _in_time(use.analysts.tracking(contract.ReadTracking())))
    reasons = {"last_trained": NOT_TRAINED} | ({} if llm else {"model_version": NO_ANSWER}) | _unknown("supported_symbols", tracked)
    return answers.ServiceInfo(
        service_name=SERVICE,
        version=release(),
        model_version=None if llm is None else llm.model if llm.configured else "technical",
        supported_timeframes=list(TIMEFRAMES),
        supported_symbols=_symbols(tracked),
        capabilities=CAPABILITIES,
        last_trained=None,
        reasons=reasons | ({} if release() else {"version": "the platform's package is not installed"}),
    )


@routes.get(
    "/strategies",
    summary="List strategies",
    response_description="Their names.",
    responses=shown(list(STRATEGIES)) | refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
async def list_strategies(_: Reader) -> list[str]:
    """Those that are scored in an analysis, and can be played in a backtest."""
    return list(STRATEGIES)


@outside.post(
    "/predict-trend",
    summary="Where a symbol is heading",
    response_description="By the deployed model of the symbol and timeframe, else by the rules: `source` says which.",
    responses=refused(FACE, TOO_MANY_REQUESTS, 504),
    openapi_extra=OPEN,
)
async def predict_trend(body: TrendIn, caller: Reader, use: Use) -> answers.PredictedTrend:
    """Look at the candles that the platform has, and say how old they are."""
    own = await use.own_of(caller)
    symbol = candles_of(meant(body.symbol, own).symbol, own=own.candles)
    ask = contract.PredictTrend.model_validate(
        {
            "symbol": symbol,
            "account_id": account_of(caller),
            "timeframe": body.timeframe,
            "candles": body.candles,
            "own": own.references([symbol], timeframe=body.timeframe),
            "synthetic_allowed": use.synthetic_allowed,
        }
    )
    found = await use.analysts.trend(ask)
    return answers.PredictedTrend.model_validate(found.model_dump() | {"symbol": body.symbol})


@outside.get(
    "/health",
    summary="How the service is",
    response_description="As the gateway sees it within a second, whatever is away.",
    responses=refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
@open_as_documented()
async def get_service_health(use: Use) -> answers.ServiceHealth:
    """Say whether the store, the analysts and the LLM could be used now. `/api/monitoring/health` looks at everything."""
    llm, tracked, store = await _look(use)
    reasons = _unknown("supported_symbols", tracked) | ({} if store is None else {"mongodb_connected": store})
    if llm is None or not llm.available:
        reasons["gpt4_available"] = NO_ANSWER if llm is None else _why_not(llm)
    if llm is None:
        reasons["api_key_configured"] = NO_ANSWER
    return answers.ServiceHealth(
        status="unhealthy" if store else "degraded" if llm is None else "healthy",
        timestamp=use.clock(),
        service=SERVICE,
        version=release(),
        gpt4_available=llm is not None and llm.available,
        api_key_configured=llm is not None and llm.configured,
        mongodb_connected=store is None,
        analysis_interval_minutes=INTERVAL_MINUTES,
        supported_symbols=_symbols(tracked),
        reasons=reasons,
    )


@outside.get(
    "/",
    summary="What is where",
    response_description="The service and its paths; a browser is led to the documents.",
    responses=refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
@open_as_documented()
async def get_service_root(use: Use) -> answers.ServiceRoot:
    """Say what the service is and what is switched on."""
    llm, tracked, store = await _look(use)
    return answers.ServiceRoot(
        service=ROOT,
        version=release(),
        description=ABOUT,
        endpoints=dict(ENDPOINTS),
        documentation="/docs",
        features=answers.Features(
            gpt4_enabled=llm is not None and llm.available,
            mongodb_storage=store is None,
            websocket_broadcasting=True,
            periodic_analysis=tracked is not None and bool(tracked.symbols),
            analysis_interval_minutes=INTERVAL_MINUTES,
            symbols_tracked=_symbols(tracked),
        ),
    )


async def _look(use: SignalUseCases) -> tuple[LlmUse | None, contract.Tracking | None, str | None]:
    """Return how the LLM stands, what is tracked, and what is wrong with the store, within a second."""
    asked = _in_time(use.llm.use(ReadLlmUse())), _in_time(use.analysts.tracking(contract.ReadTracking()))
    return await asyncio.gather(*asked, _store(use))


async def _in_time(asked: Awaitable[T]) -> T | None:
    """Return what inference says; None where it does not answer in time, for whatever reason."""
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            return await asked
    except (PlatformError, TimeoutError):
        return None


def _symbols(tracked: contract.Tracking | None) -> list[str]:
    return list(tracked.symbols if tracked else TRACKED)


def _unknown(name: str, tracked: contract.Tracking | None) -> dict[str, str]:
    return {} if tracked else {name: f"{NO_ANSWER}: these are the usual ones"}


async def _store(use: SignalUseCases) -> str | None:
    """Return why the store cannot be used; None where it answers in time."""
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            await use.store()
    except TimeoutError:
        return f"it gives no answer within {LOOK_WITHIN_S:g} s"
    except Exception as error:  # noqa: BLE001  # health is told whatever is wrong
        log().warning("the store does not answer", error=type(error).__name__)
        return "it is not available right now"
    return None


def _why_not(llm: LlmUse) -> str:
    return "no LLM is configured" if not llm.configured else f"it cannot be asked now: {llm.absent or 'unknown'}"
