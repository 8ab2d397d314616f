"""A payment that the provider does not answer is put off, also while somebody else writes to its subscription."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.contracts.envelope import Event
from libs.contracts.ids import new_id
from services.marketplace.domain.billing import Bill
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.money import MoneyMovement
from services.marketplace.domain.payment_errors import PaymentsAwayError
from services.marketplace.domain.subscription import Subscription
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from services.marketplace.outbound.subscriptions_mongo import SubscriptionsMongo
from services.marketplace.settings import Settings
from services.marketplace.usecases.carry_on_bill import CarryOnBill
from services.marketplace.usecases.renew_subscriptions import renewal_of
from tests.marketplace.leasing import on_sale, subscribe
from tests.marketplace.market import Clock, serving
from tests.waiting import until

JANUARY, FEBRUARY = datetime(2026, 1, 31, 12, tzinfo=UTC), datetime(2026, 2, 28, 12, tzinfo=UTC)


class Overtaken(SubscriptionsMongo):
    """The real ones, of a process that others overtake for some time."""

    times = 0

    async def note(
        self, subscription: Subscription, bill: Bill | None = None, *, money: Sequence[MoneyMovement] = (), event: Event | None = None
    ) -> None:
        if self.times:
            self.times -= 1
            raise BooksChangedError(subscription.id)
        await super().note(subscription, bill, money=money, event=event)


async def test_what_is_put_off_is_put_off_though_others_write_to_its_subscription_first(settings: Settings) -> None:
    async with serving(settings, MemoryBroker(), Clock(JANUARY)) as market:
        told = await subscribe(market, await on_sale(market, seller=new_id("account")), account=new_id("account"))
        subscriptions = Overtaken(market.database, on_write=lambda: None)
        bills: list[Bill] = []

        async def bill_begun() -> bool:
            held = replace(await subscriptions.get(told.subscription_id), method="provider_away")
            bill = renewal_of(held, rate=Decimal("0.20"), at=FEBRUARY)
            try:
                await subscriptions.note(held.billed(bill), bill)
            except BooksChangedError:  # What the service has to publish of the subscription it writes at this moment.
                return False
            bills.append(bill)
            return True

        await until(bill_begun, what="a renewal under way")
        (bill,) = bills
        subscriptions.times = 3
        carry_on = CarryOnBill(subscriptions, PaymentsSandbox(market.database), Clock(FEBRUARY), timedelta(seconds=60))
        with pytest.raises(PaymentsAwayError):
            await carry_on(bill)

        waiting = await subscriptions.bill(bill.id)
        assert waiting is not None
        assert (waiting.state, waiting.attempts, waiting.go_on_at) == ("begun", 1, FEBRUARY + timedelta(seconds=15))
