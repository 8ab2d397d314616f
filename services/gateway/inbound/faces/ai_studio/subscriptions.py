"""AI Studio's subscriptions to listed models: subscribe, list, get, change, cancel; an admin's refund; and what models earn by them."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Body, status
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr
from starlette.requests import Request

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts.subscriptions import (
    CancelSubscription,
    ChangeSubscription,
    Leasing,
    ModelLeasing,
    ReadLeasing,
    RefundSubscription,
    SubscriptionSnapshot,
)
from modelbourse.answers import subscriptions as answers
from modelbourse.answers.subscriptions import SUBSCRIPTION_ID
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.marketplace.errors import PurchaseAwayError, PurchasePendingError, SubscriptionNotFoundError
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.ports import Models
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_studio.compute import DECLINED
from services.gateway.inbound.faces.ai_studio.face import (
    FACE,
    NO_LISTING,
    NO_SUCH_PAGE,
    Buyer,
    ListingId,
    Reader,
    SubscriptionId,
    make_routes,
    with_reasons,
)
from services.gateway.inbound.faces.ai_studio.reading import Patch, not_like_this, nulls, read_body
from services.gateway.inbound.faces.ai_studio.words import END_WORDS, PERIOD_WORDS, PERIODS, SUBSCRIPTION_STATES, SUBSCRIPTION_WORDS
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs, used
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.marketplace.subscribe import Wish
from services.gateway.usecases.nouns import SubscriptionUseCases

Admin = Annotated[Caller, needs(Scope.ADMIN)]
STAY: Final = "The model version to stay on; null follows the one that serves."
NOT_RENEWED: Final = "It will not be renewed."
FOLLOWS: Final = "It follows the version that serves."
NO_CHURN: Final = "Nobody was subscribed when this month began."
SUBSCRIBED: Final = InvalidError(
    f"You are subscribed to this model already ({SUBSCRIPTION_ID}).",
    details={
        "subscription_type": ["Your quarterly subscription runs until 2026-04-15; until then it can be changed to a longer period only."]
    },
)
OWN: Final = AskRefusedError(
    "This listing is your own: its model is yours to use without a subscription.", kind=ErrorKind.FORBIDDEN, code="own_listing"
)
OVER: Final = AskRefusedError(
    f"The subscription {SUBSCRIPTION_ID} is over; subscribe again.", kind=ErrorKind.CONFLICT, code="subscription_over"
)
UNKNOWN_VERSION: Final = InvalidError(
    "The subscription cannot stay on this version: see version.", details={"version": ["The model has no version '9.9'."]}
)
NOTHING_PAID: Final = InvalidError(f"The subscription {SUBSCRIPTION_ID} has no payment that could be given back.")
NO_SUBSCRIPTION: Final = SubscriptionNotFoundError(SUBSCRIPTION_ID)


Use = Annotated[SubscriptionUseCases, used(SubscriptionUseCases)]
routes = make_routes("subscriptions")


class SubscribeIn(BaseModel):
    """For how long, and what then; a longer period than that of the present subscription ends it and is charged less its rest."""

    # Unknown keys are refused in all of these, because a typo here would cost money (ruling 11).
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"subscription_type": "MONTHLY", "auto_renew": True}]})

    subscription_type: answers.Period = Field(description="1, 3 or 12 calendar months; the price is the monthly one times these.")
    auto_renew: StrictBool = Field(default=True, description="Whether it is paid for again when it ends.")
    payment_method: StrictStr = Field(
        "credit_card",
        min_length=1,
        max_length=60,
        description="In the sandbox every account has a good `credit_card` on file; its other methods are those of "
        "`POST /api/ai-studio/compute/purchase-credits/`.",
    )
    version: StrictStr | None = Field(None, min_length=1, max_length=60, description=STAY)


class SubscriptionPatch(Patch):
    """What of a subscription is to change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"auto_renew": False, "version": "1.0"}]})
    nullable = frozenset({"version"})

    auto_renew: StrictBool | None = Field(None, description="`false` is a cancellation: what is paid can be used until its end.")
    version: StrictStr | None = Field(None, min_length=1, max_length=60, description=STAY)
    payment_method: Literal["credit_card"] | None = Field(
        None,
        description="`credit_card` has it paid from now on with the account's card on file: the one that it paid with last. A renewal that "
        "was declined is tried at once.",
    )


class RefundIn(BaseModel):
    """Why the last payment is given back."""

    model_config = ConfigDict(extra="forbid")

    reason: StrictStr = Field(min_length=1, max_length=500, description="In words.", examples=["Charged by mistake."])


