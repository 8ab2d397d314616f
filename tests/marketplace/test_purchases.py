"""Buying compute hours: one charge and one credit, whoever dies in between, and an end to what was bought."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind
from libs.contracts.ids import new_id
from libs.contracts.marketplace import CreditsExpired, CreditsPurchased
from services.marketplace.app import Marketplace
from services.marketplace.domain.purchase import Purchase, begin
from services.marketplace.settings import Settings
from services.marketplace.usecases.finish_purchases import FinishPurchases
from tests.marketplace.market import Clock, Market, bought, serving, wired
from tests.waiting import until

JANUARY = datetime(2026, 1, 15, 12, tzinfo=UTC)
QUICK = {"sweep_every": timedelta(milliseconds=40)}
SOLD = {"customer": Decimal("-250.00"), "platform:clearing": Decimal("0.00"), "platform:sales": Decimal("250.00")}


async def test_bought_hours_are_added_to_what_is_left_and_paid_for(market: Market) -> None:
    account = new_id("account")
    await market.reserve("5.25", account=account)

    receipt = await market.buy("50", account=account)

    assert (receipt.hours, receipt.amount, receipt.available_hours) == (Decimal(50), Decimal("250.00"), Decimal("54.75"))
    balances = await market.balances(account)
    assert (balances["purchased"], balances["platform:sales"]) == (Decimal(50), Decimal(-50))
    assert await market.money(account) == SOLD
    assert await market.wallet_problems(account) == []


async def test_a_purchase_is_told(market: Market) -> None:
    account = new_id("account")

    receipt = await market.buy("2.5", account=account)

    async def told() -> bool:
        return bool(market.told(CreditsPurchased.topic, account))

    await until(told)
    (body,) = market.told(CreditsPurchased.topic, account)
    event = CreditsPurchased.model_validate_json(body)
    assert (event.transaction_id, event.hours, event.amount) == (receipt.transaction_id, Decimal("2.5"), Decimal("12.50"))


async def test_the_same_transaction_is_one_charge_and_one_answer_even_after_hours_were_used(market: Market) -> None:
    account, transaction = new_id("account"), new_id("txn")

    first = await asyncio.gather(*(market.buy("5", account=account, transaction=transaction) for _ in range(5)))
    await market.reserve("12", account=account)
    again = await market.buy("5", account=account, transaction=transaction)

    assert {receipt.available_hours for receipt in (*first, again)} == {Decimal(15)}
    assert await market.charges(account) == 1
    assert (await market.money(account))["platform:sales"] == Decimal("25.00")


async def test_a_transaction_that_comes_with_other_hours_is_refused(market: Market) -> None:
    account, transaction = new_id("account"), new_id("txn")
    await market.buy("5", account=account, transaction=transaction)

    with pytest.raises(AskRefusedError) as refused:
        await market.buy("6", account=account, transaction=transaction)

    assert (refused.value.kind, refused.value.code) == (ErrorKind.CONFLICT, "purchase_differs")


@pytest.mark.parametrize("method", ["card_declined", "insufficient_funds", "expired_card"])
async def test_a_declined_payment_moves_nothing(market: Market, method: str) -> None:
    account = new_id("account")

    with pytest.raises(AskRefusedError) as refused:
        await market.buy("5", account=account, method=method)

    assert (refused.value.kind, refused.value.code, refused.value.worth_retrying) == (ErrorKind.UNPAID, "payment_declined", False)
    assert refused.value.details["payment_method"][0].startswith(f"{method}: The card ")
    assert (await market.balances(account), await market.money(account), await market.charges(account)) == ({}, {}, 0)


async def test_an_unknown_payment_method_is_refused_with_the_nearest_one(market: Market) -> None:
    with pytest.raises(AskRefusedError) as refused:
        await market.buy("5", account=new_id("account"), method="credit_cart")

    assert "Did you mean 'credit_card'?" in refused.value.details["payment_method"][0]


@pytest.mark.parametrize(("method", "code"), [("card_timeout", "payment_pending"), ("provider_away", "payments_away")])
async def test_after_a_lost_answer_the_same_transaction_tells_how_it_went(settings: Settings, method: str, code: str) -> None:
    account, transaction = new_id("account"), new_id("txn")
    async with serving(settings, MemoryBroker()) as market:
        with pytest.raises(AskRefusedError) as refused:
            await market.buy("50", account=account, transaction=transaction, method=method)
        receipt = await market.buy("50", account=account, transaction=transaction, method=method, again=True)

        assert (refused.value.code, refused.value.worth_retrying) == (code, True)
        assert "same Idempotency-Key" in refused.value.message
        assert receipt.available_hours == Decimal(60)
        assert (await market.charges(account), await market.money(account)) == (1, SOLD)


@pytest.mark.parametrize("method", ["card_timeout", "provider_away"])
async def test_a_purchase_that_nobody_asks_about_again_goes_on_by_itself(settings: Settings, method: str) -> None:
    account, transaction, clock = new_id("account"), new_id("txn"), Clock(JANUARY)
    async with serving(settings.model_copy(update=QUICK), MemoryBroker(), clock) as market:
        with pytest.raises(AskRefusedError):
            await market.buy("50", account=account, transaction=transaction, method=method)
        assert (await market.purchase(transaction))["state"] == "begun"
        await until(lambda: is_in(market, transaction, "credited"))
        assert (await market.charges(account), await market.money(account)) == (1, SOLD)


async def is_in(market: Market, transaction: str, state: str) -> bool:
    await market.pass_pauses()
    return (await market.purchase(transaction))["state"] == state


# The steps of a purchase as they are taken one after the other, each by a process that dies after it.
Step = Callable[[FinishPurchases, Purchase], Awaitable[object]]


async def begun(finish: FinishPurchases, purchase: Purchase) -> object:
    return await finish.purchases.begin(purchase)


async def charged(finish: FinishPurchases, purchase: Purchase) -> object:
    payments = finish.carry_on.payments
    return await payments.charge(key=purchase.id, account_id=purchase.account_id, amount=purchase.amount, method=purchase.method)


async def paid(finish: FinishPurchases, purchase: Purchase) -> object:
    return await finish.carry_on._charge(await finish.purchases.get(purchase.id))


async def credited(finish: FinishPurchases, purchase: Purchase) -> object:
    return await finish.carry_on._credit(await finish.purchases.get(purchase.id))


def finishing(market: Marketplace) -> FinishPurchases:
    (found,) = (sweep for sweep in market.sweeps.values() if isinstance(sweep, FinishPurchases))
    return found


@pytest.mark.parametrize("steps", [[begun], [begun, charged], [begun, charged, paid], [begun, charged, paid, credited]], ids=len)
async def test_wherever_a_process_dies_the_next_ones_end_it_in_one_charge_and_one_credit(settings: Settings, steps: list[Step]) -> None:
    account, broker = new_id("account"), MemoryBroker()
    purchase = begin(bought("50", account=account), at=JANUARY)
    async with wired(settings, broker) as dying:
        for step in steps:
            await step(finishing(dying), purchase)

    quick = settings.model_copy(update=QUICK)
    async with serving(quick, broker) as market, serving(quick, broker):
        await until(lambda: is_in(market, purchase.id, "credited"))
        receipt = await market.buy("50", account=account, transaction=purchase.id)

        async def told() -> bool:
            return bool(market.told(CreditsPurchased.topic, account))

        await until(told)
        assert receipt.available_hours == Decimal(60)
        assert (await market.balances(account))["purchased"] == Decimal(50)
        assert (await market.charges(account), await market.money(account)) == (1, SOLD)
        assert len({CreditsPurchased.model_validate_json(body).event_id for body in market.told(CreditsPurchased.topic, account)}) == 1


async def test_between_charge_and_credit_the_money_lies_in_clearing_however_often_it_was_charged(settings: Settings) -> None:
    account, broker = new_id("account"), MemoryBroker()
    purchase = begin(bought("50", account=account), at=JANUARY)
    async with wired(settings, broker) as dying:
        stale = await dying.stores[2].begin(purchase)
        await asyncio.gather(*(finishing(dying).carry_on._charge(stale) for _ in range(3)))
        sums: dict[str, Decimal] = {}
        books, purchases = dying.stores[1:3]
        async for movement in purchases._money.find({"account_id": account}):
            sums |= {line["place"]: line["amount"].to_decimal() for line in movement["lines"]}

        assert sums == {"customer": Decimal("-250.00"), "platform:clearing": Decimal("250.00")}
        assert (await books.wallet(account)).lots == ()


@pytest.mark.parametrize(
    ("bought_at", "expires_at"),
    [
        (JANUARY, datetime(2026, 2, 15, 23, 59, 59, tzinfo=UTC)),
        (datetime(2026, 1, 31, 0, 0, tzinfo=UTC), datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)),
        (datetime(2027, 12, 30, 23, 59, 59, tzinfo=UTC), datetime(2028, 1, 30, 23, 59, 59, tzinfo=UTC)),
        (datetime(2028, 1, 29, 3, 0, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)),
    ],
    ids=["mid-month", "a day that February lacks", "over the year", "a leap day"],
)
async def test_bought_hours_end_with_the_day_a_month_later(settings: Settings, bought_at: datetime, expires_at: datetime) -> None:
    async with serving(settings, MemoryBroker(), Clock(bought_at)) as market:
        assert (await market.buy("1", account=new_id("account"))).expires_at == expires_at


async def test_what_is_left_expires_once_by_a_movement_of_its_own_though_the_service_starts_again(settings: Settings) -> None:
    account, clock, broker = new_id("account"), Clock(JANUARY), MemoryBroker()
    async with serving(settings, broker, clock) as market:
        receipt = await market.buy("50", account=account)
        await market.start("30", account=account)  # All of the grant, and 20 of the bought hours.

    quick, clock.at = settings.model_copy(update=QUICK), datetime(2026, 2, 16, tzinfo=UTC)
    for _ in range(2):
        async with serving(quick, broker, clock) as market, serving(quick, broker, clock):
            await until(lambda market=market: is_in(market, receipt.transaction_id, "expired"))

            async def told(market: Market = market) -> bool:
                return bool(market.told(CreditsExpired.topic, account))

            await until(told)
            balances = await market.balances(account)
            assert (balances["purchased"], balances["platform:expired"]) == (Decimal(0), Decimal(30))
            expiries = await market.database["movements"].find({"account_id": account, "cause": "purchase_expiry"}).to_list(None)
            assert [each["purchase_id"] for each in expiries] == [receipt.transaction_id]
            events = {CreditsExpired.model_validate_json(body).hours for body in market.told(CreditsExpired.topic, account)}
            assert events == {Decimal(30)}


async def test_expired_hours_cannot_be_used_even_before_the_sweep_has_come(settings: Settings) -> None:
    account, clock = new_id("account"), Clock(JANUARY)
    async with serving(settings.model_copy(update={"sweep_every": timedelta(hours=1)}), MemoryBroker(), clock) as market:
        await market.buy("50", account=account)
        clock.at = datetime(2026, 2, 15, 23, 59, 59, tzinfo=UTC)
        assert (await market.reserve("11", account=account)).available_hours == Decimal(49)
        clock.at = datetime(2026, 2, 16, tzinfo=UTC)

        with pytest.raises(AskRefusedError) as refused:
            await market.reserve("10.000001", account=account)

        assert "10 are left" in refused.value.message


async def test_the_earliest_to_expire_is_used_first_and_what_comes_back_goes_where_it_came_from(settings: Settings) -> None:
    account, clock = new_id("account"), Clock(JANUARY)
    async with serving(settings, MemoryBroker(), clock) as market:
        early = await market.buy("3", account=account)  # Ends on 15 February,
        clock.at = datetime(2026, 2, 10, tzinfo=UTC)  # February's grant of 10 with its last day,
        late = await market.buy("5", account=account)  # and these on 10 March.

        job = await market.start("15", account=account)
        await market.settle(job, account=account, outcome="succeeded", used="4.5")

        wallet = await market.database["wallets"].find_one({"_id": account})
        assert wallet is not None
        assert wallet["available"].to_decimal() == Decimal("8.5")
        assert [(lot["source"], lot["hours"].to_decimal()) for lot in wallet["lots"]] == [(late.transaction_id, Decimal(5))]
        charges = {
            each["purchase_id"]: each["lines"][1]["hours"].to_decimal()
            async for each in market.database["movements"].find({"account_id": account, "cause": "charge"})
        }
        assert charges == {early.transaction_id: Decimal(3), None: Decimal("1.5")}
        assert await market.wallet_problems(account) == []


async def test_bought_hours_that_come_back_after_their_end_are_gone(settings: Settings) -> None:
    account, clock = new_id("account"), Clock(JANUARY)
    async with serving(settings.model_copy(update=QUICK), MemoryBroker(), clock) as market:
        await market.start("10", account=account)
        receipt = await market.buy("6", account=account)
        job = await market.start("6", account=account)
        clock.at = datetime(2026, 2, 20, tzinfo=UTC)
        await until(lambda: is_in(market, receipt.transaction_id, "expired"))

        await market.settle(job, account=account, outcome="cancelled", used="2")

        balances = await market.balances(account)
        assert (balances["purchased"], balances["platform:expired"], balances["platform:compute"]) == (Decimal(0), Decimal(4), Decimal(2))
        assert market.told(CreditsExpired.topic, account) == []  # Nothing was left when it ended.
        assert await market.wallet_problems(account) == []


async def test_without_a_payment_provider_nothing_can_be_bought(settings: Settings) -> None:
    async with serving(settings.model_copy(update={"payments": "none"}), MemoryBroker()) as market:
        with pytest.raises(AskRefusedError) as refused:
            await market.buy("5", account=new_id("account"))

        assert (refused.value.kind, refused.value.code) == (ErrorKind.UNAVAILABLE, "no_payments")


def test_the_sandbox_is_for_development(settings: Settings) -> None:
    given = settings.model_dump(exclude={"payments"})

    assert Settings.model_validate(given | {"profile": "production"}).payments == "none"
    assert Settings.model_validate(given | {"profile": "development"}).payments == "sandbox"
