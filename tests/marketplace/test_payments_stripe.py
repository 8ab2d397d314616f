"""What is Stripe's alone: troubles on its wire, keys that it forgets, cards that want their owner, cards that are kept."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.mongo import connect
from libs.contracts.ids import new_id
from services.marketplace.domain.payment_errors import PaymentsAwayError, RefundRefusedError
from services.marketplace.domain.payments import Charge, Decline
from services.marketplace.outbound.payments_stripe import PaymentsStripe
from services.marketplace.paying import make_payments
from services.marketplace.settings import Settings
from tests.marketplace.market import Clock, bought, serving
from tests.marketplace.providers import given_up, stripe_settings
from tests.marketplace.stripe_double import KEY, StripeDouble, Trouble, stripe_double
from tests.waiting import until

GOOD, PRICE = "pm_card_visa", Decimal("25.50")
CREATE, CONFIRM, CANCEL = "/v1/payment_intents", r"/v1/payment_intents/\w+/confirm", r"/v1/payment_intents/\w+/cancel"


@pytest.fixture
async def double() -> AsyncIterator[StripeDouble]:
    async with stripe_double() as double:
        yield double


@pytest.fixture
def paid_by_stripe(settings: Settings, double: StripeDouble) -> Settings:
    return Settings.model_validate(settings.model_dump() | stripe_settings(double))


@pytest.fixture
async def payments(paid_by_stripe: Settings) -> AsyncIterator[PaymentsStripe]:
    database = connect(paid_by_stripe, "marketplace")
    payments = make_payments(paid_by_stripe, database)
    assert isinstance(payments, PaymentsStripe)
    yield payments
    await payments.close()
    database.client.close()


async def charge(payments: PaymentsStripe, account: str, key: str, method: str = GOOD) -> Charge | Decline:
    return await payments.charge(key=key, account_id=account, amount=PRICE, method=method)


async def insisting(payments: PaymentsStripe, account: str, key: str, method: str = GOOD) -> Charge | Decline:
    while True:
        with suppress(TimeoutError, PaymentsAwayError):
            return await charge(payments, account, key, method)


async def in_trouble(asking: Coroutine[Any, Any, object], double: StripeDouble, trouble: Trouble, error: type[Exception]) -> None:
    """Ask while there is trouble: an error, or no answer at all, which is waited for in vain."""
    double.troubles.append(trouble)

    async def unanswered() -> bool:
        return bool(double.unanswered)

    if trouble.status is None:
        await given_up(asking, when=unanswered)
    else:
        with pytest.raises(error):
            await asking


async def test_it_speaks_stripes_protocol(payments: PaymentsStripe, double: StripeDouble) -> None:
    account, key = new_id("account"), new_id("txn")

    await charge(payments, account, key)

    customer, intent, confirmed = double.calls
    assert [call.path for call in (customer, intent)] == ["/v1/customers", CREATE]
    assert intent.headers["authorization"] == f"Bearer {KEY}"
    assert intent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert intent.headers["idempotency-key"].startswith(key)
    assert intent.headers["stripe-version"]
    assert (intent.form["amount"], intent.form["currency"], intent.form["metadata[key]"]) == ("2550", "usd", key)
    assert confirmed.form == {"error_on_requires_action": "true", "setup_future_usage": "off_session"}


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ((CREATE, 500, True), PaymentsAwayError),
        ((CREATE, 500, False), PaymentsAwayError),
        ((CREATE, None, False), TimeoutError),
        ((CREATE, 409, True), PaymentsAwayError),
        ((CONFIRM, 429, True), PaymentsAwayError),
        ((CONFIRM, 500, True), TimeoutError),
        ((CONFIRM, 500, False), TimeoutError),
        ((CONFIRM, None, True), TimeoutError),
        ((CONFIRM, None, False), TimeoutError),
    ],
)
@pytest.mark.parametrize("a_day_later", [False, True], ids=["at once", "a day later"])
async def test_whatever_happens_on_the_wire_a_key_is_one_charge(
    payments: PaymentsStripe, double: StripeDouble, trouble: tuple[str, int | None, bool], error: type[Exception], a_day_later: bool
) -> None:
    account, key = new_id("account"), new_id("txn")

    await in_trouble(charge(payments, account, key), double, Trouble("POST", *trouble), error)
    if a_day_later:
        double.forget_keys()
    said = await charge(payments, account, key)

    assert isinstance(said, Charge)
    assert [each["id"] for each in double.objects.taken(account)] == [said.id]


@pytest.mark.parametrize("path", [CONFIRM, CANCEL])
@pytest.mark.parametrize("status", [500, None])
async def test_whatever_happens_on_the_wire_a_declined_card_stays_declined(
    payments: PaymentsStripe, double: StripeDouble, path: str, status: int | None
) -> None:
    account, key = new_id("account"), new_id("txn")
    trouble = Trouble("POST", path, status, before=False)

    await in_trouble(charge(payments, account, key, "pm_card_chargeDeclined"), double, trouble, TimeoutError)
    said = await insisting(payments, account, key, "pm_card_chargeDeclined")

    assert said == Decline("card_declined", "Your card was declined.")
    assert {each["status"] for each in double.objects.intents.values()} == {"canceled"}


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_authenticationRequired", "authentication_required"),
        ("pm_1NoSuchCard", "resource_missing"),
        ("pm_card_usedElsewhere", "declined"),
        ("credit_card", "no_card_on_file"),
    ],
)
async def test_a_card_that_cannot_be_charged_is_a_decline_with_its_code_for_ever(
    payments: PaymentsStripe, double: StripeDouble, card: str, code: str
) -> None:
    account, key = new_id("account"), new_id("txn")

    said = [await charge(payments, account, key, card) for _ in range(2)]
    at_once = await asyncio.gather(*(insisting(payments, account, "another", card) for _ in range(4)))

    assert {each.code for each in (*said, *at_once) if isinstance(each, Decline)} == {code}
    assert len(said) + len(at_once) == 6
    assert double.objects.taken(account) == []


async def test_a_mistake_of_ours_is_no_decline_and_can_be_mended(payments: PaymentsStripe, double: StripeDouble) -> None:
    account = new_id("account")
    await charge(payments, account, "first")
    customers = dict(double.objects.customers)
    double.objects.customers.clear()

    with pytest.raises(PaymentsAwayError):
        await charge(payments, account, "second")
    double.objects.customers.update(customers)

    assert isinstance(await charge(payments, account, "second"), Charge)


async def test_too_small_an_amount_is_a_decline(payments: PaymentsStripe) -> None:
    said = await payments.charge(key=new_id("txn"), account_id=new_id("account"), amount=Decimal("0.10"), method=GOOD)

    assert isinstance(said, Decline)
    assert said.code == "amount_too_small"


async def test_the_card_that_was_paid_with_is_kept_for_its_account_alone(payments: PaymentsStripe, double: StripeDouble) -> None:
    ada, eve = new_id("account"), new_id("account")
    await charge(payments, ada, "first", "pm_card_mastercard")

    again = await charge(payments, ada, "second", "credit_card")
    refused = await charge(payments, eve, "third", "credit_card")

    first, second = double.objects.taken(ada)
    assert isinstance(again, Charge)
    assert (second["payment_method"], second["customer"]) == ("pm_card_mastercard", first["customer"])
    assert (first["used"].get("setup_future_usage"), second["used"].get("off_session")) == ("off_session", "true")
    assert isinstance(refused, Decline)
    assert len(double.objects.customers) == 2


async def test_a_renewal_is_charged_without_its_owner_and_leaves_the_card_on_file(payments: PaymentsStripe, double: StripeDouble) -> None:
    account = new_id("account")
    await charge(payments, account, "subscribed", "pm_card_visa")
    await charge(payments, account, "bought", "pm_card_mastercard")

    renewed = await payments.charge(key="renewed", account_id=account, amount=PRICE, method="pm_card_visa", at_hand=False)
    await charge(payments, account, "bought again", "credit_card")

    *_, renewal, last = double.objects.taken(account)
    assert isinstance(renewed, Charge)
    assert (renewal["payment_method"], last["payment_method"]) == ("pm_card_visa", "pm_card_mastercard")
    assert (renewal["used"].get("setup_future_usage"), renewal["used"].get("off_session")) == (None, "true")


async def test_a_payment_that_is_not_settled_yet_is_known_to_nobody(payments: PaymentsStripe) -> None:
    with pytest.raises(TimeoutError):
        await payments.charge(key=new_id("txn"), account_id=new_id("account"), amount=PRICE, method="pm_card_slow")


@pytest.mark.parametrize(("status", "before"), [(500, True), (500, False), (None, False), (409, True)])
async def test_a_refund_is_one_refund_though_stripe_has_forgotten_its_key(
    payments: PaymentsStripe, double: StripeDouble, status: int | None, before: bool
) -> None:
    said = await charge(payments, new_id("account"), "paid")
    assert isinstance(said, Charge)
    trouble = Trouble("POST", "/v1/refunds", status, before)

    await in_trouble(payments.refund(key="back", charge_id=said.id, amount=PRICE), double, trouble, TimeoutError)
    double.forget_keys()
    given = await payments.refund(key="back", charge_id=said.id, amount=PRICE)

    assert list(double.objects.refunds) == [given.id]
    with pytest.raises(RefundRefusedError, match="already been refunded"):
        await payments.refund(key="back again", charge_id=said.id, amount=PRICE)


async def test_a_wrong_key_is_no_answer_and_in_no_log(
    payments: PaymentsStripe, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, paid_by_stripe: Settings
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = make_payments(paid_by_stripe.model_copy(update={"stripe_key": "sk_live_WrongSecret"}), payments.records.database)
    assert isinstance(wrong, PaymentsStripe)

    with pytest.raises(PaymentsAwayError):
        await charge(wrong, new_id("account"), "wrong")
    await charge(payments, new_id("account"), "right")
    await wrong.close()

    said = caplog.text + "".join(capsys.readouterr())
    assert "the payment provider did not do it" in said
    assert all(secret not in said + repr(paid_by_stripe) for secret in ("WrongSecret", KEY, "sk_test_*"))


async def test_bought_hours_are_paid_once_though_the_answer_got_lost(paid_by_stripe: Settings, double: StripeDouble) -> None:
    account, transaction, clock = new_id("account"), new_id("txn"), Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
    quick = {"sweep_every": timedelta(milliseconds=40), "payment_within": timedelta(seconds=0.4)}
    double.troubles.append(Trouble("POST", CONFIRM, before=False))
    async with serving(paid_by_stripe.model_copy(update=quick), MemoryBroker(), clock) as market:
        with pytest.raises(AskRefusedError) as pending:
            await market.bus.ask(bought("50", account=account, transaction=transaction, method=GOOD), within=60)
        clock.at = clock() + timedelta(days=2)
        double.forget_keys()

        async def credited() -> bool:
            await market.pass_pauses()
            return (await market.purchase(transaction))["state"] == "credited"

        await until(credited)
        receipt = await market.buy("50", account=account, transaction=transaction, method=GOOD)
        with pytest.raises(AskRefusedError) as unknown:
            await market.buy("1", account=account, method="gold")
        with pytest.raises(AskRefusedError) as declined:
            await market.buy("1", account=account, method="pm_card_authenticationRequired")

        assert (pending.value.code, receipt.amount) == ("payment_pending", Decimal("250.00"))
        assert [each["amount"] for each in double.objects.taken(account)] == [25_000]
        assert (await market.money(account))["platform:sales"] == Decimal("250.00")
        assert "there are pm_…, credit_card" in unknown.value.details["payment_method"][0]
        assert declined.value.details["payment_method"][0].startswith("authentication_required: ")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"payments": "stripe"}, "must be a key of Stripe"),
        ({"payments": "stripe", "stripe_key": "pk_test_public00"}, "must be a key of Stripe"),
        ({"stripe_url": "http://stripe.example.com"}, "must be https"),
        ({"stripe_url": "https://user:secret@example.com"}, "must be https"),
    ],
)
def test_a_platform_that_could_not_pay_or_would_tell_its_key_does_not_start(
    settings: Settings, given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        Settings.model_validate(settings.model_dump() | given)
