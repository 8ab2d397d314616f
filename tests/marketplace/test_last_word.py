"""Whatever is under way, the owner's last word on a subscription holds: random orders of asks, answers that get lost, and time."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from motor.motor_asyncio import AsyncIOMotorClient

from libs.chassis.errors import PlatformError
from libs.chassis.stores.mongo import Database
from libs.contracts.ids import new_id
from libs.contracts.subscriptions import ChangeSubscription, Period, RefundSubscription, Subscribe, Subscribed, SubscriptionState
from services.marketplace.domain.payments import Charge, Decline, Refund
from services.marketplace.domain.subscription import Subscription
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from tests.marketplace.bourse import Bourse, bourse

USABLE: Final = {SubscriptionState.ACTIVE, SubscriptionState.CANCELLED}
FATES: Final = st.sampled_from(["well", "lost", "declined"])


class Provider:
    """The sandbox, whose next answers the story decides: well, declined, or lost after the charge was made."""

    def __init__(self, sandbox: PaymentsSandbox) -> None:
        self.sandbox, self.fate = sandbox, "well"
        self.methods, self.knows = sandbox.methods, sandbox.knows
        self.fates: dict[str, str] = {}  # A charge that was asked for has its answer, however often it is asked again.

    async def charge(self, *, key: str, account_id: str, amount: Decimal, method: str, at_hand: bool = True) -> Charge | Decline:
        declined = self.fates.setdefault(key, self.fate) == "declined"
        method = "card_declined" if declined else method
        said = await self.sandbox.charge(key=key, account_id=account_id, amount=amount, method=method, at_hand=at_hand)
        if self.fate == "lost":
            raise TimeoutError
        return said

    async def refund(self, *, key: str, charge_id: str, amount: Decimal) -> Refund:
        return await self.sandbox.refund(key=key, charge_id=charge_id, amount=amount)


@dataclass(frozen=True)
class Place:
    """Where the machine runs, out of the sight of what looks for its rules."""

    runner: asyncio.Runner
    database: Database

    async def empty(self) -> None:
        """Forget what an earlier order of things has left; making a database anew costs more."""
        for name in await self.database.list_collection_names():
            await self.database[name].delete_many({})


class LastWord(RuleBasedStateMachine):
    """One subscriber of one listing. `renews` is the owner's last word that was confirmed, None while there is none."""

    place: ClassVar[Place]

    def __init__(self) -> None:
        super().__init__()
        self.market: Bourse
        self.renews: bool | None = None
        # What an ask wants whose answer got lost, by its payment: it is confirmed when that comes, unless another word came later.
        self.open_wish: tuple[str, bool] | None = None

    def wait(self, work: Awaitable[Any]) -> Any:
        async def done() -> Any:
            return await work

        return self.place.runner.run(done())

    @initialize()
    def open_market(self) -> None:
        self.wait(self.place.empty())
        database = self.place.database
        self.market = self.wait(bourse(database, seed=1, pace=1, models=1, provider=Provider(PaymentsSandbox(database))))
        self.account, self.listing = new_id("account"), self.market.shelf[0]

    def teardown(self) -> None:
        self.provider.fate = "well"
        self.time_passes(hours=2)
        self.the_last_word_holds()
        paid = self.paid_renewals()
        for _ in range(15):
            self.time_passes(hours=24 * 31)
        if self.renews is False:
            assert self.paid_renewals() == paid

    @property
    def provider(self) -> Provider:
        provider = self.market.provider
        assert isinstance(provider, Provider)
        return provider

    def told(self, work: Coroutine[Any, Any, Subscribed]) -> Subscribed | None:
        """Return what is confirmed, None for a refusal."""
        try:
            answer: Subscribed = self.wait(work)
        except PlatformError:
            return None
        return answer

    def subscription(self) -> Subscription | None:
        store = self.market.parts.use.subscribe.subscriptions
        return self.wait(store.open(self.listing, subscriber_id=self.account))

    def paid_renewals(self) -> int:
        return self.wait(self.market.database["bills"].count_documents({"kind": "renewal", "state": "paid"}))

    @precondition(lambda self: self.subscription() is None)
    @rule(auto_renew=st.booleans(), fate=FATES)
    def subscribes(self, *, auto_renew: bool, fate: str) -> None:
        self.wants(Period.MONTHLY, auto_renew=auto_renew, fate=fate)

    @precondition(lambda self: self.subscription() is not None)
    @rule(period=st.sampled_from([Period.QUARTERLY, Period.YEARLY]), auto_renew=st.booleans(), fate=FATES)
    def wants_longer(self, *, period: Period, auto_renew: bool, fate: str) -> None:
        self.wants(period, auto_renew=auto_renew, fate=fate)

    def wants(self, period: Period, *, auto_renew: bool, fate: str) -> None:
        ask = Subscribe(
            subscription_id=new_id("subscription"), listing_id=self.listing, account_id=self.account, period=period,
            auto_renew=auto_renew, payment_method="credit_card",
        )  # fmt: skip
        self.provider.fate = fate
        confirmed = self.told(self.market.parts.use.subscribe(ask))
        begun = self.wait(self.market.database["bills"].find_one({"state": "begun", "kind": {"$ne": "renewal"}}))
        if confirmed:
            self.renews = auto_renew
        elif begun and self.open_wish is None:
            self.open_wish = (begun["_id"], auto_renew)

    @rule()
    def cancels(self) -> None:
        known = self.subscription()
        if known and self.told(self.market.parts.use.change.cancel(known.id, account_id=self.account)):
            self.renews = False
            self.open_wish = self.open_wish and (self.open_wish[0], False)

    @rule(wish=st.booleans())
    def changes(self, *, wish: bool) -> None:
        known = self.subscription()
        if known is None:
            return
        ask = ChangeSubscription(subscription_id=known.id, account_id=self.account, auto_renew=wish)
        if self.told(self.market.parts.use.change(ask)):
            self.renews = wish

    @rule()
    def is_refunded(self) -> None:
        known = self.subscription()
        if known is not None:
            self.told(self.market.parts.use.refund(RefundSubscription(subscription_id=known.id, admin_id="admin", reason="chance")))

    @rule(fate=FATES, hours=st.sampled_from([1, 24, 24 * 31, 24 * 400]))
    def schedulers_come(self, *, fate: str, hours: int) -> None:
        self.provider.fate = fate
        self.time_passes(hours=hours)

    def time_passes(self, *, hours: int) -> None:
        self.market.passes(timedelta(hours=hours))
        for work in (self.market.parts.finish, self.market.parts.renew, self.market.parts.finish):
            self.wait(work())

    @invariant()
    def the_last_word_holds(self) -> None:
        if self.open_wish is not None:
            bill = self.wait(self.market.database["bills"].find_one({"_id": self.open_wish[0]}))
            if bill["state"] != "begun":
                self.renews = self.open_wish[1] if bill["state"] == "paid" else self.renews
                self.open_wish = None
        known = self.subscription()
        if known is None:
            self.renews, self.open_wish = None, None
        elif known.state in USABLE:
            assert known.will_renew is self.renews


@pytest.fixture
def machine(mongo_url: str, namespace: str) -> Iterator[type[LastWord]]:
    """The machine, with a loop and a client of its own."""
    with asyncio.Runner() as runner:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, io_loop=runner.get_loop(), tz_aware=True)
        LastWord.place = Place(runner, client[namespace])
        yield LastWord
        runner.run(LastWord.place.empty())
        client.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("orders", [10, pytest.param(500, marks=pytest.mark.soak)])
def test_the_owners_last_word_wins_whatever_is_under_way(machine: type[LastWord], orders: int) -> None:
    patient = settings(max_examples=orders, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck))

    run_state_machine_as_test(machine, settings=patient)


def test_who_cancels_again_while_a_longer_period_is_being_paid_has_cancelled(machine: type[LastWord]) -> None:
    story = machine()
    story.open_market()
    story.subscribes(auto_renew=True, fate="well")
    story.cancels()

    story.wants_longer(period=Period.YEARLY, auto_renew=True, fate="lost")
    story.cancels()
    story.schedulers_come(fate="well", hours=1)

    known = story.subscription()
    assert known is not None
    assert (known.period, known.state, known.will_renew) == (Period.YEARLY, SubscriptionState.CANCELLED, False)
    story.teardown()
