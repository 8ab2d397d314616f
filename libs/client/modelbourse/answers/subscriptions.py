"""What the gateway answers about subscriptions, and what listed models earn by them."""

import datetime as dt
from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import MODEL_ID, REASONS, Answer, Moment, Money, Page
from modelbourse.answers.frames import to_frame
from modelbourse.answers.market import LISTING_ID, TITLE

Period = Literal["MONTHLY", "QUARTERLY", "YEARLY"]
SubscriptionStatus = Literal["ACTIVE", "CANCELLED", "EXPIRED"]
EndReason = Literal["TIME", "UNPAID", "WITHDRAWN", "REFUNDED"]
# In examples.
SUBSCRIPTION_ID: Final = "subscription_01kac2n4s8fv1x4z7b0d3g6jpq"
BEGAN: Final = "2026-01-15T16:30:00.000Z"
WHYS: Final = {
    "version": "It follows the version that serves.",
    **dict.fromkeys(("cancelled_at", "ended_at", "end_reason"), "The subscription is ACTIVE."),
}
MONTHS: Final = ["Dec 2025", "Jan 2026"]


class Subscription(Answer):
    """A subscription as it stands."""

    subscription_id: str = Field(description="The subscription's id.", examples=[SUBSCRIPTION_ID])
    listing_id: str = Field(description="The listing's id.", examples=[LISTING_ID])
    model_id: str = Field(description="What can be asked for predictions and explanations.", examples=[MODEL_ID])
    title: str = Field(description="The listing's title.", examples=[TITLE])
    subscription_type: Period = Field(description="How long a period is.", examples=["MONTHLY"])
    status: SubscriptionStatus = Field(description="Where it stands.", examples=["ACTIVE"])
    auto_renew: bool = Field(description="Whether it is paid for again when it ends.", examples=[True])
    start_date: dt.date = Field(description="When the present period began, UTC.", examples=["2026-01-15"])
    end_date: dt.date = Field(description="When it ends, UTC.", examples=["2026-02-15"])
    price: Money = Field(description="Of one period, as agreed.", examples=["29.00"])
    total_amount: Money = Field(
        description="What was charged last, less the rest of an earlier period where there was one.", examples=["29.00"]
    )
    renewals: int = Field(description="How often it was renewed.", examples=[0])
    started_at: Moment = Field(description="When it began.", examples=[BEGAN])
    usable_until: Moment = Field(
        description="The end of the period; while it is to be renewed, some days more in which that is tried.",
        examples=["2026-02-18T16:30:00.000Z"],
    )
    next_billing_date: dt.date | None = Field(description="Null when it will not be renewed.", examples=["2026-02-15"])
    version: str | None = Field(description="The model version to stay on; null follows the one that serves.", examples=[None])
    cancelled_at: Moment | None = Field(description="When it was cancelled.", examples=[None])
    ended_at: Moment | None = Field(description="When it was over.", examples=[None])
    end_reason: EndReason | None = Field(description="Why it is over.", examples=[None])
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.", examples=[WHYS])


class Subscribed(Subscription):
    """The period is paid and the model can be used."""

    message: str = Field(description="In words.", examples=["Successfully subscribed to model"])


class SubscriptionPage(Page[Subscription]):
    """A page of subscriptions, the newest first."""


class ModelRevenue(Answer):
    """What one listed model has brought; gross, less refunds."""

    model_id: str = Field(description="The model's id.", examples=[MODEL_ID])
    listing_id: str = Field(description="The listing's id.", examples=[LISTING_ID])
    model_name: str = Field(description="The model's name.", examples=["AAPL and MSFT momentum"])
    title: str = Field(description="The listing's title.", examples=[TITLE])
    monthly_revenue: Money = Field(description="Paid in this calendar month, UTC.", examples=["29.00"])
    total_revenue: Money = Field(description="Paid so far.", examples=["58.00"])
    subscribers: int = Field(description="Subscriptions that can be used now.", examples=[1])
    churn_rate: float | None = Field(
        description="Of those that could be used when this month began, the share that has ended since.", examples=[0.0]
    )
    reasons: dict[str, str] = REASONS


class Trend(Answer):
    """A value a month, the last twelve months."""

    labels: list[str] = Field(description="The months, in order.", examples=[MONTHS])
    data: list[float] = Field(description="Their values.", examples=[[29.0, 58.0]])


class Leasing(Answer):
    """What one's listed models have earned. Money is gross, less refunds, unless a key says net."""

    total_revenue: Money = Field(description="All that was paid so far.", examples=["58.00"])
    active_subscriptions: int = Field(description="Subscriptions that can be used now.", examples=[1])
    revenue_by_model: list[ModelRevenue] = Field(description="Every model that was ever on sale.")
    revenue_trend: Trend = Field(description="All that was paid by the end of each month: the newest point is `total_revenue`.")
    revenue_by_month: Trend = Field(description="What was paid in each month.", examples=[{"labels": MONTHS, "data": [29.0, 29.0]}])
    platform_fees: Money = Field(description="The platform's part of it.", examples=["11.60"])
    net_earnings: Money = Field(description="What the fees leave.", examples=["46.40"])
    currency: str = Field(description="Of all amounts, by ISO 4217.", examples=["USD"])

    def to_frame(self) -> Any:
        """Return the models as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame(self.revenue_by_model)
