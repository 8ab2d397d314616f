"""Candles as callers really send them: not closed yet, with holes, of long ago, as many as the document allows."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio

from libs.contracts.analyses import TIMEFRAMES
from libs.contracts.own_candles import SECONDS
from libs.contracts.sent_candles import CANDLES_MOST
from services.gateway.inbound.faces.trading_ai.face import CANDLES_BODY
from tests.faces.analysts import HOUR_MS, analysing, answered, asked, candles, post
from tests.gateway.document import Document
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUARTER_MS: Final = HOUR_MS // 4
SENT: Final = candles(400)
END_MS: Final = SENT[-1]["timestamp"] + QUARTER_MS


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def analysts(studio: World, mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """The analysts of the inference service."""
    async with analysing(studio, mongo_url, redis_url, tmp_path_factory.mktemp("analysts")):
        yield


def request(sent: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return a request with these candles, at the moment when the newest has closed."""
    return asked(1, timeframe_data={"15m": sent}, timestamp=END_MS, current_price=SENT[-1]["close"]) | changes


async def test_a_candle_that_is_not_closed_is_left_out_and_said(studio: World, document: Document) -> None:
    user, other = await studio.user(), await studio.user()
    opened = SENT[-1] | {"timestamp": END_MS, "high": 90_000.0, "close": 90_000.0, "volume": 1e9}

    without = await answered(user, "/ai/analyze", request(SENT), document=document)
    told = await answered(other, "/ai/analyze", request([*SENT, opened], timestamp=END_MS + 1), document=document)

    assert (told["indicators"], told["signal"], told["confidence"]) == (without["indicators"], without["signal"], without["confidence"])
    assert (without["warnings"], without["recent"], told["recent"]) == ({}, False, True)  # The same candles count.


async def test_holes_and_candles_of_long_ago_lower_the_confidence_on_all_routes(studio: World, document: Document) -> None:
    user, holes = await studio.user(), [*SENT[:-20], *SENT[-18:]]
    late = {"timestamp": END_MS + 15 * QUARTER_MS}
    analysed = [await answered(user, "/ai/analyze", request(*each), document=document) for each in ((SENT,), (holes,))]
    old = await answered(user, "/ai/analyze", request(SENT, **late), document=document)
    judged = [await answered(user, "/ai/market-condition", request(SENT, **each), document=document) for each in ({}, late)]
    ranked = [await answered(user, "/ai/strategy-recommendations", request(SENT, **each), document=document) for each in ({}, late)]

    whole, holed = analysed
    assert holed["warnings"]["timeframe_data.15m"] == ["2 candles are missing among the newest 50: the confidence is lowered"]
    assert old["confidence"] == pytest.approx(whole["confidence"] * 4 / 16)
    assert "15 bars before the moment of the request" in old["warnings"]["timeframe_data.15m"][0]
    assert judged[1]["confidence"] == pytest.approx(judged[0]["confidence"] * 4 / 16)
    assert judged[1]["warnings"] == ranked[1][0]["warnings"] == old["warnings"]
    scores = [{each["strategy_name"]: each["suitability_score"] for each in rows} for rows in ranked]
    assert scores[1] == pytest.approx({name: score * 4 / 16 for name, score in scores[0].items()})


async def test_what_lies_before_a_long_hole_is_left_out(studio: World, document: Document) -> None:
    told = await answered(await studio.user(), "/ai/analyze", request([*SENT[:100], *SENT[-30:]]), document=document)

    (said,) = told["warnings"]["timeframe_data.15m"]
    assert said.startswith("100 candles before a hole of 270 missing ones are left out: what counts begins at ")
    assert told["reasons"]["indicators.15m.sma_50"] == "it needs 50 candles, there are 30"


async def test_the_weekends_of_currencies_are_no_holes(studio: World, document: Document) -> None:
    friday, sunday = 1_696_028_400_000, 1_696_197_600_000  # 2023-09-29 23:00 and 2023-10-01 22:00 UTC
    opened = [friday - HOUR_MS * ago for ago in range(200, 1, -1)] + [sunday + HOUR_MS * later for later in range(5)]
    rates = [{"timestamp": each, "open": 0.64, "high": 0.65, "low": 0.63, "close": 0.64, "volume": 100.0} for each in opened]
    at = opened[-1] + HOUR_MS

    for symbol in ("AUDUSD", "EURUSD"):
        body = {"symbol": symbol, "timeframe_data": {"1h": rates}, "current_price": 0.64, "timestamp": at}
        told = await answered(await studio.user(), "/ai/analyze", body, document=document)
        assert (told["warnings"], told["indicators"]["1h"]["sma_50"]) == ({}, pytest.approx(0.64))


async def test_a_days_volume_is_compared_with_the_days_before_and_else_says_why_not(studio: World, document: Document) -> None:
    user = await studio.user()
    even = [each | {"volume": 20.0 if number >= len(SENT) - 96 else 10.0} for number, each in enumerate(SENT)]

    told = await answered(user, "/ai/analyze", request(even, volume_24h=1920.0), document=document)
    foreign = await answered(user, "/ai/market-condition", request(even, volume_24h=1e17), document=document)

    assert told["volume_24h"] == {"value": 1920.0, "unit": "base", "ratio": 2.0}
    assert "; 24 hours have 2.00 times the mean of the days before" in told["market_analysis"]["volume_analysis"]
    assert "High 24-hour volume" in told["condition"]["characteristics"]
    assert foreign["volume_24h"] == {"value": 1e17, "unit": None, "ratio": None}
    assert "is neither near the volume of the candles' newest 24 hours" in foreign["reasons"]["volume_24h.unit"]


async def test_the_largest_documented_request_is_read_and_one_byte_more_is_413(studio: World) -> None:
    user, at = await studio.user(), 1_700_000_000_000
    frames = {
        name: [
            {"timestamp": at - number * SECONDS[name] * 1000, "open": 1 / 81_000, "high": 1 / 80_000, "low": 1 / 82_001, "close": 1 / 81_003, "volume": 10**6 / 7}
            for number in range(CANDLES_MOST, 0, -1)
        ]
        for name in TIMEFRAMES
    }  # fmt: skip
    said = {"user_preferences": {"notes": "x" * 99_000}}
    body = {"symbol": "BTCUSDT", "timeframe_data": frames, "current_price": 1 / 81_000, "timestamp": at, "strategy_context": said}
    text = json.dumps(body, indent=2)

    async def sent(content: str, path: str = "/ai/analyze") -> Any:
        return await user.http.post(path, content=content, headers={"content-type": "application/json"})

    largest, over = await sent(text.ljust(CANDLES_BODY)), await sent(text.ljust(CANDLES_BODY + 1))
    elsewhere = await sent(text, "/ai/feedback")
    wordy = await post(user, "/ai/analyze", asked(5, strategy_context={"user_preferences": {"notes": "x" * 100_001}}))

    assert len(text) > 1_500_000
    assert largest.status_code == 200, largest.text
    assert set(largest.json()["indicators"]) == set(TIMEFRAMES)
    assert (over.status_code, elsewhere.status_code, wordy.status_code) == (413, 413, 400)
    assert "at most 2000000 bytes are read" in over.text
    assert "strategy_context has 100,1" in wordy.text
