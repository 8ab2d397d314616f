"""The only file that knows which adapter plays which port in the marketplace."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.liveness.failures import report_failure
from libs.chassis.logs import log
from libs.chassis.process import Chassis
from libs.chassis.stores.outbox import Relay
from libs.chassis.stores.outbox_measure import outbox_measure
from libs.chassis.tasks import beside
from libs.contracts.envelope import now
from services.marketplace.domain.payments import Payments
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.subscription import Terms
from services.marketplace.inbound.asks import make_answers
from services.marketplace.inbound.asks_snapshots import bind_snapshots
from services.marketplace.inbound.asks_subscriptions import bind_subscriptions
from services.marketplace.inbound.events import make_facts
from services.marketplace.inbound.listings import bind_listings
from services.marketplace.outbound.books_mongo import BooksMongo
from services.marketplace.outbound.exports_marketplace import marketplace_exports
from services.marketplace.outbound.ledger_measure import ledger_measure
from services.marketplace.outbound.ledger_mongo import LedgerMongo
from services.marketplace.outbound.ledger_watch_mongo import LedgerWatchMongo
from services.marketplace.outbound.listings_mongo import ListingsMongo, ModelVersionsMongo
from services.marketplace.outbound.metering_mongo import MeteringMongo
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from services.marketplace.outbound.purchases_mongo import PurchasesMongo
from services.marketplace.outbound.schema import MarketplaceSchema
from services.marketplace.paying import closing, make_payments
from services.marketplace.selling import make_selling
from services.marketplace.settings import Settings
from services.marketplace.subscribing import make_subscriptions
from services.marketplace.usecases.bookkeeping import Bookkeeper
from services.marketplace.usecases.check_ledger import CheckBooks
from services.marketplace.usecases.confirm_reservation import ConfirmReservation
from services.marketplace.usecases.expire_reservations import ExpireReservations
from services.marketplace.usecases.finish_purchases import ExpirePurchases, FinishPurchases
from services.marketplace.usecases.list_snapshots import ListSnapshots
from services.marketplace.usecases.purchase_credits import CarryOn, Sell
from services.marketplace.usecases.report_prices import ReportPrices
from services.marketplace.usecases.report_usage import ReportUsage
from services.marketplace.usecases.reserve_credits import Reserve
from services.marketplace.usecases.settle_credits import Settle
from services.marketplace.usecases.watch_books import WatchBooks

Sweep = Callable[[], Awaitable[int]]


class Store(Protocol):
    """What has collections and indexes of its own."""

    async def prepare(self) -> None:
        """Make them."""


@dataclass(frozen=True, slots=True)
class Marketplace:
    """What the service does, ready to be run; `sweeps` are its schedules, by what they have done."""

    facts: Facts
    answers: Answers
    relay: Relay
    sweeps: Mapping[str, Sweep]
    stores: Sequence[Store]
    keep_counting: Callable[[], Coroutine[Any, Any, None]]
    payments: Payments

    async def prepare(self) -> None:
        """Make collections and indexes."""
        for store in self.stores:
            await store.prepare()


def build(settings: Settings, chassis: Chassis, *, clock: Clock = now) -> Marketplace:
    """Wire adapters to ports; `clock` is for tests."""
    relay = Relay(chassis.bus, collections=[chassis.database[name] for name in ("reservations", "purchases", "listings", "subscriptions")])
    purchases = PurchasesMongo(chassis.database, on_write=relay.wake)
    books, metering = BooksMongo(chassis.database, purchases), MeteringMongo(chassis.database)
    listings, versions = ListingsMongo(chassis.database, on_write=relay.wake), ModelVersionsMongo(chassis.database)
    currency = settings.stripe_currency.upper()
    payments, bookkeeper = make_payments(settings, chassis.database), Bookkeeper(books, purchases)
    settle, carry_on = Settle(bookkeeper, clock), CarryOn(purchases, payments, bookkeeper, clock, settings.payment_within)
    selling = make_selling(settings, database=chassis.database, listings=listings, versions=versions, clock=clock)
    confirm = ConfirmReservation(bookkeeper, clock)
    facts = make_facts(confirm=confirm, settle=settle, metering=metering, versions=versions, judge_again=selling.judge_again)
    reserve, sell = Reserve(bookkeeper, clock, settings.reservation_life), Sell(purchases, payments, carry_on, clock, currency)
    usage, prices = ReportUsage(books, metering, clock, currency), ReportPrices(currency)
    answers = make_answers(reserve=reserve, settle=settle, sell=sell, report_usage=usage, report_prices=prices)
    bind_listings(selling.use, facts=facts, answers=answers)
    subscribing = make_subscriptions(
        database=chassis.database,
        listings=listings,
        versions=versions,
        payments=payments,
        clock=clock,
        within=settings.payment_within,
        terms=Terms(fee_rate=settings.fee_rate, grace=settings.renewal_grace),
        currency=currency,
        wake=relay.wake,
    )
    bind_subscriptions(answers, subscribing.use)
    _bind_operators(answers, chassis, relay, ListSnapshots(books, listings, subscribing.stores[0]), clock=clock)
    return Marketplace(
        facts=facts,
        answers=answers,
        relay=relay,
        sweeps={
            "expired reservations were given back": ExpireReservations(books, settle, clock),
            "unfinished purchases came to their end": FinishPurchases(purchases, carry_on, clock),
            "bought credits expired": ExpirePurchases(purchases, bookkeeper, clock),
            **selling.sweeps,
            "subscriptions were renewed or ended": subscribing.renew,
            "unfinished payments of subscriptions came to their end": subscribing.finish,
        },
        stores=(
            *(MarketplaceSchema(chassis.database), books, purchases, metering, listings, versions, *selling.stores, *subscribing.stores),
            *([payments] if isinstance(payments, PaymentsSandbox) else []),
        ),
        payments=payments,
        keep_counting=subscribing.keep_counting,
    )


def _bind_operators(answers: Answers, chassis: Chassis, relay: Relay, snapshots: ListSnapshots, *, clock: Clock) -> None:
    """Answer what operators ask, and show what waits and whether the books add up among the metrics."""
    ledger, registry = LedgerMongo(chassis.database), chassis.registry
    bind_snapshots(answers, snapshots, CheckBooks(ledger, clock), marketplace_exports(chassis.database))
    watch = WatchBooks(ledger, LedgerWatchMongo(chassis.database), clock)
    chassis.measures.extend((outbox_measure(relay.collections, registry=registry), ledger_measure(watch, registry=registry)))


@asynccontextmanager
async def running(settings: Settings, chassis: Chassis, *, clock: Clock = now) -> AsyncIterator[None]:
    """Answer, follow and sweep until the context ends."""
    market = build(settings, chassis, clock=clock)
    await market.prepare()
    every_s = settings.sweep_every.total_seconds()
    sweeping = (_sweep(sweep, done=done, every_s=every_s) for done, sweep in market.sweeps.items())
    async with (
        closing(market.payments),
        chassis.bus.running(facts=market.facts, answers=market.answers),
        market.relay.running(),
        beside(*sweeping, market.keep_counting()),
    ):
        chassis.ready()
        yield


async def _sweep(sweep: Sweep, *, done: str, every_s: float) -> None:
    while True:
        try:
            count = await sweep()
        except Exception as error:  # noqa: BLE001  # it is tried again at the next turn, and so are the others
            report_failure(error, work=f"a sweep ({done})")
        else:
            if count:
                log().info(done, count=count)
        await asyncio.sleep(every_s)
