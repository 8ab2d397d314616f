"""News of listings that comes late, twice or out of order; a marketplace that has not heard of a training yet; and its words for time."""

from dataclasses import dataclass, field

import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.listings import (
    Listed,
    ListingState,
    ListingWithdrawn,
    PublishModel,
    ReviewListing,
    Submitted,
    WithdrawListing,
)
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.accounts.caller import USER_SCOPES, Caller
from services.gateway.domain.models.model import Listing
from services.gateway.domain.work import Work
from services.gateway.inbound.faces.ai_studio.publishing import published_of
from services.gateway.outbound.services_bus import MarketplaceBus
from services.gateway.usecases.marketplace.publish_model import NoteAnswer, Publish
from tests.gateway.studio.selling import a_reviewer, an_offer, listed, submitted
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


def submission(**changes: object) -> Submitted:
    example = EXAMPLES[Submitted]
    assert isinstance(example, Submitted)
    return example.model_copy(update=changes)


@dataclass
class LateDesk:
    """The marketplace, which hears of a training only after it was asked so many times about it."""

    desk: MarketplaceBus
    hears_after: int
    asks: list[PublishModel] = field(default_factory=list)

    async def publish(self, ask: PublishModel) -> Submitted:
        self.asks.append(ask)
        if len(self.asks) <= self.hears_after:
            message = "The marketplace has not heard yet that version 1.0 was trained."
            raise AskRefusedError(message, kind=ErrorKind.UNAVAILABLE, code="version_unknown", retry=True)
        return await self.desk.publish(ask)

    async def review(self, ask: ReviewListing) -> Listed:
        return await self.desk.review(ask)

    async def withdraw(self, ask: WithdrawListing) -> Listed:
        return await self.desk.withdraw(ask)


async def test_publishing_waits_for_a_marketplace_that_hears_of_the_training_later(studio: World, ada: User) -> None:
    parts, desk = studio.gateway.platform, LateDesk(MarketplaceBus(studio.training.bus), hears_after=2)
    model_id = await studio.trained(ada)
    caller = Caller(ada.account_id, "ada", Role.USER, Tier.FREE, USER_SCOPES, "session")
    publish = Publish(parts.models, desk, NoteAnswer(parts.follow_listings), fetched=())

    answer = await publish(model_id, caller=caller, offer=submission().listing.offer, static_data=True, work=Work())

    assert len({ask.listing_id for ask in desk.asks}) == 1
    assert (len(desk.asks), answer.listing.listing_id) == (3, desk.asks[0].listing_id)
    assert (await ada.get(f"/marketplace/{answer.listing.listing_id}/"))["status"] == "PENDING_REVIEW"


async def test_late_news_of_a_former_listing_does_not_take_the_present_one_off(studio: World, ada: User) -> None:
    model_id, former = await listed(studio, ada, await a_reviewer(studio))
    await ada.call("POST", f"/models/{model_id}/unpublish/")

    async def told() -> bool:
        return bool(studio.events(ListingWithdrawn.topic, key=former))

    await until(told)
    await ada.call("POST", f"/models/{model_id}/publish/", an_offer())
    (entry,) = studio.events(ListingWithdrawn.topic, key=former)
    late = ListingWithdrawn.model_validate_json(entry["body"])

    await studio.gateway.platform.follow_listings(late)

    assert (await studio.gateway.platform.models.get(model_id, account_id=None)).listing is Listing.IN_REVIEW
    assert (await studio.gateway.platform.listings.get(former)).state is ListingState.WITHDRAWN


async def test_news_that_overtakes_the_submission_is_kept(studio: World, ada: User) -> None:
    model_id, listing_id = await submitted(studio, ada)
    views = studio.gateway.platform.listings
    told = await views.get(listing_id)
    newer = told.model_copy(update={"listing_id": new_id("listing"), "sequence": 9, "state": ListingState.REJECTED})

    await views.apply(newer)
    await views.apply(newer.model_copy(update={"sequence": 1, "state": ListingState.IN_REVIEW}))

    assert (await views.get(newer.listing_id)).state is ListingState.REJECTED
    assert len(await views.of_model(model_id)) == 2


async def test_nobody_sees_what_another_seller_has_in_review(studio: World, ada: User, eve: User) -> None:
    await submitted(studio, ada)

    asked = await eve.call("GET", f"/marketplace/?seller={ada.account_id}&status=PENDING_REVIEW")
    seen = await eve.get(f"/marketplace/?seller={ada.account_id}")

    assert (asked.status_code, seen["count"]) == (403, 0)


@pytest.mark.parametrize(
    ("seconds", "reviews", "words"),
    [
        (12.0, 1, "less than a minute (the median of the latest review)"),
        (60.0, 2, "about 1 minute (the median of the latest 2 reviews)"),
        (5400.0, 12, "about 2 hours (the median of the latest 12 reviews)"),
        (200_000.0, 20, "about 2 days (the median of the latest 20 reviews)"),
    ],
)
async def test_the_time_of_a_review_is_said_in_words(seconds: float, reviews: int, words: str) -> None:
    assert published_of(submission(review_seconds=seconds, reviews=reviews)).estimated_review_time == words


async def test_what_needs_no_review_has_no_estimate_and_says_why() -> None:
    example = submission()
    on_sale = example.listing.model_copy(update={"state": ListingState.LISTED})

    answers = [published_of(submission(listing=on_sale)), published_of(submission(review_seconds=None, reviews=0))]

    assert [each.estimated_review_time for each in answers] == [None, None]
    assert [each.reasons["estimated_review_time"] for each in answers] == [
        "It is PUBLISHED already.",
        "Nobody has reviewed a listing yet, so there is nothing to estimate it from.",
    ]
