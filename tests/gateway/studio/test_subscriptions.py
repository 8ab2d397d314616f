"""Subscribers: what they pay for, what they may ask of somebody else's model, and what its seller earns."""

import asyncio

import pytest

from libs.contracts.ids import new_id
from tests.gateway.studio.selling import a_reviewer, listed, submitted
from tests.gateway.studio.subscribers import has_earned, predict, subscribe, subscribed
from tests.gateway.studio.world import User, World
from tests.outboxes import empty_outbox, fill_outbox
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_subscriber_predicts_and_its_seller_earns(studio: World, ada: User, eve: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))

    made = await subscribed(eve, listing_id)
    answer = await predict(eve, model_id)

    assert (made["status"], made["total_amount"], made["message"]) == ("ACTIVE", "2999.00", "Successfully subscribed to model")
    assert made["next_billing_date"] == made["end_date"] > made["start_date"]
    assert (answer.status_code, answer.json()["model_version"]) == (200, "1.0")
    assert studio.inference.asks[-1].account_id == eve.account_id
    await has_earned(ada, model_id, "2999.00")


async def test_a_subscriber_explains_and_predicts_days_and_sees_nothing_else(studio: World, ada: User, eve: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    await subscribed(eve, listing_id)

    explained = await eve.call("GET", f"/models/{model_id}/explain/?symbols=AAPL")
    batch = await eve.call("POST", f"/models/{model_id}/batch-predict/", {"symbols": ["AAPL"], "end_date": "2012-12-14"})
    hidden = [
        await eve.call(method, f"/models/{model_id}/{path}", body)
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"name": "Mine"}),
            ("DELETE", "", None),
            ("POST", "train/", {}),
            ("GET", "feature-importance/", None),
            ("GET", "plots/shap-summary.png", None),
            ("POST", "unpublish/", None),
        )
    ]

    assert (explained.status_code, batch.status_code) == (200, 200), (explained.text, batch.text)
    assert {answer.status_code for answer in hidden} == {404}
    assert (await eve.get("/models/"))["count"] == 0


async def test_who_never_subscribed_sees_no_model_and_whose_subscription_is_over_is_told(studio: World, ada: User, eve: User) -> None:
    reviewer, stranger = await a_reviewer(studio), await studio.user()
    model_id, listing_id = await listed(studio, ada, reviewer)
    made = await subscribed(eve, listing_id)
    assert (await predict(eve, model_id)).status_code == 200

    path = f"/subscriptions/{made['subscription_id']}/refund/"
    assert (await eve.call("POST", path, {"reason": "I want it back"})).status_code == 403
    refund = await reviewer.call("POST", path, {"reason": "Charged by mistake"})

    assert (refund.status_code, refund.json()["status"], refund.json()["end_reason"]) == (200, "EXPIRED", "REFUNDED")
    over = await predict(eve, model_id)
    assert (over.status_code, over.json()["error"]["code"]) == (403, "SUBSCRIPTION_REQUIRED")
    unknown = await predict(stranger, model_id)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert (await predict(ada, model_id)).status_code == 200
    await has_earned(ada, model_id, "0.00")


