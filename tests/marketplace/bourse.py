"""A marketplace under random operations: two processes' worth of its parts on one database, and a payment provider that stumbles."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from libs.chassis.stores.mongo import Database
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.listings import ListingState, PublishModel
from libs.contracts.subscriptions import ChangeSubscription, Period, RateListing, RefundSubscription, Subscribe
from libs.contracts.training import TrainingCompleted
from services.marketplace.domain.listing import submit
from services.marketplace.domain.model_version import version_of
from services.marketplace.domain.payment_errors import PaymentsAwayError
from services.marketplace.domain.payments import Charge, Decline, Payments, Refund
from services.marketplace.domain.subscription import Terms
from services.marketplace.outbound.listings_mongo import ListingsMongo, ModelVersionsMongo
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from services.marketplace.subscribing import SubscriptionParts, make_subscriptions
from tests.marketplace.market import Clock

BEGIN: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)
METHODS: Final = ("credit_card",) * 12 + ("card_declined", "insufficient_funds", "expired_card")
WEIGHTS: Final = {
    "subscribe": 45,
    "cancel": 8,
    "change": 8,
    "refund": 8,
    "rate": 12,
    "renew": 8,
    "finish": 4,
    "pass_time": 6,
    "withdraw": 1,
}


@dataclass
class Stumbling:
    """A real sandbox behind a bad line: answers get lost after the charge was made, and at times it cannot be reached."""

    provider: PaymentsSandbox
    chance: random.Random
    is_well: bool = False

    @property
    def methods(self) -> Mapping[str, str]:
        return self.provider.methods

    def knows(self, method: str) -> bool:
        return self.provider.knows(method)

    async def charge(self, *, key: str, account_id: str, amount: Decimal, method: str, at_hand: bool = True) -> Charge | Decline:
        stumbles = 1.0 if self.is_well else self.chance.random()
        if stumbles < 0.05:
            raise PaymentsAwayError(key)
        said = await self.provider.charge(key=key, account_id=account_id, amount=amount, method=method, at_hand=at_hand)
        if stumbles < 0.12:
            raise TimeoutError
        return said

    async def refund(self, *, key: str, charge_id: str, amount: Decimal) -> Refund:
        stumbles = 1.0 if self.is_well else self.chance.random()
        if stumbles < 0.05:
            raise PaymentsAwayError(key)
        given = await self.provider.refund(key=key, charge_id=charge_id, amount=amount)
        if stumbles < 0.12:
            raise TimeoutError
        return given


@dataclass
class Bourse:
    """Accounts, listings and what is done with them at random."""

    database: Database
    processes: list[SubscriptionParts]
    listings: ListingsMongo
    provider: Payments
    clock: Clock
    chance: random.Random
    pace: int
    accounts: list[str] = field(default_factory=lambda: [new_id("account") for _ in range(60)])
    shelf: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    known: list[tuple[str, str]] = field(default_factory=list)

    @property
    def parts(self) -> SubscriptionParts:
        return self.chance.choice(self.processes)

    def passes(self, time: timedelta) -> None:
        assert self.clock.at is not None
        self.clock.at += time

    async def put_on_sale(self) -> None:
        training, offered = EXAMPLES[TrainingCompleted], EXAMPLES[PublishModel]
        assert isinstance(training, TrainingCompleted)
        assert isinstance(offered, PublishModel)
        ids = {"model_id": new_id("model"), "account_id": self.chance.choice(self.accounts)}
        price = Decimal(self.chance.randrange(100, 20_000)) / 100
        offer = offered.offer.model_copy(update={"monthly_price": price})
        ask = offered.model_copy(update=ids | {"listing_id": new_id("listing"), "offer": offer})
        assert self.clock.at is not None
        listing = submit(ask, version=version_of(training.model_copy(update=ids)), at=self.clock.at)
        await self.listings.add(listing.listed(at=self.clock.at, reviewer_id=None))
        self.shelf.append(listing.id)

    async def do_something(self) -> None:
        """Do one thing, chosen at random; raise what refuses it."""
        (name,) = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        await getattr(self, f"_{name}")()

    async def _subscribe(self) -> None:
        ask = Subscribe(
            subscription_id=new_id("subscription"),
            listing_id=self.chance.choice(self.shelf if self.chance.random() < 0.95 else self.gone or self.shelf),
            account_id=self.chance.choice(self.accounts),
            period=self.chance.choice(list(Period)),
            auto_renew=self.chance.random() < 0.8,
            payment_method=self.chance.choice(METHODS),
        )
        told = (await self.parts.use.subscribe(ask)).subscription
        self.known.append((told.subscription_id, told.subscriber_id))

    async def _cancel(self) -> None:
        subscription, account = self._some()
        await self.parts.use.change.cancel(subscription, account_id=account)

    async def _change(self) -> None:
        subscription, account = self._some()
        wish = self.chance.random() < 0.5
        await self.parts.use.change(ChangeSubscription(subscription_id=subscription, account_id=account, auto_renew=wish))

    async def _refund(self) -> None:
        subscription, _ = self._some()
        await self.parts.use.refund(RefundSubscription(subscription_id=subscription, admin_id="admin", reason="chance"))

    async def _rate(self) -> None:
        listing, account = self.chance.choice(self.shelf + self.gone), self.chance.choice(self.accounts)
        await self.parts.use.rate(RateListing(listing_id=listing, account_id=account, rating=self.chance.randint(1, 5)))

    async def _renew(self) -> None:
        await self.parts.renew()

    async def _finish(self) -> None:
        await self.parts.finish()

    async def _pass_time(self) -> None:
        passed = timedelta(hours=self.chance.randint(1, 8), minutes=self.chance.randint(0, 59), seconds=self.chance.randint(0, 59))
        self.passes(passed * self.pace)

    async def _withdraw(self) -> None:
        listing = await self.listings.get(self.chance.choice(self.shelf))
        if listing.state is ListingState.LISTED:
            await self.listings.save(listing.withdrawn())
            self.gone.append(listing.id)
            self.shelf.remove(listing.id)
            await self.put_on_sale()

    def _some(self) -> tuple[str, str]:
        return self.chance.choice(self.known) if self.known else ("subscription_of_nobody", "nobody")


async def bourse(database: Database, *, seed: int, pace: int, models: int = 12, provider: Payments | None = None) -> Bourse:
    """Make one with models on sale; time passes `pace` times as fast as usual, and without a provider of the story's own one stumbles."""
    chance, clock = random.Random(seed), Clock(BEGIN)  # a story's chance, which keeps no secret
    provider = provider or Stumbling(PaymentsSandbox(database), chance)
    terms = Terms(fee_rate=Decimal("0.20"), grace=timedelta(days=3))
    listings, versions = ListingsMongo(database, on_write=_nobody_listens), ModelVersionsMongo(database)
    given: dict[str, Any] = {
        "listings": listings,
        "versions": versions,
        "payments": provider,
        "clock": clock,
        "terms": terms,
        "currency": "USD",
    }
    processes = [make_subscriptions(database=database, within=timedelta(seconds=30), wake=_nobody_listens, **given) for _ in range(2)]
    for store in (listings, *processes[0].stores):
        await store.prepare()
    made = Bourse(database, processes, listings, provider, clock, chance, pace)
    for _ in range(models):
        await made.put_on_sale()
    return made


def _nobody_listens() -> None:
    """Leave events where they were written: the story counts them there."""
