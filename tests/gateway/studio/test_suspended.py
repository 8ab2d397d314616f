"""What becomes of the things of an account that is suspended: jobs, webhooks, renewals, listings, and those who bought from it."""

import httpx
import pytest

from libs.contracts.training import JobState
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import predict, subscribe, subscribed
from tests.gateway.studio.test_other_jobs import heard, job_of, start
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def set_to(admin: User, user: User, what: str) -> httpx.Response:
    return await admin.http.post(f"/admin/accounts/{user.account_id}/{what}")


async def test_its_jobs_are_cancelled_and_what_they_did_not_use_comes_back(studio: World, ada: User) -> None:
    admin = await a_reviewer(studio)
    running, waiting = [await ada.train(await ada.make_model()) for _ in range(2)]
    await studio.training.progress(running, 30)
    await ada.job_is(running, "RUNNING")

    suspended = await set_to(admin, ada, "suspend")

    assert suspended.status_code == 200, suspended.text
    for job_id in (running, waiting):
        job = await studio.gateway.platform.jobs.get(job_id, account_id=ada.account_id)
        assert (job.state.value, job.refund_amount is not None) == ("cancelled", True)


async def test_its_jobs_of_other_kinds_are_cancelled_too(studio: World, ada: User) -> None:
    admin, job = await a_reviewer(studio), await start(studio, ada)
    await heard(studio, job.id)

    answer = await set_to(admin, ada, "suspend")

    assert answer.status_code == 200
    await job_of(studio, job.id, ada, state=JobState.CANCELLED, slot=None)


async def test_its_webhooks_are_switched_off(studio: World, ada: User) -> None:
    made = await ada.call("POST", "/webhooks/", {"url": "http://127.0.0.1:9/hook", "events": ["training_job.completed"]})

    await set_to(await a_reviewer(studio), ada, "suspend")

    webhook = await studio.gateway.webhooks.webhooks.get(made.json()["id"], account_id=ada.account_id)
    assert (webhook.enabled, webhook.disabled_reason) == (False, "The account was suspended.")


async def test_its_listings_are_out_of_sight_and_who_has_subscribed_keeps_what_is_paid(studio: World, ada: User, eve: User) -> None:
    admin, stranger = await a_reviewer(studio), await studio.user()
    model_id, listing_id = await listed(studio, ada, admin)
    await subscribed(eve, listing_id)

    await set_to(admin, ada, "suspend")

    shown = [row["id"] for user in (stranger, admin) for row in (await user.get(f"/marketplace/?seller={ada.account_id}"))["results"]]
    assert shown == [listing_id]  # the admin alone
    assert (await stranger.call("GET", f"/marketplace/{listing_id}/")).status_code == 404
    assert (await subscribe(stranger, listing_id)).status_code == 404
    assert (await eve.call("GET", f"/marketplace/{listing_id}/")).status_code == 200
    assert (await predict(eve, model_id)).status_code == 200

    await set_to(admin, ada, "resume")

    assert (await stranger.call("GET", f"/marketplace/{listing_id}/")).status_code == 200
    assert (await subscribe(stranger, listing_id)).status_code == 201


async def test_it_is_charged_nothing_more_that_it_could_not_cancel(studio: World, ada: User, eve: User) -> None:
    admin = await a_reviewer(studio)
    _, listing_id = await listed(studio, ada, admin)
    made = await subscribed(eve, listing_id, auto_renew=True)

    await set_to(admin, eve, "suspend")

    told = await studio.gateway.platform.subscribing.subscriptions.get(made["subscription_id"], account_id=eve.account_id)
    assert (told.auto_renew, told.state.value) == (False, "cancelled")
