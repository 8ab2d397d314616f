"""What every payment provider is held to: one key is one charge, or one refund, for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal

import pytest

from libs.contracts.ids import new_id
from services.marketplace.domain.payment_errors import PaymentKeyReusedError, PaymentsAwayError, RefundRefusedError
from services.marketplace.domain.payments import Charge, Decline, Refund
from services.marketplace.settings import Settings
from tests.marketplace.providers import Provider, given_up, sandbox, stripe

PRICE = Decimal("25.50")


@pytest.fixture(params=[sandbox, stripe], ids=lambda provider: provider.__name__)
async def provider(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Provider]:
    async with request.param(settings) as provider:
        yield provider


@pytest.fixture
def account() -> str:
    return new_id("account")


async def charge(
    provider: Provider, account: str, *, key: str | None = None, method: str | None = None, amount: Decimal = PRICE
) -> Charge | Decline:
    return await provider.payments.charge(key=key or new_id("txn"), account_id=account, amount=amount, method=method or provider.good)


async def charged(provider: Provider, account: str, *, method: str | None = None) -> str:
    key = new_id("txn")
    if method == provider.answer_lost:
        await charged_in_silence(provider, account, key)
    said = await insisting(provider, account, key, method or provider.good)
    assert isinstance(said, Charge)
    return said.id


async def charged_in_silence(provider: Provider, account: str, key: str) -> None:
    """Charge, and lose the answer."""

    async def taken() -> bool:
        return await provider.taken(account) == [PRICE]

    await given_up(charge(provider, account, key=key, method=provider.answer_lost), when=taken)


async def insisting(provider: Provider, account: str, key: str, method: str) -> Charge | Decline:
    """Ask until there is an answer, as a purchase does that goes on by itself."""
    while True:
        with suppress(PaymentsAwayError):
            return await charge(provider, account, key=key, method=method)


async def refund(provider: Provider, charge_id: str, *, key: str | None = None, amount: Decimal = PRICE) -> Refund:
    return await provider.payments.refund(key=key or new_id("refund"), charge_id=charge_id, amount=amount)


async def test_a_key_is_one_charge_however_often_it_is_asked_for(provider: Provider, account: str) -> None:
    key = new_id("txn")

    first = await charge(provider, account, key=key)
    again = await charge(provider, account, key=key)

    assert isinstance(first, Charge)
    assert again == first
    assert await provider.taken(account) == [PRICE]


async def test_a_key_that_is_asked_for_at_once_is_one_charge(provider: Provider, account: str) -> None:
    key = new_id("txn")

    said = await asyncio.gather(*(insisting(provider, account, key, provider.good) for _ in range(5)))

    assert len(set(said)) == 1
    assert await provider.taken(account) == [PRICE]


async def test_two_keys_are_two_charges(provider: Provider, account: str) -> None:
    assert await charge(provider, account) != await charge(provider, account)
    assert await provider.taken(account) == [PRICE, PRICE]


@pytest.mark.parametrize("other", ["amount", "account", "method"])
async def test_a_key_that_comes_with_something_else_is_refused(provider: Provider, account: str, other: str) -> None:
    key = new_id("txn")
    await charge(provider, account, key=key)

    with pytest.raises(PaymentKeyReusedError):
        await charge(
            provider,
            new_id("account") if other == "account" else account,
            key=key,
            amount=Decimal(1) if other == "amount" else PRICE,
            method=provider.declined if other == "method" else None,
        )


async def test_a_declined_card_is_declined_for_ever_and_nothing_is_taken(provider: Provider, account: str) -> None:
    key = new_id("txn")

    first = await charge(provider, account, key=key, method=provider.declined)
    again = await charge(provider, account, key=key, method=provider.declined)

    assert isinstance(first, Decline)
    assert first.code == "card_declined"
    assert again == first
    assert await provider.taken(account) == []


async def test_an_answer_that_gets_lost_is_told_when_it_is_asked_for_again(provider: Provider, account: str) -> None:
    key = new_id("txn")

    await charged_in_silence(provider, account, key)

    assert isinstance(await charge(provider, account, key=key, method=provider.answer_lost), Charge)
    assert await provider.taken(account) == [PRICE]


async def test_a_provider_that_is_away_has_charged_nothing_and_charges_once_when_it_is_back(provider: Provider, account: str) -> None:
    key = new_id("txn")

    with pytest.raises(PaymentsAwayError):
        await charge(provider, account, key=key, method=provider.away)
    assert await provider.taken(account) == []

    assert isinstance(await charge(provider, account, key=key, method=provider.away), Charge)
    assert await provider.taken(account) == [PRICE]


async def test_a_provider_knows_its_methods_and_no_others(provider: Provider) -> None:
    known = (provider.good, provider.declined, provider.answer_lost, provider.away)

    assert all(provider.payments.knows(method) for method in known)
    assert provider.payments.methods
    assert not provider.payments.knows(provider.unknown)


async def test_a_key_is_one_refund_however_often_it_is_asked_for(provider: Provider, account: str) -> None:
    charge_id, key = await charged(provider, account), new_id("refund")

    said = [await refund(provider, charge_id, key=key) for _ in range(3)]

    assert len(set(said)) == 1
    assert await provider.given(account) == [PRICE]


async def test_a_charge_is_given_back_in_parts_and_never_more_than_it_was(provider: Provider, account: str) -> None:
    charge_id = await charged(provider, account)

    parts = [await refund(provider, charge_id, amount=Decimal("10.00")) for _ in range(2)]
    with pytest.raises(RefundRefusedError):
        await refund(provider, charge_id, amount=Decimal("10.00"))
    await refund(provider, charge_id, amount=Decimal("5.50"))

    assert parts[0] != parts[1]
    assert sorted(await provider.given(account)) == [Decimal("5.50"), Decimal("10.00"), Decimal("10.00")]


async def test_refunds_that_are_asked_for_at_once_never_give_back_more_than_was_taken(provider: Provider, account: str) -> None:
    charge_id = await charged(provider, account)

    said = await asyncio.gather(*(refund(provider, charge_id) for _ in range(4)), return_exceptions=True)

    assert sum(isinstance(each, Refund) for each in said) == 1
    assert sum(isinstance(each, RefundRefusedError) for each in said) == 3
    assert await provider.given(account) == [PRICE]


async def test_a_charge_that_does_not_exist_cannot_be_refunded(provider: Provider) -> None:
    with pytest.raises(RefundRefusedError):
        await refund(provider, new_id("charge"))


async def test_a_refunds_key_that_comes_with_something_else_is_refused(provider: Provider, account: str) -> None:
    charge_id, other, key = await charged(provider, account), await charged(provider, account), new_id("refund")
    await refund(provider, charge_id, key=key, amount=Decimal(1))

    with pytest.raises(PaymentKeyReusedError):
        await refund(provider, charge_id, key=key, amount=Decimal(2))
    with pytest.raises(PaymentKeyReusedError):
        await refund(provider, other, key=key, amount=Decimal(1))


async def test_a_refund_whose_answer_gets_lost_is_one_refund(provider: Provider, account: str) -> None:
    charge_id, key = await charged(provider, account, method=provider.answer_lost), new_id("refund")

    async def given() -> bool:
        return await provider.given(account) == [PRICE]

    await given_up(refund(provider, charge_id, key=key), when=given)

    assert isinstance(await refund(provider, charge_id, key=key), Refund)
    assert await provider.given(account) == [PRICE]


async def test_a_refund_while_the_provider_is_away_is_made_once_when_it_is_back(provider: Provider, account: str) -> None:
    charge_id, key = await charged(provider, account, method=provider.away), new_id("refund")

    with pytest.raises(PaymentsAwayError):
        await refund(provider, charge_id, key=key)
    assert await provider.given(account) == []

    await refund(provider, charge_id, key=key)
    assert await provider.given(account) == [PRICE]
