"""What the marketplace answers about an account's payments: hours and subscriptions it has bought, and what its listings were paid."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, NonNegativeInt

from libs.contracts.envelope import Ask, Message, Moment, Reply
from libs.contracts.money import Hours, Money
from libs.contracts.subscriptions import Period


class PaymentKind(StrEnum):
    """What is paid for: compute hours; a subscription's first period, a longer one, another one. `earning`: a listing of one's own."""

    CREDITS = "credits"
    SUBSCRIPTION = "subscription"
    UPGRADE = "upgrade"
    RENEWAL = "renewal"
    EARNING = "earning"


class PaymentState(StrEnum):
    """`pending`: nobody knows yet whether it is charged. `refunding`: it is promised back, and the provider has not confirmed it yet."""

    PENDING = "pending"
    PAID = "paid"
    DECLINED = "declined"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class PaymentSnapshot(Message):
    """One payment as whoever paid it sees it, or, of an earning, as the seller does; who is on the other side is not told."""

    payment_id: str
    kind: PaymentKind
    state: PaymentState
    amount: Money = Field(description="What is charged: the price, less what the rest of an earlier period is worth.")
    begun_at: Moment
    paid_at: Moment | None = Field(None, description="When it was charged.")
    refunded_at: Moment | None = None
    hours: Hours | None = Field(None, description="Compute hours, where these are bought.")
    subscription_id: str | None = None
    listing_id: str | None = None
    model_id: str | None = None
    title: str | None = Field(None, description="The listing's.")
    period: Period | None = None
    price: Money | None = Field(None, description="Of the period.")
    credit: Money | None = Field(None, description="What the rest of an earlier period was worth.")
    fee: Money | None = Field(None, description="The platform's part of an earning.")
    reference: str | None = Field(None, description="The payment provider's id of the charge; told to whoever paid.")
    refund_reference: str | None = Field(None, description="The provider's id of the refund.")
    decline: str | None = Field(None, description="Why the provider did not charge it, in its words.")


class PaymentPlace(Message):
    """Where a payment stands in its account's list."""

    begun_at: Moment
    id: str


class PaymentsPage(Reply):
    """A part of an account's payments, the newest first."""

    count: NonNegativeInt = Field(description="Of all that were asked for.")
    payments: tuple[PaymentSnapshot, ...]
    currency: str = Field(description="Of all amounts, by ISO 4217.")
    after: PaymentPlace | None = Field(None, description="Where the last one stands; null when none comes after it.")


class ReadPayments(Ask[PaymentsPage]):
    """An account's payments: one by its id, or those of a kind, a state and a time; after a place, or by pages that begin with 1."""

    topic: ClassVar[str] = "marketplace.asks.subscription"
    name: ClassVar[str] = "payments.read"
    key_field: ClassVar[str] = "account_id"

    account_id: str
    payment_id: str | None = None
    kind: PaymentKind | None = None
    state: PaymentState | None = None
    since: Moment | None = Field(None, description="Begun then, or later.")
    until: Moment | None = Field(None, description="Begun before.")
    page: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int, Field(ge=1, le=100)] = 20
    after: PaymentPlace | None = Field(None, description="Comes before `page`.")
