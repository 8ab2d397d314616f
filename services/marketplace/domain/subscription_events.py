"""What is told of a subscription: each event tells the whole of it, under the next number of its sequence."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from libs.contracts.subscriptions import (
    ModelSubscribed,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionEvent,
    SubscriptionExpired,
    SubscriptionRenewed,
)
from services.marketplace.domain.billing import Bill, BillKind
from services.marketplace.domain.subscription import Subscription

WithEvent = tuple[Subscription, SubscriptionEvent]
NOTHING: Final = Decimal("0.00")


def with_paid(subscription: Subscription, bill: Bill, *, at: datetime) -> WithEvent:
    """Tell that a period was paid for."""
    kind = SubscriptionRenewed if bill.kind is BillKind.RENEWAL else ModelSubscribed
    return _tell(kind, subscription, at=at, amount=bill.amount)


def with_cancelled(subscription: Subscription, *, at: datetime) -> WithEvent:
    """Tell that it will not be renewed."""
    return _tell(SubscriptionCancelled, subscription, at=at)


def with_changed(subscription: Subscription, *, at: datetime) -> WithEvent:
    """Tell that its owner wants something else of it, or that a renewal was declined and is tried again."""
    return _tell(SubscriptionChanged, subscription, at=at)


def with_over(subscription: Subscription, *, at: datetime) -> WithEvent:
    """Tell that it is over."""
    return _tell(SubscriptionExpired, subscription, at=at)


def _tell(kind: type[SubscriptionEvent], subscription: Subscription, *, at: datetime, amount: Decimal = NOTHING) -> WithEvent:
    told = replace(subscription, sequence=subscription.sequence + 1)
    event = kind(
        occurred_at=at,
        sequence=told.sequence,
        subscription_id=told.id,
        listing_id=told.listing_id,
        model_id=told.model_id,
        account_id=told.seller_id,
        subscriber_id=told.subscriber_id,
        amount=amount,
        subscription=told.told(),
    )
    return told, event
