"""The analysts of the inference service, what they keep, and no LLM, beside the studio's doubles, and requests to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.bus.memory import MemoryBus
from libs.chassis.process import open_chassis
from libs.contracts.envelope import now
from libs.market.candles import Market
from services.inference.analysing import make_analysing
from services.inference.inbound.asks import bind_analysts
from services.inference.llm_parts import make_llm
from services.inference.outbound.live_candles_mongo import LiveCandlesMongo
from services.inference.outbound.models_artifacts import ModelsArtifacts
from services.inference.scoring import make_scoring
from services.inference.settings import Settings
from tests.gateway.document import Document
from tests.gateway.studio.world import Places, User, World

HOUR_MS: Final = 3_600_000
MARKET: Final = Market(None, synthetic_allowed=False)


@asynccontextmanager
async def analysing(studio: World, mongo_url: str, redis_url: str, folder: Path, *, with_llm: bool = False) -> AsyncIterator[None]:
    """Run the analysts on the studio's bus; `with_llm` they also say that no LLM is configured."""
    given = Places(mongo_url, redis_url, folder, namespace=studio.settings.namespace).settings(tracked_symbols="BTCUSDT")
    settings = Settings.model_validate(given)
    bus = MemoryBus(studio.broker, service="inference", instance="analysts")
    async with open_chassis("inference", settings=settings, bus=bus) as chassis:
        models, live = ModelsArtifacts(chassis.artifacts, most=1, most_bytes=1), LiveCandlesMongo(chassis.database["live_candles"])
        scoring, llm = make_scoring(settings, chassis, live=live, clock=now), make_llm(settings, chassis)
        made = make_analysing(settings, chassis, models=models, live=live, follow=scoring.signals.score.follow)
        await made.prepare()
        await scoring.prepare()
        facts, answers = Facts(), Answers()
        bind_analysts(answers, made.analysts)
        scoring.signals.bind(facts, answers)
        if with_llm:
            llm.bind(answers)
        async with llm.running(), bus.running(facts=facts, answers=answers), made.running():
            yield
        await chassis.database.client.drop_database(chassis.database.name)


def candles(count: int = 200) -> list[dict[str, Any]]:
    """Return real candles of Bitcoin, a quarter of an hour each, as somebody sends them."""
    found = MARKET.candles("BTC-USD", "15m")
    found = found.part(len(found) - count, len(found))
    columns = (found.time // 10**6 - HOUR_MS // 4, found.open, found.high, found.low, found.close, found.volume)
    rows = zip(*(each.tolist() for each in columns), strict=True)
    return [dict(zip(("timestamp", "open", "high", "low", "close", "volume"), row, strict=True)) for row in rows]


def asked(count: int = 200, **changes: Any) -> dict[str, Any]:
    """Return a request that has them."""
    sent = candles(count)
    whole = {"symbol": "BTCUSDT", "timeframe_data": {"15m": sent}, "current_price": sent[-1]["close"], "timestamp": 1697234567000}
    return whole | changes


async def post(user: User, path: str, body: dict[str, Any]) -> httpx.Response:
    return await user.http.post(path, json=body)


async def answered(user: User, path: str, body: dict[str, Any], *, document: Document) -> Any:
    answer = await post(user, path, body)
    assert answer.status_code == 200, answer.text
    assert document.misfits(answer) == []
    return answer.json()
