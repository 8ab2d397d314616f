"""Examples of what is said about subscriptions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, ADMIN, BEGIN, BUYER, LISTING, MODEL, SUBSCRIPTION, event
from libs.contracts.payments import PaymentKind, PaymentSnapshot, PaymentsPage, PaymentState, ReadPayments
from libs.contracts.subscriptions import (
    CancelSubscription,
    ChangeSubscription,
    EndReason,
    Leasing,
    ModelLeasing,
    ModelSubscribed,
    MonthRevenue,
    Period,
    RateListing,
    RatingSnapshot,
    RatingsPage,
    ReadLeasing,
    ReadRatings,
    RefundSubscription,
    Subscribe,
    Subscribed,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionRenewed,
    SubscriptionSnapshot,
    SubscriptionState,
)

PRICE: Final = Decimal("29.00")
GRACE: Final = timedelta(days=3)
BEGAN: Final = BEGIN + timedelta(minutes=75)
FEBRUARY: Final = datetime(2026, 2, 5, 10, 45, tzinfo=UTC)
MARCH: Final = datetime(2026, 3, 5, 10, 45, tzinfo=UTC)
BEGUN: Final = SubscriptionSnapshot(
    subscription_id=SUBSCRIPTION,
    sequence=1,
    listing_id=LISTING,
    model_id=MODEL,
    title="Daily swings of two large caps",
    seller_id=ACCOUNT,
    subscriber_id=BUYER,
    period=Period.MONTHLY,
    state=SubscriptionState.ACTIVE,
    auto_renew=True,
    price=PRICE,
    paid=PRICE,
    version=None,
    started_at=BEGAN,
    period_began_at=BEGAN,
    ends_at=FEBRUARY,
    usable_until=FEBRUARY + GRACE,
    next_billing_at=FEBRUARY,
    earned=PRICE,
)
RENEWED: Final = BEGUN.model_copy(
    update={
        "sequence": 2,
        "period_began_at": FEBRUARY,
        "ends_at": MARCH,
        "usable_until": MARCH + GRACE,
        "next_billing_at": MARCH,
        "renewals": 1,
        "earned": 2 * PRICE,
    }
)
PINNED: Final = RENEWED.model_copy(update={"sequence": 3, "version": "1.0"})
CANCELLED: Final = PINNED.model_copy(
    update={
        "sequence": 4,
        "state": SubscriptionState.CANCELLED,
        "auto_renew": False,
        "usable_until": MARCH,
        "next_billing_at": None,
        "cancelled_at": FEBRUARY + timedelta(days=9),
    }
)
EXPIRED: Final = CANCELLED.model_copy(
    update={"sequence": 5, "state": SubscriptionState.EXPIRED, "ended_at": MARCH, "end_reason": EndReason.TIME}
)


def _event(name: str, told: SubscriptionSnapshot, *, at: datetime) -> dict[str, Any]:
    known = event(name, told.sequence, (at - BEGIN) / timedelta(minutes=1))
    ids = {"subscription_id": SUBSCRIPTION, "listing_id": LISTING, "model_id": MODEL, "account_id": ACCOUNT, "subscriber_id": BUYER}
    return known | ids | {"subscription": told}


SUBSCRIPTIONS: Final[tuple[Message, ...]] = (
    Subscribe(
        subscription_id=SUBSCRIPTION,
        listing_id=LISTING,
        account_id=BUYER,
        period=Period.MONTHLY,
        auto_renew=True,
        payment_method="credit_card",
    ),
    Subscribed(subscription=BEGUN),
    CancelSubscription(subscription_id=SUBSCRIPTION, account_id=BUYER),
    ChangeSubscription(subscription_id=SUBSCRIPTION, account_id=BUYER, version="1.0"),
    RefundSubscription(subscription_id=SUBSCRIPTION, admin_id=ADMIN, reason="Charged by mistake."),
    RateListing(listing_id=LISTING, account_id=BUYER, rating=5, comment="It does what it says."),
    ReadRatings(listing_id=LISTING),
    RatingsPage(count=1, ratings=(RatingSnapshot(rating=5, comment="It does what it says.", rated_at=FEBRUARY),)),
    ReadLeasing(account_id=ACCOUNT),
    Leasing(
        total_revenue=2 * PRICE,
        platform_fees=Decimal("11.60"),
        net_earnings=Decimal("46.40"),
        active_subscriptions=1,
        currency="USD",
        models=(
            ModelLeasing(
                model_id=MODEL,
                listing_id=LISTING,
                title="Daily swings of two large caps",
                monthly_revenue=PRICE,
                total_revenue=2 * PRICE,
                subscribers=1,
                churn_rate=0.0,
            ),
        ),
        months=(
            MonthRevenue(month="2026-01", revenue=PRICE, total=PRICE),
            MonthRevenue(month="2026-02", revenue=PRICE, total=2 * PRICE),
        ),
    ),
    ReadPayments(account_id=BUYER, kind=PaymentKind.SUBSCRIPTION),
    PaymentsPage(
        count=1,
        payments=(
            PaymentSnapshot(
                payment_id=f"{SUBSCRIPTION}:1",
                kind=PaymentKind.SUBSCRIPTION,
                state=PaymentState.PAID,
                amount=PRICE,
                begun_at=BEGAN,
                paid_at=BEGAN,
                subscription_id=SUBSCRIPTION,
                listing_id=LISTING,
                model_id=MODEL,
                title="Daily swings of two large caps",
                period=Period.MONTHLY,
                price=PRICE,
                credit=Decimal("0.00"),
                reference="charge_01ke6xb7w3gz6c9f2j5m8p1ruv",
            ),
        ),
        currency="USD",
    ),
    ModelSubscribed(**_event("01ke6xb7w3gz6c9f2j5m8p1ruv", BEGUN, at=BEGAN), amount=PRICE),
    SubscriptionRenewed(**_event("01kgp7x9q2hb5e8h1k4n7r0tvw", RENEWED, at=FEBRUARY), amount=PRICE),
    SubscriptionChanged(**_event("01kgrn4c8vjd7g0k3n6q9t2wyz", PINNED, at=FEBRUARY + timedelta(days=1))),
    SubscriptionCancelled(**_event("01khcm1f5xkf9j2m5p8s1v4yab", CANCELLED, at=FEBRUARY + timedelta(days=9))),
    SubscriptionExpired(**_event("01kjyr8h3zmh1m4q7s0v3y6bde", EXPIRED, at=MARCH)),
)
