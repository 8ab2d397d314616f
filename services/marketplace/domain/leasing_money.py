"""What moves when a subscription is paid for, and when a payment is given back."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from services.marketplace.domain.billing import Bill
from services.marketplace.domain.money import Lease, MoneyCause, MoneyMovement, MoneyPlace

Step = tuple[MoneyCause, MoneyPlace, MoneyPlace]
EARNED: Final[tuple[Step, ...]] = (
    (MoneyCause.PAYMENT, MoneyPlace.CUSTOMER, MoneyPlace.CLEARING),
    (MoneyCause.EARNING, MoneyPlace.CLEARING, MoneyPlace.EARNINGS),
    (MoneyCause.FEE, MoneyPlace.EARNINGS, MoneyPlace.FEES),
)
REVERSED: Final[tuple[Step, ...]] = (
    (MoneyCause.FEE_REVERSAL, MoneyPlace.FEES, MoneyPlace.EARNINGS),
    (MoneyCause.EARNING_REVERSAL, MoneyPlace.EARNINGS, MoneyPlace.REFUNDS),
)
GIVEN_BACK: Final[tuple[Step, ...]] = ((MoneyCause.REFUND, MoneyPlace.REFUNDS, MoneyPlace.CUSTOMER),)
OF_THE_FEE: Final = frozenset({MoneyCause.FEE, MoneyCause.FEE_REVERSAL})


def earned(bill: Bill, *, at: datetime) -> tuple[MoneyMovement, ...]:
    """Return what moves with a payment: it is the seller's, and the platform takes its fee."""
    return _moves(EARNED, bill, at=at)


def reversed_(bill: Bill, *, at: datetime) -> tuple[MoneyMovement, ...]:
    """Return what moves when a payment is to be given back: fee and earnings are undone, and the money waits for the provider."""
    return _moves(REVERSED, bill, at=at)


def given_back(bill: Bill, *, at: datetime) -> tuple[MoneyMovement, ...]:
    """Return what moves when the provider has given a payment back."""
    return _moves(GIVEN_BACK, bill, at=at)


def _moves(steps: tuple[Step, ...], bill: Bill, *, at: datetime) -> tuple[MoneyMovement, ...]:
    lease = Lease(bill.id, bill.subscription_id, bill.listing_id, bill.model_id, bill.seller_id)
    movements = []
    for cause, source, target in steps:
        amount = bill.fee if cause in OF_THE_FEE else bill.amount
        if amount == Decimal(0):
            continue  # A fee of nothing moves nothing.
        charge_id = bill.refund_id if cause is MoneyCause.REFUND else bill.charge_id
        key = f"{bill.subscriber_id}:{cause}:{bill.id}"
        movements.append(MoneyMovement(key, bill.subscriber_id, cause, at, source, target, amount, None, charge_id, lease))
    return tuple(movements)