async def test_the_other_gateway_knows_within_a_moment(studio: World, ada: User, eve: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    there = studio.at_the_other(eve)
    assert (await predict(there, model_id)).status_code == 404

    await subscribed(eve, listing_id)

    async def served() -> bool:
        return (await predict(there, model_id)).status_code == 200

    await until(served)


async def test_a_subscriber_stays_on_a_version_or_follows_the_one_that_serves(studio: World, ada: User, eve: User) -> None:
    other = await studio.user()
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    stays, follows = await subscribed(eve, listing_id, version="1.0"), await subscribed(other, listing_id)
    assert (await predict(other, model_id)).json()["model_version"] == "1.0"
    assert follows["reasons"]["version"] == "It follows the version that serves."

    job_id = await ada.train(model_id)
    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")

    async def newest() -> bool:
        return bool((await predict(other, model_id)).json()["model_version"] == "1.1")

    await until(newest)
    assert (await predict(eve, model_id)).json()["model_version"] == stays["version"] == "1.0"
    changed = await eve.call("PATCH", f"/subscriptions/{stays['subscription_id']}/", {"version": None})
    assert (changed.status_code, changed.json()["version"], follows["version"]) == (200, None, None)
    assert (await predict(eve, model_id)).json()["model_version"] == "1.1"


async def test_the_same_key_is_one_subscription_and_two_at_once_are_one_charge(studio: World, ada: User, eve: User) -> None:
    other = await studio.user()
    _, listing_id = await listed(studio, ada, await a_reviewer(studio))

    first, again = await subscribe(eve, listing_id, key="one"), await subscribe(eve, listing_id, key="one")
    both = await asyncio.gather(subscribe(other, listing_id), subscribe(other, listing_id))
    differs = await subscribe(eve, listing_id, key="one", subscription_type="YEARLY")

    assert (first.status_code, again.json()) == (201, first.json())
    assert sorted(answer.status_code for answer in both) == [201, 400]
    (refused,) = [answer.json()["error"] for answer in both if answer.status_code == 400]
    assert (refused["code"], list(refused["details"])) == ("VALIDATION_ERROR", ["subscription_type"])
    assert differs.status_code == 409


async def test_a_longer_period_keeps_the_subscription(studio: World, ada: User, eve: User) -> None:
    _, listing_id = await listed(studio, ada, await a_reviewer(studio), monthly_price="30.00")
    month = await subscribed(eve, listing_id)

    year = await subscribed(eve, listing_id, subscription_type="YEARLY", auto_renew=False)

    assert (year["subscription_id"], year["price"]) == (month["subscription_id"], "360.00")
    assert 330 <= float(year["total_amount"]) <= 330.01
    assert (year["next_billing_date"], year["reasons"]["next_billing_date"]) == (None, "It will not be renewed.")
    assert (await eve.get("/subscriptions/"))["count"] == 1


async def test_subscriptions_are_their_subscribers_alone(studio: World, ada: User, eve: User) -> None:
    _, listing_id = await listed(studio, ada, await a_reviewer(studio))
    made = await subscribed(eve, listing_id)
    path = f"/subscriptions/{made['subscription_id']}/"

    mine, page = await eve.get(path), await eve.get("/subscriptions/?status=ACTIVE")
    cancelled, again = [await eve.call("POST", f"{path}cancel/") for _ in range(2)]

    assert page["results"] == [mine]
    assert mine == {name: value for name, value in made.items() if name != "message"}
    assert (cancelled.status_code, cancelled.json()["status"], again.json()) == (200, "CANCELLED", cancelled.json())
    assert (await eve.get("/subscriptions/?status=ACTIVE"))["count"] == 0
    assert (await eve.get("/subscriptions/?status=CANCELLED"))["results"] == [cancelled.json()]
    assert (await ada.get("/subscriptions/"))["count"] == 0
    for method, where, body in (("GET", path, None), ("PATCH", path, {"auto_renew": True}), ("POST", f"{path}cancel/", None)):
        assert (await ada.call(method, where, body)).status_code == 404


async def test_subscribers_rate_and_sellers_see_what_they_earn(studio: World, ada: User, eve: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio), monthly_price="100.00", title="Swings")
    await subscribed(eve, listing_id)

    refused = await (await studio.user()).call("POST", f"/marketplace/{listing_id}/rate/", {"rating": 1})
    rated = await eve.call("POST", f"/marketplace/{listing_id}/rate/", {"rating": 4, "comment": "Good"})
    shown = await eve.get(f"/marketplace/{listing_id}/")
    leasing = await ada.get("/analytics/leasing/")

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "SUBSCRIPTION_REQUIRED")
    assert (rated.status_code, rated.json()["average_rating"]) == (200, 4.0)
    assert (shown["average_rating"], shown["total_subscribers"]) == (4.0, 1)
    assert (leasing["total_revenue"], leasing["platform_fees"], leasing["net_earnings"]) == ("100.00", "20.00", "80.00")
    assert leasing["revenue_trend"]["data"][-1] == float(leasing["total_revenue"])
    (row,) = leasing["revenue_by_model"]
    assert (row["model_id"], row["model_name"], row["title"], row["subscribers"]) == (model_id, "Momentum", "Swings", 1)
    assert (row["churn_rate"], list(row["reasons"])) == (None, ["churn_rate"])
    assert (await eve.get("/analytics/leasing/"))["revenue_by_model"] == []


