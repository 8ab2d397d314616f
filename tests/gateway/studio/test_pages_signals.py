"""Pages of signals as a reader without scripts meets them: a symbol looked at, its candles analysed, and what became of the signal."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from libs.chassis.bus.memory import MemoryBus
from services.gateway.domain.accounts.account import Role
from services.gateway.inbound.faces.trading_ai.face import TOO_MANY
from tests.gateway.studio.reader import as_user, reader, stranger, text_of
from tests.gateway.studio.test_signal_records import a_rise, records
from tests.gateway.studio.world import World, beside
from tests.gateway.test_chat import LlmDouble
from tests.waiting import until

__all__ = ["records"]
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("records", "llm")]
SIGNALS = "/app/signals"
PERFORMANCE = f"{SIGNALS}/performance"
SYMBOL = f"{SIGNALS}/symbol?symbol=AAPL&timeframe=1d"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def llm(studio: World) -> AsyncIterator[None]:
    """An LLM that has been asked, and that nobody can ask now."""
    double = LlmDouble(MemoryBus(studio.broker, service="inference", instance="llm"))
    async with double.bus.running(answers=double.answers()):
        yield


async def test_a_symbol_is_looked_at_analysed_and_judged(studio: World) -> None:
    # given
    somebody = await reader(studio)
    empty = text_of(await somebody.open(SIGNALS))

    # when the candles that the platform has are looked at, and analysed
    looked = await somebody.open(SYMBOL)
    candles = re.search(r'<textarea id="candles"[^>]*>([^<]*)</textarea>', looked)
    assert candles, text_of(looked)
    asked = {"symbol": "AAPL", "timeframe": "1d", "candles": candles[1], "as_of": "close", "risk_level": "Low"}
    analysed = await somebody.send(SYMBOL, action="analyze", **asked)
    key = re.search(r'name="of" value="([^"]+)"', analysed.text)
    assert key, text_of(analysed.text)
    judged = await somebody.send(SYMBOL, action="feedback", of=key[1], actual_outcome="PROFIT", profit_loss="12.5")
    listed = await somebody.open(SIGNALS)
    performance = text_of(await somebody.open(f"{PERFORMANCE}?days=30"))

    # then
    assert "None yet: look at a symbol" in empty
    assert "By the rules." in text_of(looked)
    assert "old data" in looked
    assert "<mb-chart" in looked
    assert "What kind of market" in text_of(looked)
    assert "MACD Strategy" in text_of(looked)
    assert analysed.status_code == 200
    assert "% sure" in text_of(analysed.text)
    assert "RSI 14 (1d)" in text_of(analysed.text)
    assert judged.status_code == 303
    assert key[1].split()[0] in listed
    assert "Your signals" in performance
    assert "Feedback 1" in performance
    assert "They cost 0.5000 USD" in performance


async def test_candles_of_ones_own_are_analysed_and_what_is_wrong_with_them_is_said(studio: World) -> None:
    somebody = await reader(studio)
    page = f"{SIGNALS}/symbol?symbol=NOTHING1&timeframe=1h"
    rows = [[each[name] for name in ("timestamp", "open", "high", "low", "close", "volume")] for each in a_rise()["timeframe_data"]["1h"]]
    text = "timestamp,open,high,low,close,volume\n" + "\n".join(",".join(str(value) for value in row) for row in rows)

    unknown = text_of(await somebody.open(page))
    own = await somebody.send(page, action="analyze", symbol="NOTHING1", timeframe="1h", candles=text)
    wrong = await somebody.send(page, action="analyze", symbol="NOTHING1", timeframe="1h", candles=text.replace("close", "clos", 1))
    no_json = await somebody.send(page, action="analyze", symbol="NOTHING1", timeframe="1h", candles="[1,")
    without = text_of(await somebody.open(f"{SIGNALS}/symbol"))

    assert "NOTHING1" in unknown
    assert own.status_code == 200, text_of(own.text)[:1500]
    assert "Long" in text_of(own.text)
    assert {wrong.status_code, no_json.status_code} == {400}
    assert "timeframe_data.1h" in text_of(wrong.text)
    assert "Which symbol?" in without


async def test_a_symbol_is_looked_at_by_its_name_alone_by_a_pairs_name_too_and_prices_near_one_are_whole(studio: World) -> None:
    somebody = await reader(studio)

    share, pair, euro = [await somebody.open(f"{SIGNALS}/symbol?symbol={each}") for each in ("AAPL", "BTCUSDT", "EURUSD")]
    candles = re.search(r'<textarea id="candles"[^>]*>([^<]*)</textarea>', euro)
    assert candles, text_of(euro)
    sent = {"symbol": "EURUSD", "timeframe": "1h", "candles": candles[1], "as_of": "close"}
    analysed = await somebody.send(f"{SIGNALS}/symbol?symbol=EURUSD", action="analyze", **sent)
    again = text_of(await somebody.open(f"{SIGNALS}/symbol?symbol=EURUSD"))

    assert ["<mb-chart" in each for each in (share, pair, euro)] == [True] * 3
    assert [f"{symbol}, {frame} 300 candles" in text_of(page) for symbol, frame, page in (
        ("AAPL", "1d", share), ("BTCUSDT", "15m", pair), ("EURUSD", "1h", euro),
    )] == [True] * 3  # fmt: skip
    assert "Some have no volume." in text_of(pair)
    assert re.search(r"Price 1\.2\d{4} ", text_of(analysed.text)), text_of(analysed.text)[:1500]
    assert "EURUSD" in again.partition("Said of it before")[2]
    assert "AAPL" not in again.partition("Said of it before")[2]


async def test_of_generated_candles_no_signal_is_offered(studio: World) -> None:
    somebody = await reader(studio)

    looked = await somebody.open(f"{SIGNALS}/symbol?symbol=SOLUSDT&synthetic=allow")

    assert "synthetic candles" in text_of(looked)
    assert "The candles above are generated, so they are not offered here" in text_of(looked)
    assert re.search(r'<textarea id="candles"[^>]*></textarea>', looked)


async def test_looking_at_a_symbol_uses_up_no_requests_to_an_api(studio: World) -> None:
    somebody = await reader(studio)
    user = as_user(studio, somebody)

    before = await user.http.get("/ai/strategies")
    looked = text_of(await somebody.open(SYMBOL))
    after = await user.http.get("/ai/strategies")

    async def refused() -> bool:
        often = text_of(await somebody.open(SYMBOL))
        return TOO_MANY in often and "What kind of market" not in often

    await until(refused, what="one look too many in a minute")
    own = await user.http.post("/ai/market-condition", json={})

    left = [int(each.headers["x-ratelimit-remaining"]) for each in (before, after)]
    assert "What kind of market" in looked
    assert own.status_code != 429
    assert left[0] - left[1] == 1


async def test_how_one_trades_is_weighed_again(studio: World) -> None:
    somebody = await reader(studio)

    weighed = await somebody.send(PERFORMANCE, action="suggest")
    performance = text_of(await somebody.open(PERFORMANCE))

    assert weighed.status_code == 303
    assert "How you trade was weighed again." in performance


async def test_a_guest_is_told_that_guests_are_weighed_together_and_where_none_come_in_admins_alone_see_costs(studio: World) -> None:
    # given
    guest, somebody = stranger(studio), await reader(studio)

    # when the platform lets guests in
    shared, own = text_of(await guest.open(PERFORMANCE)), text_of(await somebody.open(PERFORMANCE))

    # and when it does not
    async with beside(studio, name="gateway-closed", anonymous="never") as closed:
        turned_away = await stranger(closed).http.get(PERFORMANCE)
        user, admin = await reader(closed), await reader(closed, role=Role.ADMIN)
        seen = [text_of(await each.open(PERFORMANCE)) for each in (user, admin)]
        asked = [await each.send(PERFORMANCE, action="suggest") for each in (user, admin)]

    # then
    assert ["All public signals" in page for page in (shared, own)] == [True, False]
    assert ["What is suggested about how guests trade" in page for page in (shared, own)] == [True, False]
    assert "They cost 0.5000 USD" not in shared
    assert turned_away.headers["location"].startswith("/app/sign-in?next=")
    assert ["Your signals" in page for page in seen] == [True, True]
    assert [[card in page for card in ("What the language model cost", "Weigh it again")] for page in seen] == [[False] * 2, [True] * 2]
    assert [each.status_code for each in asked] == [403, 303]
