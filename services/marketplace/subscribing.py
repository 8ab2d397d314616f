"""Subscriptions' part of the marketplace's wiring: their stores, what answers asks, and what runs by itself."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.stores.mongo import Database
from services.marketplace.domain.listing_ports import ModelVersions
from services.marketplace.domain.payments import Payments
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.subscription import Terms
from services.marketplace.inbound.asks_subscriptions import SubscriptionUseCases
from services.marketplace.outbound.leasing_mongo import LeasingMongo
from services.marketplace.outbound.listings_mongo import ListingsMongo
from services.marketplace.outbound.receipts_mongo import ReceiptsMongo
from services.marketplace.outbound.sales_mongo import SalesMongo
from services.marketplace.outbound.subscriptions_mongo import SubscriptionsMongo
from services.marketplace.outbound.tallies_mongo import TalliesMongo
from services.marketplace.usecases.carry_on_bill import CarryOnBill
from services.marketplace.usecases.change_subscription import ChangeIt
from services.marketplace.usecases.end_subscription import EndSubscription
from services.marketplace.usecases.list_ratings import ListRatings
from services.marketplace.usecases.rate_listing import Rate
from services.marketplace.usecases.recount_listings import Recount
from services.marketplace.usecases.refund_subscription import RefundPayment
from services.marketplace.usecases.renew_subscriptions import FinishBills, RenewSubscriptions
from services.marketplace.usecases.report_leasing import ReportLeasing
from services.marketplace.usecases.report_payments import ReportPayments
from services.marketplace.usecases.subscribe import SubscribeTo

# What another process has written before it died is looked for as often.
LOOK_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class SubscriptionParts:
    """What subscriptions add to the marketplace. `renew` and `finish` are schedules; `keep_counting` never ends."""

    use: SubscriptionUseCases
    renew: RenewSubscriptions
    finish: FinishBills
    recount: Recount
    keep_counting: Callable[[], Coroutine[Any, Any, None]]
    stores: tuple[SubscriptionsMongo, TalliesMongo, ReceiptsMongo]


def make_subscriptions(
    *,
    database: Database,
    listings: ListingsMongo,
    versions: ModelVersions,
    payments: Payments,
    clock: Clock,
    within: timedelta,
    terms: Terms,
    currency: str,
    wake: Callable[[], None],
) -> SubscriptionParts:
    """Wire it; `wake` is called after each write (collection `subscriptions` has events to be published)."""
    written = asyncio.Event()

    def on_write() -> None:
        wake()
        written.set()

    subscriptions = SubscriptionsMongo(database, on_write=on_write)
    tallies, sales = TalliesMongo(database, on_write=on_write), SalesMongo(listings, versions)
    carry_on, end = CarryOnBill(subscriptions, payments, clock, within), EndSubscription(subscriptions, clock)
    recount, receipts = Recount(tallies, listings, clock), ReceiptsMongo(database)
    return SubscriptionParts(
        use=SubscriptionUseCases(
            subscribe=SubscribeTo(subscriptions, sales, payments, carry_on, end, clock, terms),
            change=ChangeIt(subscriptions, sales, clock),
            refund=RefundPayment(subscriptions, carry_on, clock),
            rate=Rate(subscriptions, sales, tallies, recount, clock),
            list_ratings=ListRatings(sales, tallies),
            report_leasing=ReportLeasing(sales, LeasingMongo(database), clock, currency),
            report_payments=ReportPayments(receipts, currency),
        ),
        renew=RenewSubscriptions(subscriptions, sales, carry_on, end, clock, terms),
        finish=FinishBills(subscriptions, carry_on, clock),
        recount=recount,
        keep_counting=partial(_keep_counting, recount, written),
        stores=(subscriptions, tallies, receipts),
    )


async def _keep_counting(recount: Recount, written: asyncio.Event) -> None:
    """Bring listings up whenever something was written, for as long as it takes; many writes at once are counted together."""

    async def count() -> None:
        while True:
            written.clear()
            await recount()
            with suppress(TimeoutError):
                await asyncio.wait_for(written.wait(), LOOK_EVERY_S)

    await keep_going(count, what="the numbers of listings", stopping=asyncio.Event())