@routes.post(
    "/marketplace/{listing_id}/subscribe/",
    status_code=status.HTTP_201_CREATED,
    summary="Subscribe to a model",
    response_description="The period is paid and the model can be used.",
    responses=refused(FACE, SUBSCRIBED, DECLINED, OWN, NO_LISTING, PurchaseAwayError(), PurchasePendingError()),
)
@starts_work
async def subscribe(
    listing_id: ListingId, body: Annotated[Any, Body(), ShownAs(SubscribeIn)], caller: Buyer, work: CurrentWork, use: Use
) -> answers.Subscribed:
    """Pay for a period, or change to a longer one. After 503 or 504, send the same `Idempotency-Key` again."""
    wish = read_wish(body)
    return subscribed_of(await use.subscribe(listing_id, account_id=caller.account_id, wish=wish, work=work))


@routes.get(
    "/subscriptions/",
    summary="List your subscriptions",
    response_description="A page of subscriptions, the newest first.",
    responses=NO_SUCH_PAGE,
    openapi_extra={"parameters": [query("status", "Only subscriptions in this status.", enum=list(SUBSCRIPTION_STATES)), *PAGES]},
)
async def list_subscriptions(request: Request, caller: Reader, use: Use) -> answers.SubscriptionPage:
    """Subscriptions that the caller has paid for."""
    paging, word = read_paging(request), read_word(request, "status", known=SUBSCRIPTION_STATES)
    page = await use.subscriptions.find(caller.account_id, paging.part, states=(SUBSCRIPTION_STATES[word],) if word else None)
    return paging.page(answers.SubscriptionPage, [subscription_of(each) for each in page.items], count=page.count, after=page.after)


@routes.get(
    "/subscriptions/{subscription_id}/",
    summary="Get a subscription",
    response_description="The subscription as it stands.",
    responses=refused(FACE, NO_SUBSCRIPTION),
)
async def get_subscription(subscription_id: SubscriptionId, caller: Reader, use: Use) -> answers.Subscription:
    """Its period, what comes after it, and the version that answers."""
    return subscription_of(await use.subscriptions.get(subscription_id, account_id=caller.account_id))


@routes.post(
    "/subscriptions/{subscription_id}/cancel/",
    summary="Cancel a subscription",
    response_description="It will not be renewed.",
    responses=refused(FACE, NO_SUBSCRIPTION, OVER, 504),
)
async def cancel_subscription(subscription_id: SubscriptionId, caller: Buyer, use: Use) -> answers.Subscription:
    """Use what is paid until its end, and do not renew it. Cancelling twice changes nothing."""
    ask = CancelSubscription(subscription_id=subscription_id, account_id=caller.account_id)
    return subscription_of(await use.change(ask))


@routes.patch(
    "/subscriptions/{subscription_id}/",
    summary="Change a subscription",
    response_description="The changed subscription.",
    responses=refused(FACE, UNKNOWN_VERSION, NO_SUBSCRIPTION, OVER, 504),
)
async def change_subscription(
    subscription_id: SubscriptionId, body: Annotated[Any, Body(), ShownAs(SubscriptionPatch)], caller: Buyer, use: Use
) -> answers.Subscription:
    """Renew or not; stay on a version, or follow the one that serves (`"version": null`)."""
    return subscription_of(await use.change(read_subscription_change(body, subscription_id=subscription_id, account_id=caller.account_id)))


@routes.post(
    "/subscriptions/{subscription_id}/refund/",
    summary="Refund a subscription (admins)",
    response_description="Its last payment is given back, and it is over.",
    responses=refused(FACE, NOTHING_PAID, NO_SUBSCRIPTION, 409, 504),
)
@starts_work
async def refund_subscription(
    subscription_id: SubscriptionId, body: Annotated[Any, Body(), ShownAs(RefundIn)], caller: Admin, use: Use
) -> answers.Subscription:
    """All of the last payment, its seller's earnings and the platform's fee on it. Twice is once."""
    reason = read_refund(body)
    ask = RefundSubscription(subscription_id=subscription_id, admin_id=caller.account_id, reason=reason)
    return subscription_of(await use.change.refund(ask))


@routes.get(
    "/analytics/leasing/",
    summary="Get what your models have earned",
    response_description="Revenue by model and month, and what the platform's fees leave of it.",
    responses=refused(FACE, 504),
)
async def get_leasing(caller: Reader, use: Use) -> answers.Leasing:
    """Of all models that the caller has ever had on sale; docs/guides/subscriptions.md defines the figures."""
    leasing = await use.marketplace.leasing(ReadLeasing(account_id=caller.account_id))
    return leasing_of(leasing, names=await names_of(use.models, leasing, account_id=caller.account_id))