async def test_everybody_reads_what_subscribers_say_the_newest_first_and_not_who_said_it(studio: World, ada: User, eve: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    other, anybody, path = await studio.user(), await studio.user(), f"/marketplace/{listing_id}/ratings/"
    assert (await anybody.get(path))["results"] == []
    for user, rating, comment in ((eve, 2, "Slow"), (other, 5, "Sound"), (eve, 4, "Better now")):
        if user is not eve or comment == "Slow":
            await subscribed(user, listing_id)
        await user.call("POST", f"/marketplace/{listing_id}/rate/", {"rating": rating, "comment": comment})

    told, second = await anybody.get(path), await anybody.get(f"{path}?page=2&page_size=1")
    beyond = await anybody.call("GET", f"{path}?page=2")
    await ada.call("POST", f"/models/{model_id}/unpublish/")
    hidden, still = await anybody.call("GET", path), await eve.get(path)

    assert [(each["rating"], each["comment"]) for each in told["results"]] == [(4, "Better now"), (5, "Sound")]
    assert {name for each in told["results"] for name in each} == {"rating", "comment", "created_at"}
    assert (told["count"], second["results"], second["next"]) == (2, told["results"][1:], None)
    assert (beyond.status_code, hidden.status_code) == (404, 404)
    assert (await ada.get(path))["count"] == still["count"] == 2
    assert (await eve.get(f"/marketplace/{listing_id}/"))["status"] == "WITHDRAWN"


async def test_rating_tells_no_stranger_of_a_listing_that_waits_for_its_reviewer(studio: World, ada: User, eve: User) -> None:
    _, listing_id = await submitted(studio, ada)

    answers = [await eve.call("POST", f"/marketplace/{each}/rate/", {"rating": 1}) for each in (listing_id, new_id("listing"))]

    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(404, "RESOURCE_NOT_FOUND")] * 2


async def test_what_is_in_review_is_not_there_whichever_version_is_asked_for(studio: World, ada: User, eve: User) -> None:
    _, listing_id = await submitted(studio, ada)

    answers = [await subscribe(eve, listing_id, **pin) for pin in ({}, {"version": "1.0"}, {"version": "9.9"})]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1


async def test_what_was_withdrawn_cannot_be_subscribed_to_and_can_still_be_used(studio: World, ada: User, eve: User) -> None:
    other = await studio.user()
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    await subscribed(eve, listing_id)

    await ada.call("POST", f"/models/{model_id}/unpublish/")

    assert (await subscribe(other, listing_id)).status_code == 404
    assert (await predict(eve, model_id)).status_code == 200


async def test_a_subscription_whose_changes_nobody_can_publish_is_not_changed_until_somebody_can(
    studio: World, ada: User, eve: User
) -> None:
    _, listing_id = await listed(studio, ada, await a_reviewer(studio))
    made = await subscribed(eve, listing_id)
    path = f"/subscriptions/{made['subscription_id']}/"
    kept = studio.database.client[studio.database.name.replace("gateway", "marketplace")]["subscriptions"]
    await fill_outbox(kept, made["subscription_id"])

    refused = await eve.call("PATCH", path, {"auto_renew": False})

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert refused.json()["error"]["message"].endswith("try again later.")
    assert (await eve.get(path))["auto_renew"] is True

    await empty_outbox(kept, made["subscription_id"])
    changed = await eve.call("PATCH", path, {"auto_renew": False})

    assert (changed.status_code, changed.json()["auto_renew"]) == (200, False)
