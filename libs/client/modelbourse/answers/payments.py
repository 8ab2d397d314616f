"""What the gateway answers about payments: hours and subscriptions that were bought, and what one's own listings were paid."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import MODEL_ID, Answer, Moment, Money, Page
from modelbourse.answers.market import LISTING_ID, TITLE
from modelbourse.answers.subscriptions import BEGAN, SUBSCRIPTION_ID, Period

PaymentKind = Literal["CREDITS", "SUBSCRIPTION", "UPGRADE", "RENEWAL", "EARNING"]
PaymentStatus = Literal["PENDING", "PAID", "DECLINED", "REFUNDING", "REFUNDED"]
# In examples.
PAYMENT_ID: Final = f"{SUBSCRIPTION_ID}:1"


class Payment(Answer):
    """One payment as it stands: what the caller paid, or what a listing of the caller's was paid. It is a receipt, and no tax invoice."""

    payment_id: str = Field(description="The payment's id; of hours it is their `transaction_id`.", examples=[PAYMENT_ID])
    kind: PaymentKind = Field(
        description="Compute hours; a subscription's first period, a longer one, another one; `EARNING`: somebody paid for a "
        "model of the caller's.",
        examples=["SUBSCRIPTION"],
    )
    status: PaymentStatus = Field(
        description="`PENDING`: nobody knows yet whether it is charged. `REFUNDING`: it is promised back, and goes on by itself.",
        examples=["PAID"],
    )
    description: str = Field(description="What it is for, in words.", examples=[f"{TITLE}, MONTHLY"])
    amount: Money = Field(description="What was charged; nothing was where it is `DECLINED`.", examples=["29.00"])
    refunded_amount: Money = Field(description="What was given back of it.", examples=["0.00"])
    currency: str = Field(description="Of all amounts, by ISO 4217.", examples=["USD"])
    created_at: Moment = Field(description="When it was begun.", examples=[BEGAN])
    paid_at: Moment | None = Field(description="When it was charged.", examples=[BEGAN])
    refunded_at: Moment | None = Field(description="When it was given back.", examples=[None])
    hours: float | None = Field(description="Compute hours that were bought.", examples=[None])
    title: str | None = Field(description="The listing's title.", examples=[TITLE])
    period: Period | None = Field(description="How long the paid period is.", examples=["MONTHLY"])
    price: Money | None = Field(description="Of the period, before `credit`.", examples=["29.00"])
    credit: Money | None = Field(description="What the rest of an earlier period was worth, and was not charged.", examples=["0.00"])
    platform_fee: Money | None = Field(description="The platform's part of an earning.", examples=[None])
    net_earnings: Money | None = Field(description="What fee and refund leave of an earning.", examples=[None])
    subscription_id: str | None = Field(description="The subscription's id.", examples=[SUBSCRIPTION_ID])
    listing_id: str | None = Field(description="The listing's id.", examples=[LISTING_ID])
    model_id: str | None = Field(description="The model's id.", examples=[MODEL_ID])
    reference: str | None = Field(description="The payment provider's id of the charge.", examples=["charge_01kac2n4s8fv1x4z7b0d3g6jpq"])
    refund_reference: str | None = Field(description="The payment provider's id of the refund.", examples=[None])
    decline_reason: str | None = Field(description="Why it was not charged, in the provider's words.", examples=[None])
    reasons: dict[str, str] = Field(
        description="Why a value is null, by its name.", examples=[{"hours": "It is not for compute hours.", "refunded_at": "It is PAID."}]
    )


class PaymentPage(Page[Payment]):
    """A page of payments, the newest first."""