def subscription_of(told: SubscriptionSnapshot) -> answers.Subscription:
    """Return a subscription as its subscriber sees it."""
    subscription = answers.Subscription(
        subscription_id=told.subscription_id,
        listing_id=told.listing_id,
        model_id=told.model_id,
        title=told.title,
        subscription_type=PERIOD_WORDS[told.period],
        status=SUBSCRIPTION_WORDS[told.state],
        auto_renew=told.auto_renew,
        start_date=_day(told.period_began_at),
        end_date=_day(told.ends_at),
        price=told.price,
        total_amount=told.paid,
        renewals=told.renewals,
        started_at=told.started_at,
        usable_until=told.usable_until,
        next_billing_date=_day(told.next_billing_at) if told.next_billing_at else None,
        version=told.version,
        cancelled_at=told.cancelled_at,
        ended_at=told.ended_at,
        end_reason=END_WORDS[told.end_reason] if told.end_reason else None,
        reasons={},
    )
    whys = {"next_billing_date": NOT_RENEWED, "version": FOLLOWS}
    return with_reasons(
        subscription, whys | dict.fromkeys(("cancelled_at", "ended_at", "end_reason"), f"The subscription is {subscription.status}.")
    )


def subscribed_of(told: SubscriptionSnapshot) -> answers.Subscribed:
    """Return what a new subscriber is told."""
    return answers.Subscribed(**dict(subscription_of(told)), message="Successfully subscribed to model")


def leasing_of(leasing: Leasing, *, names: Mapping[str, str]) -> answers.Leasing:
    """Return a seller's earnings; `names` are those of the models, by id."""
    labels = [f"{date.fromisoformat(f'{each.month}-01'):%b %Y}" for each in leasing.months]
    return answers.Leasing(
        total_revenue=leasing.total_revenue,
        active_subscriptions=leasing.active_subscriptions,
        revenue_by_model=[_revenue(each, name=names.get(each.model_id, each.title)) for each in leasing.models],
        revenue_trend=answers.Trend(labels=labels, data=[float(each.total) for each in leasing.months]),
        revenue_by_month=answers.Trend(labels=labels, data=[float(each.revenue) for each in leasing.months]),
        platform_fees=leasing.platform_fees,
        net_earnings=leasing.net_earnings,
        currency=leasing.currency,
    )


async def names_of(models: Models, leasing: Leasing, *, account_id: str) -> dict[str, str]:
    """Return the names of the models that earn, by id."""
    names = {}
    for model_id in {each.model_id for each in leasing.models}:
        with suppress(ModelNotFoundError):  # One from before this gateway's time goes by its listing's title.
            names[model_id] = (await models.get(model_id, account_id=account_id)).name
    return names


def _revenue(figures: ModelLeasing, *, name: str) -> answers.ModelRevenue:
    return answers.ModelRevenue(
        model_id=figures.model_id,
        listing_id=figures.listing_id,
        model_name=name,
        title=figures.title,
        monthly_revenue=figures.monthly_revenue,
        total_revenue=figures.total_revenue,
        subscribers=figures.subscribers,
        churn_rate=figures.churn_rate,
        reasons={"churn_rate": NO_CHURN} if figures.churn_rate is None else {},
    )


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def read_wish(body: Any) -> Wish:
    """Return what somebody wants to subscribe to. Raise InvalidError with all problems."""
    given = read_body(SubscribeIn, body, what="You cannot subscribe like this")
    return Wish(
        period=PERIODS[given["subscription_type"]],
        auto_renew=given.get("auto_renew", True),
        payment_method=given.get("payment_method", "credit_card"),
        version=given.get("version"),
    )


def read_subscription_change(body: Any, *, subscription_id: str, account_id: str) -> ChangeSubscription:
    """Return what is to change. Raise InvalidError with all problems."""
    what = "The subscription cannot be changed like this"
    given = read_body(SubscriptionPatch, body, what=what)
    if problems := nulls(given, of=SubscriptionPatch, but=SubscriptionPatch.nullable):
        raise not_like_this(what, problems)
    version = given.get("version")
    return ChangeSubscription(
        subscription_id=subscription_id,
        account_id=account_id,
        auto_renew=given.get("auto_renew"),
        version=version,
        newest="version" in given and version is None,
        card_on_file="payment_method" in given,
    )


def read_refund(body: Any) -> str:
    """Return why a payment is given back. Raise InvalidError with all problems."""
    what = "The payment cannot be given back like this"
    reason = str(read_body(RefundIn, body, what=what)["reason"]).strip()
    if problem := text_problem(reason, lines=True):
        raise not_like_this(what, {"reason": [problem]})
    return reason
