"""A seller puts a model on sale: once, with what is trained and owned, and sees what became of it."""

import asyncio

import pytest

from libs.contracts.listings import ListingSubmitted
from services.gateway.domain.models.model import Listing
from tests.gateway.studio.selling import a_reviewer, an_offer, listed, submitted
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_trained_model_is_submitted_for_review(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    answer = await ada.call("POST", f"/models/{model_id}/publish/", an_offer())

    assert (answer.status_code, answer.json()["status"]) == (201, "PENDING_REVIEW")
    model = await ada.get(f"/models/{model_id}/")
    assert (model["status"], model["is_published"]) == ("COMPLETED", False)
    assert (await studio.gateway.platform.models.get(model_id, account_id=None)).listing is Listing.IN_REVIEW


async def test_a_draft_cannot_be_published(ada: User) -> None:
    answer = await ada.call("POST", f"/models/{await ada.make_model()}/publish/", an_offer())

    assert (answer.status_code, answer.json()["error"]["details"]) == (400, {"status": ["The model is DRAFT."]})


async def test_somebody_elses_model_can_be_neither_published_nor_withdrawn(studio: World, ada: User, eve: User) -> None:
    model_id, _ = await submitted(studio, ada)

    answers = [await eve.call("POST", f"/models/{model_id}/{verb}/", an_offer()) for verb in ("publish", "unpublish")]

    assert [answer.status_code for answer in answers] == [404, 404]


async def test_the_same_request_twice_is_one_listing(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    answers = await asyncio.gather(*(ada.call("POST", f"/models/{model_id}/publish/", an_offer(), key="once") for _ in range(3)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["listing_id"] for answer in answers}) == 1
    assert len(studio.events(ListingSubmitted.topic, key=answers[0].json()["listing_id"])) <= 1


async def test_a_model_has_one_open_listing(studio: World, ada: User) -> None:
    model_id, _ = await submitted(studio, ada)

    answer = await ada.call("POST", f"/models/{model_id}/publish/", an_offer())

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert "withdraw it" in answer.json()["error"]["message"]


async def test_an_approved_model_is_published(studio: World, ada: User) -> None:
    reviewer = await a_reviewer(studio)

    model_id, listing_id = await listed(studio, ada, reviewer)

    model = await ada.get(f"/models/{model_id}/")
    assert (model["status"], model["is_published"]) == ("PUBLISHED", True)
    published = await ada.get("/models/?status=PUBLISHED")
    assert [each["id"] for each in published["results"]] == [model_id]
    assert (await ada.get(f"/marketplace/{listing_id}/"))["status"] == "PUBLISHED"


async def test_both_gateways_show_it(studio: World, ada: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    there = studio.at_the_other(ada)

    assert (await there.get(f"/models/{model_id}/"))["is_published"]
    assert (await there.get(f"/marketplace/{listing_id}/"))["status"] == "PUBLISHED"


async def test_a_rejected_seller_reads_why_and_may_publish_anew(studio: World, ada: User, eve: User) -> None:
    reviewer = await a_reviewer(studio)
    model_id, listing_id = await submitted(studio, ada)

    await reviewer.call("POST", f"/marketplace/{listing_id}/reject/", {"reason": "It promises too much."})

    assert (await ada.get(f"/marketplace/{listing_id}/"))["rejection_reason"] == "It promises too much."
    mine = await ada.get("/marketplace/?seller=me")
    assert [(each["id"], each["status"]) for each in mine["results"]] == [(listing_id, "REJECTED")]
    assert (await eve.call("GET", f"/marketplace/{listing_id}/")).status_code == 404
    again = await ada.call("POST", f"/models/{model_id}/publish/", an_offer(title="More modest"))
    assert (again.status_code, again.json()["status"]) == (201, "PENDING_REVIEW")


async def test_a_withdrawn_model_is_off_the_market_and_may_be_published_anew(studio: World, ada: User, eve: User) -> None:
    reviewer = await a_reviewer(studio)
    model_id, listing_id = await listed(studio, ada, reviewer)

    first = await ada.call("POST", f"/models/{model_id}/unpublish/")
    again = await ada.call("POST", f"/models/{model_id}/unpublish/")

    assert (first.status_code, first.json()["status"], first.json()) == (200, "WITHDRAWN", again.json())
    assert not (await ada.get(f"/models/{model_id}/"))["is_published"]
    assert (await eve.call("GET", f"/marketplace/{listing_id}/")).status_code == 404
    anew = await ada.call("POST", f"/models/{model_id}/publish/", an_offer())
    assert anew.json()["listing_id"] != listing_id


async def test_what_was_never_published_cannot_be_withdrawn(studio: World, ada: User) -> None:
    answer = await ada.call("POST", f"/models/{await studio.trained(ada)}/unpublish/")

    assert (answer.status_code, answer.json()["error"]["details"]) == (400, {"status": ["It is neither in review nor on sale."]})


async def test_a_listed_model_may_be_trained_anew_and_serves_meanwhile(studio: World, ada: User) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))

    job_id = await ada.train(model_id)
    during = await ada.call("POST", f"/models/{model_id}/predict/", {"symbols": ["AAPL"]})
    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")

    assert (during.status_code, during.json()["model_version"]) == (200, "1.0")
    listing = await ada.get(f"/marketplace/{listing_id}/")
    assert (listing["model_version"], [each["version"] for each in listing["versions"]]) == ("1.0", ["1.0", "1.1"])
    assert (await ada.get(f"/models/{model_id}/"))["is_published"]


async def test_a_listed_model_cannot_be_deleted(studio: World, ada: User) -> None:
    model_id, _ = await listed(studio, ada, await a_reviewer(studio))

    answer = await ada.call("DELETE", f"/models/{model_id}/")

    assert answer.status_code == 400
    assert (await ada.get(f"/models/{model_id}/"))["is_published"]


async def test_a_webhook_is_told_that_a_model_is_published_and_why_one_was_rejected(studio: World, ada: User) -> None:
    reviewer = await a_reviewer(studio)
    made = await ada.call("POST", "/webhooks/", {"url": "http://127.0.0.1:9/", "events": ["model.published", "listing.rejected"]})
    webhook_id = made.json()["id"]
    await listed(studio, ada, reviewer)
    _, rejected_id = await submitted(studio, ada)
    await reviewer.call("POST", f"/marketplace/{rejected_id}/reject/", {"reason": "No."})

    async def told() -> bool:
        return bool((await ada.get(f"/webhooks/{webhook_id}/deliveries/"))["count"] == 2)

    await until(told)
    rows = (await ada.get(f"/webhooks/{webhook_id}/deliveries/"))["results"]
    assert {row["event"] for row in rows} == {"model.published", "listing.rejected"}
