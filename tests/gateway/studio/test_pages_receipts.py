"""Pages of receipts, and of events as they happen."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.gateway.inbound.pages.nouns.events import links_of
from services.gateway.inbound.pages.session import COOKIE
from tests.gateway.studio.reader import as_user, reader, stranger, text_of
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
RECEIPTS = "/app/account/receipts"


async def test_a_buyer_and_a_seller_read_and_filter_their_receipts(studio: World) -> None:
    seller, buyer, another = await reader(studio), await reader(studio), await reader(studio)
    _, listing_id = await listed(studio, as_user(studio, seller), await a_reviewer(studio), monthly_price="30.00", title="<b>Swings</b>")
    await subscribed(as_user(studio, buyer), listing_id)
    await buyer.send("/app/account", action="buy", hours="2.5", payment_method="credit_card")

    shown = await buyer.open(RECEIPTS)
    hours, subscription = re.findall(rf'href="({RECEIPTS}/[^"]+)"', shown)
    filtered = text_of(await buyer.open(f"{RECEIPTS}?kind=SUBSCRIPTION&status=PAID"))
    none = text_of(await buyer.open(f"{RECEIPTS}?kind=UPGRADE"))
    misspelt = text_of(await buyer.open(f"{RECEIPTS}?kind=UPGRADES"))
    receipt = text_of(await buyer.open(subscription))
    of_hours = text_of(await buyer.open(hours))
    (earned,) = re.findall(rf'href="({RECEIPTS}/[^"]+)"', await seller.open(RECEIPTS))
    earning = text_of(await seller.open(earned))
    nothing = text_of(await another.open(RECEIPTS))

    assert "&lt;b&gt;Swings&lt;/b&gt;, monthly" in shown
    assert "<b>Swings" not in shown
    assert "2.5 compute hours" not in filtered
    assert "No such payments" in none
    assert "Did you mean 'UPGRADE'?" in misspelt
    assert all(each in receipt for each in (seller.username, buyer.username, "30.00", "no tax invoice", "Charged"))
    assert "Modelbourse, the platform" in of_hours
    assert "Earned, net 24.00" in earning
    assert buyer.username not in earning
    assert "No payments" in nothing
    await another.open(hours, status=404)
    await another.open(subscription, status=404)


async def test_events_show_as_they_happen_to_their_account_alone(studio: World, gateways: list[str]) -> None:
    somebody, another = await reader(studio), await reader(studio)
    page = await somebody.open("/app/events?event=training_job.completed")
    user = as_user(studio, somebody)
    cancelled, completed = await user.train(await user.make_model()), await user.train(await user.make_model())
    cookies = {COOKIE: str(somebody.http.cookies[COOKIE])}
    async with (
        httpx.AsyncClient(base_url=gateways[0].replace("ws", "http", 1), cookies=cookies, timeout=60) as http,
        http.stream("GET", "/app/events/live?event=training_job.completed") as answer,
    ):
        told = events_of(answer)
        listening = await anext(told)
        await user.call("POST", f"/training-jobs/{cancelled}/cancel/")
        await studio.training.complete(completed)
        name, event = await anext(told)
    strangers = await stranger(studio).http.get("/app/events/live")
    misspelt = text_of(await another.open("/app/events?event=training_job.complete"))

    assert 'src="/app/events/live?event=training_job.completed"' in page
    assert "alert.raised" not in page
    assert (listening[0], name) == ("listening", "event")
    assert f'href="/app/jobs/{completed}"' in event["row"]
    assert "training_job.completed" in text_of(event["row"])
    assert strangers.status_code == 204
    assert "Did you mean 'training_job.completed'?" in misspelt


@pytest.mark.parametrize(
    ("event", "data", "links"),
    [
        ("job.completed", {"job_id": "job_1", "kind": "train_text", "model_id": "m"}, ["/app/texts/trainings/job_1"]),
        ("job.failed", {"job_id": "job_1", "kind": "unheard_of", "error": {"type": "x", "message": "y"}}, []),
        ("model.retrained", {"model_id": "m", "job_id": "job_1"}, ["/app/jobs/job_1", "/app/models/m"]),
        ("recipe.changed", {"recipe_id": "r"}, ["/model-development/recipes/r"]),
        ("subscription.renewed", {"listing_id": "l", "model_id": "m"}, ["/app/marketplace/l"]),
        ("model.drifted", {"model_id": "m", "snapshot_id": "s"}, ["/app/health"]),
    ],
)
async def test_an_event_leads_to_what_it_is_about(event: str, data: dict[str, Any], links: list[str]) -> None:
    assert [address for address, _ in links_of({"event": event, "id": "event_1", "data": data})] == links


async def events_of(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """Yield the server-sent events of an answer."""
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
