"""What the marketplace answers and does about listings."""

from dataclasses import dataclass

from libs.chassis.handlers import Answers, Facts
from libs.contracts.listings import Listed, PerformanceMeasured, PublishModel, ReviewListing, Submitted, WithdrawListing
from services.marketplace.usecases.keep_listings import NoteMeasured, Publish, Review, Withdraw


@dataclass(frozen=True, slots=True)
class ListingUseCases:
    """What is called about listings."""

    publish: Publish
    review: Review
    withdraw: Withdraw
    note_measured: NoteMeasured


def bind_listings(use: ListingUseCases, *, facts: Facts, answers: Answers) -> None:
    """Bind each ask and event to its use case."""

    @answers.to(PublishModel)
    async def on_publish_model(ask: PublishModel) -> Submitted:
        return await use.publish(ask)

    @answers.to(ReviewListing)
    async def on_review_listing(ask: ReviewListing) -> Listed:
        return await use.review(ask)

    @answers.to(WithdrawListing)
    async def on_withdraw_listing(ask: WithdrawListing) -> Listed:
        return await use.withdraw(ask)

    @facts.on(PerformanceMeasured)
    async def on_performance_measured(event: PerformanceMeasured) -> None:
        await use.note_measured(event)
