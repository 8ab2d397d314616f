"""AI Studio's bodies and answers about subscriptions and earnings, as the OpenAPI document has them (translate_subscriptions.py)."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from libs.contracts.envelope import Moment
from services.gateway.inbound.faces.ai_studio import examples_subscriptions as examples
from services.gateway.inbound.faces.ai_studio.answers import REASONS, shown
from services.gateway.inbound.http.paging import PageOut

TypeWord = Literal["MONTHLY", "QUARTERLY", "YEARLY"]
StatusWord = Literal["ACTIVE", "CANCELLED", "EXPIRED"]
MONEY: Final = "Money, with two decimals."
DAY: Final[dict[str, Any]] = {"format": "date"}
STAY: Final = "The model version to stay on; null follows the newest."


class _Body(BaseModel):
    """A request body; unknown keys are refused, because a typo here would cost money (ruling 11)."""

    model_config = ConfigDict(extra="forbid")


class SubscribeIn(_Body):
    """For how long, and what then; a longer period than that of the present subscription ends it and is charged less its rest."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.WISH]})

    subscription_type: TypeWord = Field(description="1, 3 or 12 calendar months; the price is the monthly one times these.")
    auto_renew: StrictBool = Field(default=True, description="Whether it is paid for again when it ends.")
    payment_method: StrictStr = Field(
        "credit_card",
        min_length=1,
        max_length=60,
        description="In the sandbox every account has a good `credit_card` on file; its other methods are those of "
        "`POST /api/ai-studio/compute/purchase-credits/`.",
    )
    version: StrictStr | None = Field(None, min_length=1, max_length=60, description=STAY)


class SubscriptionOut(BaseModel):
    """A subscription as it stands."""

    model_config = shown(examples.SUBSCRIPTION)

    subscription_id: str
    listing_id: str
    model_id: str = Field(description="What can be asked for predictions and explanations.")
    title: str
    subscription_type: TypeWord
    status: StatusWord
    auto_renew: bool
    version: str | None = Field(description=STAY)
    start_date: str = Field(description="When the present period began, UTC.", json_schema_extra=DAY)
    end_date: str = Field(description="When it ends, UTC.", json_schema_extra=DAY)
    next_billing_date: str | None = Field(description="Null when it will not be renewed.", json_schema_extra=DAY)
    price: str = Field(description="Money: of one period, as agreed.")
    total_amount: str = Field(description="Money: what was charged last, less the rest of an earlier period where there was one.")
    renewals: int
    started_at: Moment
    usable_until: Moment = Field(description="The end of the period; while it is to be renewed, some days more in which that is tried.")
    cancelled_at: Moment | None
    ended_at: Moment | None
    end_reason: Literal["TIME", "UNPAID", "WITHDRAWN", "REFUNDED"] | None
    reasons: dict[str, str] = Field(description=REASONS)


class SubscriptionMade(SubscriptionOut):
    """The period is paid and the model can be used."""

    model_config = shown(examples.MADE)

    message: str


class SubscriptionPage(PageOut):
    """A page of subscriptions, the newest first."""

    results: list[SubscriptionOut]


class SubscriptionPatch(_Body):
    """What of a subscription is to change."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.CHANGE]})

    auto_renew: StrictBool | None = Field(None, description="`false` is a cancellation: what is paid can be used until its end.")
    version: StrictStr | None = Field(None, min_length=1, max_length=60, description=STAY)
    payment_method: Literal["credit_card"] | None = Field(
        None,
        description="`credit_card` has it paid from now on with the account's card on file: the one that it paid with last. A renewal that "
        "was declined is tried at once.",
    )


class RateIn(_Body):
    """A subscriber's word; it replaces an earlier one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.RATING]})

    rating: StrictInt = Field(ge=1, le=5)
    comment: StrictStr = Field("", max_length=2000)


class RatedOut(BaseModel):
    """How the listing is rated with it."""

    model_config = shown(examples.RATED)

    listing_id: str
    rating: int
    average_rating: float
    ratings: int
    message: str


class RatingRow(BaseModel):
    """One subscriber's word."""

    rating: int
    comment: str
    created_at: Moment


class RatingsPage(PageOut):
    """A page of ratings."""

    model_config = shown(examples.RATINGS)

    results: list[RatingRow]


class RefundIn(_Body):
    """Why the last payment is given back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.REFUND]})

    reason: StrictStr = Field(min_length=1, max_length=500)


class ModelRevenue(BaseModel):
    """What one listed model has brought. Gross, less refunds."""

    model_id: str
    listing_id: str
    model_name: str
    title: str
    monthly_revenue: str = Field(description="Money: paid in this calendar month, UTC.")
    total_revenue: str = Field(description=MONEY)
    subscribers: int = Field(description="Subscriptions that can be used now.")
    churn_rate: float | None = Field(description="Of those that could be used when this month began, the share that has ended since.")
    reasons: dict[str, str] = Field(description=REASONS)


class Trend(BaseModel):
    """A value a month, the last twelve months."""

    labels: list[str]
    data: list[float]


class LeasingOut(BaseModel):
    """What the caller's listed models have earned. Money is gross, less refunds, unless a key says net."""

    model_config = shown(examples.LEASING)

    total_revenue: str = Field(description=MONEY)
    active_subscriptions: int
    revenue_by_model: list[ModelRevenue]
    revenue_trend: Trend = Field(description="All that was paid by the end of each month: the newest point is `total_revenue`.")
    revenue_by_month: Trend = Field(description="What was paid in each month.")
    platform_fees: str = Field(description="Money: the platform's part of it.")
    net_earnings: str = Field(description="Money: what the fees leave.")
