"""Alerts of all models of an account."""

import pytest

from tests.gateway.studio.text_models import text_model
from tests.gateway.studio.watching import BEGAN, ML, found, get, taken
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_open_alerts_of_all_models_come_by_their_harm_each_with_its_model(studio: World, ada: User) -> None:
    # given a model of candles that has drifted, one of texts that has lost more, and what another account has
    market, other = await studio.trained(ada, name="Momentum"), await studio.user()
    text = (await text_model(studio, ada, name="lost-news")).id
    await ada.http.put("/api/v1/files/texts/today.csv", content=b"text,label\ngood,positive\n")
    await ada.http.put(f"{ML}/models/{text}/monitoring/rules", json={"data": "texts/today.csv"})
    await taken(studio, ada, market, found(rsi=0.9, macd=0.3), at=BEGAN)
    await taken(studio, ada, text, found(accuracy=0.2), at=BEGAN)

    # when
    everything = await get(ada, "/alerts")
    part = await get(ada, "/alerts?limit=1&offset=1")
    others = await get(other, "/alerts")
    rules = [await get(ada, f"/models/{each}/monitoring/rules") for each in (market, text)]

    # then
    assert [(each["model_id"], each["kind"], each["cause"], each["subject"]) for each in everything["alerts"]] == [
        (text, "text", "performance", "accuracy"),
        (market, "market", "drift", "rsi_14"),
        (market, "market", "drift", "macd_signal"),
    ]
    assert [each["model_name"] for each in everything["alerts"]] == ["lost-news", "Momentum", "Momentum"]
    assert (part["total"], [each["subject"] for each in part["alerts"]]) == (3, ["rsi_14"])
    assert others == {"alerts": [], "total": 0}
    assert [(each["kind"], each["model_name"], each["trained_by"] is None) for each in rules] == [
        ("market", "Momentum", False),
        ("text", "lost-news", False),
    ]
