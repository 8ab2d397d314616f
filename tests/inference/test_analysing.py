"""What the analysts answer, keep and tell: over the bus, from a real MongoDB."""

from typing import Any

import numpy as np

from libs.contracts.analyses import Analysis, Analyze, Bar, MarketData, SignalGenerated
from tests.inference.conftest import Story
from tests.waiting import until

HOUR_MS = 3_600_000
BEGIN_MS = 1_697_200_000_000 // HOUR_MS * HOUR_MS


def walk(count: int = 120, *, seed: int = 3, drift: float = 0.002) -> tuple[Bar, ...]:
    """Candles of an hour that drift upwards."""
    random = np.random.default_rng(seed)
    closes = 100.0 * np.exp(np.cumsum(random.normal(drift, 0.004, count)))
    opens = np.concatenate([[100.0], closes[:-1]])
    return tuple(
        Bar(timestamp=BEGIN_MS + place * HOUR_MS, open=first, high=1.002 * max(first, last), low=0.998 * min(first, last), close=last, volume=10.0 + place % 7)
        for place, (first, last) in enumerate(zip(opens.tolist(), closes.tolist(), strict=True))
    )  # fmt: skip


def an_ask(bars: tuple[Bar, ...] | None = None, **changes: Any) -> Analyze:
    bars = walk() if bars is None else bars
    market = MarketData(symbol="BTCUSDT", timeframe_data={"1h": bars}, current_price=bars[-1].close, timestamp=bars[-1].timestamp)
    return Analyze.model_validate({"symbol": "BTCUSDT", "account_id": "account_1", "tier": "pro", "market": market} | changes)


async def analyse(story: Story, ask: Analyze) -> Analysis:
    reply = await story.gateway.ask(ask, within=30)
    assert isinstance(reply, Analysis)
    return reply


async def test_t(story: Story) -> None:
    async with story.service():
        got = await analyse(story, an_ask())
        print(got.model_dump_json(indent=1))
        again = await analyse(story, an_ask())
        print(again.reasoning)
        print(await story.database["ai_analysis_results"].find_one({}))
        print([e["topic"] for e in story.broker.events])
    assert 0
