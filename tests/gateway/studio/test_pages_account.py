"""Journeys of a seller, a reviewer, a buyer, an operator and of whoever connects programs, over pages without scripts."""

import asyncio
import re
from datetime import date, timedelta

import pytest

from libs.contracts.records import RecordDay
from services.gateway.domain.accounts.account import Role
from tests.gateway.studio.reader import as_user, reader, stranger, text_of
from tests.gateway.studio.selling import a_reviewer, listed, measure
from tests.gateway.studio.world import World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
OFFER = {
    "title": "Swings of two large caps",
    "description": "By five indicators.",
    "category": "MOMENTUM",
    "monthly_price": "29.00",
    "asset_classes": ["EQUITY"],
    "acknowledge_static_data": "yes",
}


async def test_a_model_is_offered_reviewed_bought_and_rated(studio: World) -> None:
    # given a seller with a trained model, a reviewer and a buyer
    seller, reviewer, buyer = await reader(studio), await reader(studio, Role.ADMIN), await reader(studio)
    model_id = await studio.trained(as_user(studio, seller))
    offer = f"/app/marketplace/sell/{model_id}"

    # when it is offered, measured and approved
    refused = await seller.send(offer, action="publish", title="", monthly_price="a lot")
    offered = await seller.send(offer, action="publish", **OFFER)
    listing = offered.headers["location"]
    listing_id = listing.rpartition("/")[2]
    await measure(studio, listing_id, model_id)
    own_desk = await seller.http.get("/app/marketplace/review")
    desk = await reviewer.open("/app/marketplace/review")
    approved = await reviewer.send("/app/marketplace/review", action="approve", listing_id=listing_id)

    # then it is on sale, with the platform's record
    assert refused.status_code == 400
    assert 'name="monthly_price" aria-invalid="true"' in re.sub(r' (type|value|placeholder|required)(="[^"]*")?', "", refused.text)
    assert own_desk.status_code == 403
    assert listing_id in desk
    assert approved.status_code == 303

    async def is_on_sale() -> bool:
        return OFFER["title"] in await buyer.open("/app/marketplace?search=swings")

    await until(is_on_sale, what="the listing in the marketplace")
    assert "Record, measured by the platform" in text_of(await buyer.open(listing))

    # when it is bought and rated
    bought = await buyer.send(listing, action="subscribe", subscription_type="MONTHLY", payment_method="credit_card", auto_renew="yes")
    rated = await buyer.send(listing, action="rate", rating="5", comment="It does what it says.")
    subscriptions = text_of(await buyer.open("/app/subscriptions"))
    longer = text_of(await buyer.open(listing))
    subscription_id = re.search(r'name="subscription_id" value="([^"]+)"', await buyer.open("/app/subscriptions"))
    assert subscription_id
    cancelled = await buyer.send("/app/subscriptions", action="cancel", subscription_id=subscription_id[1])

    # then it can be used, and is not renewed
    assert (bought.status_code, bought.headers["location"]) == (303, "/app/subscriptions")
    assert "Usable until Renewed on" in " ".join(subscriptions.split())
    assert rated.status_code == cancelled.status_code == 303
    assert "Change to a longer period" in longer
    assert f"{OFFER['title']} Active Monthly 29.00 USD" in subscriptions
    assert "Cancelled" in text_of(await buyer.open("/app/subscriptions"))


async def test_an_operator_sees_the_platform_and_keeps_an_account_out(studio: World) -> None:
    operator, other = await reader(studio, Role.ADMIN), await reader(studio)
    account_id = (await as_user(studio, other).http.get("/auth/me")).json()["id"]

    platform = text_of(await operator.open("/app/admin"))
    jobs = await operator.open("/app/admin/jobs?status=FAILED")
    health = text_of(await operator.open("/app/health"))
    closed = await other.http.get("/app/admin")
    others = await other.open("/app/account")
    out = await operator.send("/app/admin/accounts", action="suspend", account_id=account_id)
    back = await operator.send("/app/admin/accounts", action="resume", account_id=account_id)
    after = await other.http.get("/app/account")

    assert "Processes" in platform
    assert "Jobs of all accounts" in jobs
    assert "Kafka" in health
    assert out.status_code == back.status_code == 303
    assert closed.status_code == 403
    assert 'href="/app/admin"' not in others
    # Keeping it out has ended its log-ins.
    assert after.headers["location"].startswith("/app/sign-in")


