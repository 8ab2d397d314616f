"""The books of the marketplace: each sweep, claim, list and count is an index look-up, however long the history is."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from libs.chassis.stores.mongo import Database, to_decimal128
from libs.chassis.stores.parts import Part
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.listings import ListingState, PublishModel
from libs.contracts.payments import PaymentKind
from libs.contracts.record_chain import rounded_day
from libs.contracts.subscriptions import Period, SubscriptionState
from services.marketplace.domain.billing import Bill, BillKind, BillState
from services.marketplace.domain.ledger import Cause
from services.marketplace.domain.listing import Listing
from services.marketplace.domain.model_version import ModelVersion, version_id
from services.marketplace.domain.money import MoneyCause
from services.marketplace.domain.payments import Charge
from services.marketplace.domain.purchase import Purchase, PurchaseState
from services.marketplace.domain.receipts import WantedPayments
from services.marketplace.domain.subscription import Run, Subscription
from services.marketplace.domain.wallet import ReservationState
from services.marketplace.outbound.books_mongo import BooksMongo
from services.marketplace.outbound.leasing_mongo import LeasingMongo
from services.marketplace.outbound.ledger_mongo import LedgerMongo
from services.marketplace.outbound.listings_mongo import ListingsMongo, ModelVersionsMongo
from services.marketplace.outbound.metering_mongo import MeteringMongo
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from services.marketplace.outbound.purchases_mongo import PurchasesMongo
from services.marketplace.outbound.receipts_mongo import ReceiptsMongo
from services.marketplace.outbound.records_mongo import RecordsMongo
from services.marketplace.outbound.subscriptions_mongo import SubscriptionsMongo
from services.marketplace.outbound.tallies_mongo import TalliesMongo
from tests.marketplace.listing_story import a_record
from tests.queries.profiled import SPARE, STEP, STEPS, earlier, multiply, numbered, profiled, walked

MOST = 20
# A sum reads what it adds up: so many movements are of the month, or the seller, that is asked for.
SUMMED = 60
DAY = timedelta(days=1)
PURCHASE: Any = {"tier": "free", "hours": Decimal(1), "amount": Decimal(5), "method": "credit_card"}


async def test_credits_and_purchases(database: Database, many: int) -> None:
    purchases, at = PurchasesMongo(database, on_write=int), now()
    books, metering, sandbox = BooksMongo(database, purchases), MeteringMongo(database), PaymentsSandbox(database)
    ledger = LedgerMongo(database)
    for store in (purchases, books, metering, sandbox, SubscriptionsMongo(database, on_write=int)):
        await store.prepare()
    await long_books(database, many)
    await purchases.begin(Purchase(id="p", account_id="account", begun_at=at, go_on_at=at, **PURCHASE))
    await many_purchases(database, many)
    paid = await sandbox.charge(key="c", account_id="account", amount=Decimal(5), method="credit_card")
    assert isinstance(paid, Charge)
    await multiply(database["sandbox_charges"], "c", by=many, charge_id=numbered("c"))

    async with profiled(database) as took:
        await first_and_next(lambda but: books.expired(at=at, most=MOST, but=but))
        await first_and_next(lambda but: purchases.unfinished(at=at, most=MOST, but=but))
        await first_and_next(lambda but: purchases.over(at=at, most=MOST, but=but))
        used = await metering.charged("account", since=at - DAY, until=at + DAY, most=MOST)
        assert used.jobs_count == 1
        await metering.granted("account", since=at - DAY, until=at + DAY)
        await metering.purchases("a1", since=at - DAY, until=at + DAY)
        assert await ledger.next_account("account") is not None
        assert len((await ledger.of("a1")).purchases) >= 1
        assert await ledger.settled("account", since=at - DAY) == ["job"]
        await sandbox.refund(key="r", charge_id=paid.id, amount=Decimal(1))

    sums = [work for work in took.works if "movements" in work.name]
    assert [problem for work in took.works if work not in sums and (problem := work.problem(reads=SPARE, counted=0))] == []
    # What a sum is listed by is sorted: no index can hold it.
    assert all("COLLSCAN" not in work.plan and work.examined <= SUMMED + SPARE for work in sums)


async def first_and_next(due: Callable[[Collection[str]], Awaitable[list[Any]]]) -> None:
    """Read what is due first, and without it what is due next."""
    first = {each.id for each in await due(())}
    following = {each.id for each in await due(first)}
    assert (len(first), len(following), first & following) == (MOST, MOST, set())


async def test_listings_and_subscriptions(database: Database, many: int) -> None:
    at = now()
    listings, subscriptions = ListingsMongo(database, on_write=int), SubscriptionsMongo(database, on_write=int)
    tallies, leasing = TalliesMongo(database, on_write=int), LeasingMongo(database)
    for store in (listings, subscriptions, tallies):
        await store.prepare()
    await listings.add(a_listing())
    await many_listings(database, many)
    await subscriptions.begin(a_subscription(), a_bill())
    await many_subscriptions(database, many)
    await tallies.rate("listing", account_id="u", rating=5, comment="", at=at)
    await many_ratings_and_earnings(database, many)

    async with profiled(database) as took:
        await first_and_next(lambda but: listings.due(at=at, most=MOST, but=but))
        await first_and_next(lambda but: subscriptions.due(at=at, most=MOST, but=but))
        await first_and_next(lambda but: subscriptions.unfinished(at=at, most=MOST, but=but))
        assert len(await listings.of_seller("s7")) > 0
        assert len(await listings.counting(a_listing().submitted)) == 1
        assert await listings.counting(replace(a_listing().submitted, symbols=("AAPL",), timeframe="1d")) == []
        assert len(await listings.review_times(most=MOST)) == MOST
        assert await subscriptions.has_paid("listing", account_id="v5")
        assert await subscriptions.open("listing", subscriber_id="u5") is not None
        assert len((await tallies.page("listing", Part(MOST))).ratings) == MOST
        assert len(await tallies.stale(most=MOST)) == 6
        assert len(await tallies.mark("l5")) == 1
        assert (await tallies.tally("listing", at=at)).ratings == many // 10 + 1
        assert len(await leasing.takings("seller")) == 1
        assert len(await leasing.comings("s7", month_began=at - DAY, at=at)) > 0

    sums = [work for work in took.works if "money_movements" in work.name or "{'seller_id': 's7', 'started_at'" in work.name]
    assert [problem for work in took.works if work not in sums and (problem := work.problem(reads=SPARE, counted=0))] == []
    assert len(sums) == 2
    assert all("COLLSCAN" not in work.plan and work.examined <= SUMMED + SPARE for work in sums)


async def test_payments(database: Database, many: int) -> None:
    at, receipts = now(), ReceiptsMongo(database)
    purchases, subscriptions = PurchasesMongo(database, on_write=int), SubscriptionsMongo(database, on_write=int)
    for store in (purchases, subscriptions, receipts):
        await store.prepare()
    await purchases.begin(Purchase(id="p", account_id="u", begun_at=at, go_on_at=at, **PURCHASE))
    await subscriptions.begin(a_subscription(), a_bill())
    await multiply(database["purchases"], "p", by=many // 10, begun_at=earlier("begun_at"))
    await multiply(database["purchases"], "p_1", by=many, account_id=numbered("a"))
    await multiply(database["bills"], "b", by=many // 10, begun_at=earlier("begun_at"))
    await multiply(database["bills"], "b_1", by=many, subscriber_id=numbered("v"), seller_id=numbered("s"))

    async with profiled(database) as took:
        everything = WantedPayments()
        assert await walked(lambda part: receipts.page("u", everything, part)) == STEP * STEPS
        assert (await receipts.page("u", WantedPayments(PaymentKind.CREDITS, since=at - DAY), Part(MOST))).items
        assert (await receipts.page("u", WantedPayments(PaymentKind.SUBSCRIPTION, until=at - timedelta(minutes=9)), Part(MOST))).items
        assert (await receipts.page("s7", WantedPayments(PaymentKind.EARNING), Part(MOST))).items == []
        assert await receipts.get("b", account_id="u") is not None
        assert await receipts.get("p_1", account_id="s") is None

    assert took.problems(counted=many // 10 + 1) == []


async def test_records_and_trials(database: Database, many: int) -> None:
    records, versions, at = RecordsMongo(database), ModelVersionsMongo(database), now()
    for store in (records, versions):
        await store.prepare()
    days = [rounded_day(date(2012, 1, 2) + timedelta(days=each), day_return=0.0, position=0.0, absent=False) for each in range(MOST)]
    await records.append("listing", days[:-1], version="1.0", after=None, measured_at=at)
    await multiply(database["record_days"], "listing:0", by=many, listing_id=numbered("l"))
    await versions.note(replace(a_listing().submitted, symbols=("AAPL",), timeframe="1d"))
    await multiply(database["model_versions"], version_id("model", "1.0"), by=many, account_id=numbered("a"))

    async with profiled(database) as took:
        assert (await records.append("listing", days[-1:], version="1.0", after=days[-2].date, measured_at=at)).days == MOST
        assert len((await records.page("listing", Part(MOST), measured_at=at)).days) == MOST
        assert (await versions.trials("seller", a_record())).count == 1

    assert took.problems() == []


async def long_books(database: Database, many: int) -> None:
    at = now()
    held = {"_id": "job", "account_id": "account", "state": ReservationState.HELD.value, "expires_at": at}
    await database["reservations"].insert_one(
        held | {"hours": to_decimal128(Decimal(1)), "charged": to_decimal128(Decimal(0)), "outcome": None}
    )
    await multiply(database["reservations"], "job", by=many // 10, expires_at=earlier("expires_at"))
    await multiply(database["reservations"], "job_1", by=many, state=ReservationState.CLOSED.value, expires_at=earlier("expires_at"))
    lines = [{"place": place, "hours": to_decimal128(Decimal(1))} for place in ("reserved", "platform:compute")]
    charge = {
        "_id": "m",
        "account_id": "account",
        "cause": Cause.CHARGE.value,
        "at": at,
        "job_id": "job",
        "purchase_id": None,
        "lines": lines,
    }
    await database["movements"].insert_one(charge)
    await multiply(database["movements"], "m", by=SUMMED)
    await multiply(database["movements"], "m_1", by=many // 10, cause=Cause.RESERVATION.value)
    await multiply(database["movements"], "m_2", by=many // 10, at={"$subtract": ["$at", 40 * 24 * 3600 * 1000]})
    await multiply(database["movements"], "m_3", by=many, account_id=numbered("a"))


async def many_purchases(database: Database, many: int) -> None:
    credited = {"state": PurchaseState.CREDITED.value, "credited_at": earlier("begun_at"), "expires_at": earlier("begun_at")}
    await multiply(database["purchases"], "p", by=many // 10, go_on_at=earlier("go_on_at"))
    await multiply(database["purchases"], "p_1", by=many, account_id=numbered("a"), **credited)
    await multiply(database["purchases"], "p_2", by=many, account_id=numbered("b"), **credited | {"state": PurchaseState.EXPIRED.value})


async def many_listings(database: Database, many: int) -> None:
    reviewed = {"reviewed_at": earlier("submitted_at"), "measure_at": earlier("submitted_at"), "model_id": numbered("m"), "is_open": False}
    await multiply(database["listings"], "listing", by=many // 10, **reviewed)
    await multiply(database["listings"], "listing_1", by=many, seller_id=numbered("s"), **reviewed | {"measure_at": None})
    listed = reviewed | {"state": ListingState.LISTED.value, "seller_id": numbered("s")}
    await multiply(database["listings"], "listing_2", by=many // 10, **listed)


async def many_subscriptions(database: Database, many: int) -> None:
    due = {"due_at": earlier("begun_at"), "subscriber_id": numbered("u")}
    ended = {"open": False, "state": SubscriptionState.EXPIRED.value, "usable_until": earlier("begun_at"), "subscriber_id": numbered("u")}
    await multiply(database["subscriptions"], "s", by=many // 10, **due)
    await multiply(database["subscriptions"], "s_1", by=many, **ended)
    await multiply(
        database["subscriptions"], "s_2", by=many, **ended | {"listing_id": numbered("l"), "seller_id": numbered("s", of=many // 20)}
    )
    await multiply(database["subscriptions"], "s_3", by=5, uncounted=True, **due | {"listing_id": numbered("l")})
    await multiply(database["bills"], "b", by=many // 10, go_on_at=earlier("go_on_at"), subscriber_id=numbered("u"))
    await multiply(database["bills"], "b_1", by=many, state=BillState.PAID.value, subscriber_id=numbered("v"))


async def many_ratings_and_earnings(database: Database, many: int) -> None:
    at = now()
    await multiply(database["ratings"], "listing:u", by=many // 10, at=earlier("at"), uncounted="$$REMOVE")
    await multiply(database["ratings"], "listing:u_1", by=many, at=earlier("at"), uncounted="$$REMOVE", listing_id=numbered("l"))
    await database["money_movements"].insert_one(
        {
            "_id": "e",
            "seller_id": "seller",
            "cause": MoneyCause.EARNING.value,
            "at": at,
            "lines": [{"amount": to_decimal128(Decimal(1))}] * 2,
        }
        | {"listing_id": "listing"}
    )
    await multiply(database["money_movements"], "e", by=SUMMED)
    await multiply(database["money_movements"], "e_1", by=many, seller_id=numbered("s"))


def a_listing() -> Listing:
    example, at = EXAMPLES[PublishModel], now()
    assert isinstance(example, PublishModel)
    dates: Any = {"held_out_since": None, "held_out_until": None, "made_at": at}
    version = ModelVersion(model_id="model", name="1.0", account_id="seller", artifact="", synthetic=False, **dates)
    return Listing(
        id="listing", model_id="model", seller_id="seller", seller_name="s", offer=example.offer, submitted=version, submitted_at=at
    )


def a_subscription() -> Subscription:
    at = now()
    about: Any = {"title": "A model", "method": "credit_card", "pinned": None, "auto_renew": True, "period": Period.MONTHLY}
    whose: Any = {"listing_id": "listing", "model_id": "model", "seller_id": "seller", "subscriber_id": "u"}
    state: Any = {"state": SubscriptionState.ACTIVE, "run": Run(at, 1, at), "started_at": at}
    return Subscription(id="s", price=Decimal(30), begun_at=at, grace=DAY, **about | whose | state)


def a_bill() -> Bill:
    at = now()
    whose: Any = {"subscription_id": "s", "listing_id": "listing", "model_id": "model", "seller_id": "seller", "subscriber_id": "u"}
    money: Any = {"price": Decimal(30), "credit": Decimal(0), "fee": Decimal(6), "method": "credit_card"}
    plain: Any = {"kind": BillKind.FIRST, "period": Period.MONTHLY, "auto_renew": True, "pinned": None}
    return Bill(id="b", begun_at=at, go_on_at=at, **whose | money | plain)
