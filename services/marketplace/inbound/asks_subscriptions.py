"""What the marketplace answers about subscriptions, and about all payments."""

from dataclasses import dataclass

from libs.chassis.bus.handlers import Answers
from libs.contracts.listings import Listed
from libs.contracts.payments import PaymentsPage, ReadPayments
from libs.contracts.subscriptions import (
    CancelSubscription,
    ChangeSubscription,
    Leasing,
    RateListing,
    RatingsPage,
    ReadLeasing,
    ReadRatings,
    RefundSubscription,
    Subscribe,
    Subscribed,
)
from services.marketplace.usecases.change_subscription import ChangeIt
from services.marketplace.usecases.list_ratings import ListRatings
from services.marketplace.usecases.rate_listing import Rate
from services.marketplace.usecases.refund_subscription import RefundPayment
from services.marketplace.usecases.report_leasing import ReportLeasing
from services.marketplace.usecases.report_payments import ReportPayments
from services.marketplace.usecases.subscribe import SubscribeTo


@dataclass(frozen=True, slots=True)
class SubscriptionUseCases:
    """What these asks are answered by."""

    subscribe: SubscribeTo
    change: ChangeIt
    refund: RefundPayment
    rate: Rate
    list_ratings: ListRatings
    report_leasing: ReportLeasing
    report_payments: ReportPayments


def bind_subscriptions(answers: Answers, use: SubscriptionUseCases) -> None:
    """Bind each ask to its use case."""

    @answers.to(Subscribe)
    async def on_subscribe(ask: Subscribe) -> Subscribed:
        return await use.subscribe(ask)

    @answers.to(CancelSubscription)
    async def on_cancel(ask: CancelSubscription) -> Subscribed:
        return await use.change.cancel(ask.subscription_id, account_id=ask.account_id)

    @answers.to(ChangeSubscription)
    async def on_change(ask: ChangeSubscription) -> Subscribed:
        return await use.change(ask)

    @answers.to(RefundSubscription)
    async def on_refund(ask: RefundSubscription) -> Subscribed:
        return await use.refund(ask)

    @answers.to(RateListing)
    async def on_rate(ask: RateListing) -> Listed:
        return await use.rate(ask)

    @answers.to(ReadRatings)
    async def on_read_ratings(ask: ReadRatings) -> RatingsPage:
        return await use.list_ratings(ask)

    @answers.to(ReadLeasing)
    async def on_read_leasing(ask: ReadLeasing) -> Leasing:
        return await use.report_leasing(ask)

    @answers.to(ReadPayments)
    async def on_read_payments(ask: ReadPayments) -> PaymentsPage:
        return await use.report_payments(ask)
