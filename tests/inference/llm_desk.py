"""An inference service whose LLM is the local provider, and a market for it to judge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.liveness.pulse import Pulse
from libs.chassis.process import Chassis
from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database
from libs.contracts.analyses import Analysis, Analyze, StrategyContext
from libs.contracts.llm import LlmUse, ReadLlmUse
from libs.contracts.sent_candles import CandleColumns, MarketData
from services.inference.app import running
from services.inference.settings import Settings
from tests.inference.llm_server import LlmServer

HOUR_MS = 3_600_000
BEGIN_MS = 1_700_000_000_000
PRICE = 100.0
KEYS = ("sk-first", "sk-second")


def a_market(*, scale: float = 1.0) -> MarketData:
    """Candles that swing between 95 and 105, times `scale`, and end at 100."""
    closes = [PRICE + 4.0 * ((at % 10) - 5) / 5 for at in range(59)] + [PRICE]
    rows = [
        (BEGIN_MS + at * HOUR_MS, close * scale, (close + 1) * scale, (close - 1) * scale, close * scale, 1_000 + at)
        for at, close in enumerate(closes)
    ]
    bars = CandleColumns.of(rows)
    return MarketData(symbol="BTCUSDT", timeframe_data={"1h": bars}, current_price=PRICE * scale, timestamp=BEGIN_MS + 60 * HOUR_MS)


def an_ask(**changes: Any) -> Analyze:
    return Analyze(**{"symbol": "BTCUSDT", "account_id": "account_1", "tier": "pro", "market": a_market()} | changes)


def told_by(**preferences: Any) -> StrategyContext:
    return StrategyContext(user_preferences=preferences)


def a_verdict(**changes: Any) -> dict[str, Any]:
    """What a good LLM says of the market."""
    risk = {
        "overall_risk": "Medium",
        "technical_risk": 0.4,
        "market_risk": 0.5,
        "recommended_position_size": 0.9,
        "stop_loss_suggestion": 97.0,
        "take_profit_suggestion": 104.0,
    } | changes.pop("risk", {})
    market = {
        "trend_direction": "Neutral",
        "trend_strength": 0.2,
        "support_levels": [96.0],
        "resistance_levels": [103.0],
        "volatility_level": "Low",
        "volume_analysis": "Usual volume.",
    } | changes.pop("market", {})
    return {
        "signal": "Long",
        "confidence": 0.62,
        "reasoning": "RSI 14 has turned up from the lower half while the price holds the support at 96, so a bounce to 103 is likely.",
        "strategy_scores": [{"strategy": "RSI Strategy", "score": 0.7}],
        "market_analysis": market,
        "risk_assessment": risk,
    } | changes


def levels_times(scale: float) -> dict[str, Any]:
    """A good verdict's levels in a market that is so many times as dear."""
    return {
        "market": {"support_levels": [96.0 * scale], "resistance_levels": [103.0 * scale]},
        "risk": {"stop_loss_suggestion": 97.0 * scale, "take_profit_suggestion": 104.0 * scale},
    }


@dataclass(repr=False)
class LlmStory:
    """The service, its provider, and its stores to look into."""

    bus: MemoryBus
    llm: LlmServer
    database: Database
    redis: Redis
    registry: CollectorRegistry

    async def analyze(self, **changes: Any) -> Analysis:
        return await self.bus.ask(an_ask(**changes), within=60)

    async def use(self, account: str | None = "account_1", tier: str = "pro") -> LlmUse:
        return await self.bus.ask(ReadLlmUse(account_id=account, tier=tier), within=60)

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def llm_story(
    settings: Settings, llm: LlmServer, *, database: Database, redis_url: str, broker: MemoryBroker, **changed: Any
) -> AsyncIterator[LlmStory]:
    """Run the service; calls may follow each other at once unless `llm_every` says otherwise."""
    usual = {"llm_base_url": llm.url, "llm_api_key": KEYS[0], "llm_backup_api_keys": KEYS[1:], "llm_every": timedelta(0)}
    chosen = settings.model_copy(update=usual | changed)
    redis, registry = Redis.from_url(redis_url), CollectorRegistry()
    chassis = Chassis(
        service="inference",
        instance="inference-1",
        settings=chosen,
        bus=MemoryBus(broker, service="inference", instance="inference-1"),
        database=database,
        redis=redis,
        artifacts=Artifacts(chosen.artifacts_url),
        registry=registry,
        pulse=Pulse(),
    )
    async with running(chosen, chassis):
        yield LlmStory(MemoryBus(broker, service="gateway", instance="gateway-1"), llm, database, redis, registry)
    await redis.aclose()
