"""What the marketplace answers and does about listings."""

from dataclasses import dataclass

from libs.chassis.bus.handlers import Answers, Facts
from libs.contracts.gateway import AccountErased
from libs.contracts.listings import Listed, PerformanceMeasured, PublishModel, ReviewListing, Submitted, WithdrawListing
from libs.contracts.records import ReadRecord, RecordPage
from services.marketplace.usecases.erase_account import EraseAccount
from services.marketplace.usecases.keep_listings import Publish, Review, Withdraw
from services.marketplace.usecases.keep_records import NoteMeasured, ReportRecord


@dataclass(frozen=True, slots=True)
class ListingUseCases:
    """What is called about listings."""

    publish: Publish
    review: Review
    withdraw: Withdraw
    note_measured: NoteMeasured
    report_record: ReportRecord
    erase: EraseAccount


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

    @answers.to(ReadRecord)
    async def on_read_record(ask: ReadRecord) -> RecordPage:
        return await use.report_record(ask)

    @facts.on(PerformanceMeasured)
    async def on_performance_measured(event: PerformanceMeasured) -> None:
        await use.note_measured(event)

    @facts.on(AccountErased)
    async def on_account_erased(event: AccountErased) -> None:
        await use.erase(event.account_id)