async def test_whoever_connects_programs_gets_a_key_and_a_webhook_whose_secrets_are_shown_once(studio: World) -> None:
    somebody = await reader(studio)

    key = await somebody.send("/app/account", action="key", name="nightly", scopes="read")
    secret = re.search(r"mbk_[\w-]{40,}", key.text)
    again = await somebody.open("/app/account")
    hook = await somebody.send("/app/webhooks", action="make", url="http://127.0.0.1:9/x", events=["training_job.completed"])
    page = re.findall(r'href="(/app/webhooks/[^"]+)"', hook.text)[0]
    tested = await somebody.send(page, action="test")
    delivery = re.findall(rf'href="({page}/deliveries/[^"]+)"', await somebody.open(page))[0]

    assert secret
    assert secret[0] not in again
    assert "whsec_" in hook.text
    assert tested.status_code == 303
    assert "webhook.test" in await somebody.open(delivery)


async def test_a_backtest_is_asked_for_and_the_data_it_plays_on_is_read(studio: World) -> None:
    somebody = await reader(studio)
    asked = {"strategy_name": "rsi", "symbol": "AAPL", "timeframe": "1d", "direction": "long", "parameters": '{"period": 7}'}

    wrong = await somebody.send("/app/backtests/new", action="ask", **asked, start_date="2010-01-01", end_date="2008-01-01")
    queued = await somebody.send("/app/backtests/new", action="ask", **asked, start_date="2008-01-01", end_date="2010-01-01")
    page = text_of(await somebody.open(queued.headers["location"]))
    listed = text_of(await somebody.open("/app/backtests?strategy_name=rsi"))
    dataset = text_of(await somebody.open("/app/datasets/packaged_AAPL_1d"))

    assert wrong.status_code == 400
    assert "Pending" in page
    assert "Period 7" in page
    assert "RSI on AAPL" in listed
    assert "Calendar XNYS" in dataset


async def test_a_jobs_changes_come_as_events_until_its_end(studio: World) -> None:
    # given a running job
    somebody, other = await reader(studio), await reader(studio)
    user = as_user(studio, somebody)
    job_id = await user.train(await user.make_model())

    # when its page listens
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(somebody.http.get(f"/app/jobs/{job_id}/live"))
        await studio.training.complete(job_id)
    events = re.findall(r"event: (\w+)", listening.result().text)
    anothers = await other.http.get(f"/app/jobs/{job_id}/live")
    strangers = await stranger(studio).http.get(f"/app/jobs/{job_id}/live")

    # then it hears of changes and of the end, and others hear nothing
    assert listening.result().headers["content-type"].startswith("text/event-stream")
    assert set(events) == {"changed", "ended"}
    assert events[-1] == "ended"
    assert "event:" not in anothers.text
    assert strangers.status_code == 204


async def test_the_chart_of_a_record_is_of_its_newest_days(studio: World) -> None:
    # given a listing whose record has more days than the chart shows
    seller, buyer = await studio.user(), await reader(studio)
    model_id, listing_id = await listed(studio, seller, await a_reviewer(studio))
    days = [RecordDay(date=date(2011, 1, 3) + timedelta(days=at), day_return=0.001, position=1.0, absent=False) for at in range(260)]
    await measure(studio, listing_id, model_id, days=days)

    async def is_kept() -> bool:
        return "the newest 160 of 260 days" in text_of(await buyer.open(f"/app/marketplace/{listing_id}"))

    # when, then
    await until(is_kept, what="the record's days")
    page = await buyer.open(f"/app/marketplace/{listing_id}")
    assert days[-1].date.isoformat() in page
    assert days[100].date.isoformat() in page
    assert days[99].date.isoformat() not in page
