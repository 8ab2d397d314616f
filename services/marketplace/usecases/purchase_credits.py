"""Sell compute hours: charge once, credit once, whoever dies in between."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from libs.contracts.marketplace import CreditsBought, PurchaseCredits
from services.marketplace.domain.crediting import credit
from services.marketplace.domain.errors import BooksChangedError, PurchaseDiffersError
from services.marketplace.domain.payment_errors import (
    NoPaymentsError,
    PaymentDeclinedError,
    PaymentPendingError,
    PaymentsAwayError,
    UnknownPaymentMethodError,
)
from services.marketplace.domain.payments import Charge, Decline, Payments
from services.marketplace.domain.ports import Clock, Purchases
from services.marketplace.domain.purchase import Purchase, PurchaseState, begin
from services.marketplace.usecases.bookkeeping import Bookkeeper


@dataclass(frozen=True, slots=True)
class CarryOn:
    """Takes a purchase on from wherever it stands; any number of processes may do so at once, and each step twice."""

    purchases: Purchases
    payments: Payments
    book: Bookkeeper
    clock: Clock
    within: timedelta

    async def __call__(self, purchase: Purchase) -> Purchase:
        """Return it credited, expired or declined. Raise PaymentPendingError or PaymentsAwayError: it is put off for a while."""
        while True:
            match purchase.state:
                case PurchaseState.BEGUN:
                    await self._charge(purchase)
                case PurchaseState.PAID:
                    await self._credit(purchase)
                case _:
                    return purchase
            purchase = await self.purchases.get(purchase.id)

    async def _charge(self, purchase: Purchase) -> None:
        """Ask the provider, and write down what it says; the purchase's id is the charge's key, so asking again charges once."""
        said = await self._ask(purchase)
        # Somebody else who takes this purchase on at the same time was told the same; the first to write it down has done so.
        with suppress(BooksChangedError):
            if isinstance(said, Decline):
                await self.purchases.note(purchase.declined(said))
            else:
                paid, payment = purchase.paid(said, at=self.clock())
                await self.purchases.note(paid, payment)

    async def _ask(self, purchase: Purchase) -> Charge | Decline:
        try:
            async with asyncio.timeout(self.within.total_seconds()):
                return await self.payments.charge(
                    key=purchase.id, account_id=purchase.account_id, amount=purchase.amount, method=purchase.method
                )
        except TimeoutError as error:
            await self._put_off(purchase)
            raise PaymentPendingError(purchase.id) from error
        except (PaymentsAwayError, NoPaymentsError):
            await self._put_off(purchase)
            raise

    async def _put_off(self, purchase: Purchase) -> None:
        with suppress(BooksChangedError):
            await self.purchases.note(purchase.put_off(at=self.clock()))

    async def _credit(self, purchase: Purchase) -> None:
        await self.book.purchase(
            purchase.account_id, purchase_id=purchase.id, decide=lambda wallet, known: credit(wallet, known, at=self.clock())
        )


@dataclass(frozen=True, slots=True)
class Sell:
    """Idempotent by transaction id."""

    purchases: Purchases
    payments: Payments
    carry_on: CarryOn
    clock: Clock
    currency: str

    async def __call__(self, ask: PurchaseCredits) -> CreditsBought:
        """Sell hours and say what the account has now.

        Raise UnknownPaymentMethodError, NoPaymentsError, PaymentDeclinedError, PaymentPendingError, PaymentsAwayError or
        PurchaseDiffersError.
        """
        if not self.payments.methods:
            raise NoPaymentsError
        if not self.payments.knows(ask.payment_method):
            raise UnknownPaymentMethodError(ask.payment_method, known=self.payments.methods)
        begun = await self.purchases.begin(begin(ask, at=self.clock()))
        if not begun.is_for(ask):
            raise PurchaseDiffersError(ask.transaction_id)
        done = await self.carry_on(begun)
        if done.decline is not None:
            raise PaymentDeclinedError(code=done.decline.code, message=done.decline.message)
        assert done.expires_at is not None
        assert done.available_hours is not None
        return CreditsBought(
            transaction_id=done.id,
            hours=done.hours,
            amount=done.amount,
            available_hours=done.available_hours,
            expires_at=done.expires_at,
            currency=self.currency,
        )
