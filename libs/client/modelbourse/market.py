"""The marketplace: publish, browse, subscribe, rate; review for admins; what was earned."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal, TypedDict

from typing_extensions import Unpack

from modelbourse.answers.answer import Page
from modelbourse.answers.dashboard import Dashboard
from modelbourse.answers.market import ListingDetails, ListingRow, Published, Rated, Rating, Unpublished
from modelbourse.answers.subscriptions import Leasing, Period, Subscribed, Subscription, SubscriptionStatus
from modelbourse.asking import FACE, ask_for, get_all, get_page, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.models import MODELS
from modelbourse.steps import Flow, Steps

MARKET: Final = f"{FACE}/marketplace/"
SUBSCRIPTIONS: Final = f"{FACE}/subscriptions/"
# A payment provider may take its time.
PAYMENT_TIMEOUT_S: Final = 60.0
Price = Decimal | str | int


class SubscriptionChanges(TypedDict, total=False):
    """What of a subscription can change; a version of None follows the one that serves."""

    auto_renew: bool
    version: str | None
    payment_method: Literal["credit_card"]


class Wanted(TypedDict, total=False):
    """Which listings are looked for; what is None is not asked."""

    search: str | None
    category: str | None
    asset_classes: Sequence[str] | None
    min_sharpe_ratio: float | None
    max_price: Price | None
    seller: str | None
    status: str | None
    ordering: str | None


def publish_model(
    gateway: Gateway,
    model_id: str,
    *,
    title: str,
    category: str,
    asset_classes: Sequence[str],
    monthly_price: Price,
    description: str | None = None,
    sample_signals: Sequence[Mapping[str, Any]] | None = None,
    terms_and_conditions: str | None = None,
    acknowledge_static_data: bool = False,
    idempotency_key: str | None = None,
) -> Steps[Published]:
    """Submit a trained model to the reviewers; the platform measures its record itself.

    `acknowledge_static_data`: publish it though a symbol has no live source; without it that is an InvalidRequestError.
    """
    body = given(
        title=title,
        description=description,
        category=category,
        asset_classes=list(asset_classes),
        monthly_price=str(monthly_price),
        sample_signals=sample_signals,
        terms_and_conditions=terms_and_conditions,
        acknowledge_static_data=acknowledge_static_data or None,
    )
    return publish_model_of(gateway, model_id, body, idempotency_key=idempotency_key)


def publish_model_of(gateway: Gateway, model_id: str, offer: Any, *, idempotency_key: str | None = None) -> Steps[Published]:
    """Submit a model with an offer that is given whole, as the API's JSON has it."""
    return ask_for(gateway, Published, "POST", path_to(MODELS, model_id, then="/publish/"), body=offer, key=idempotency_key or new_key())


def unpublish_model(gateway: Gateway, model_id: str) -> Steps[Unpublished]:
    """Withdraw a model: who has subscribed keeps the time that is paid."""
    return ask_for(gateway, Unpublished, "POST", path_to(MODELS, model_id, then="/unpublish/"))


def page_of_listings(
    gateway: Gateway, /, *, page: int = 1, page_size: int | None = None, **wanted: Unpack[Wanted]
) -> Steps[Page[ListingRow]]:
    """Return a page of what is on sale. `seller="me"`: your own; `status="PENDING_REVIEW"`: for reviewers."""
    return get_page(gateway, ListingRow, MARKET, page=page, page_size=page_size, **_filters(wanted))


def all_listings(gateway: Gateway, /, **wanted: Unpack[Wanted]) -> Flow[ListingRow, None]:
    """Iterate over all that is on sale, as `page` filters it."""
    return get_all(gateway, ListingRow, MARKET, **_filters(wanted))


def _filters(wanted: Wanted) -> dict[str, Any]:
    classes = wanted.get("asset_classes")
    return {**wanted, "asset_classes": ",".join(classes) if classes else None}


def get_listing(gateway: Gateway, listing_id: str) -> Steps[ListingDetails]:
    """Return all that is public about a listing; raise NotFoundError."""
    return ask_for(gateway, ListingDetails, "GET", path_to(MARKET, listing_id))


def subscribe(
    gateway: Gateway,
    listing_id: str,
    *,
    subscription_type: Period = "MONTHLY",
    auto_renew: bool = True,
    version: str | None = None,
    payment_method: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[Subscribed]:
    """Pay for a period of a model's use; paid once, however often it is sent.

    Raise PaymentError, or InvalidRequestError where one is subscribed already.
    """
    body = {"subscription_type": subscription_type, "auto_renew": auto_renew} | given(version=version, payment_method=payment_method)
    key, path = idempotency_key or new_key(), path_to(MARKET, listing_id, then="/subscribe/")
    return ask_for(gateway, Subscribed, "POST", path, body=body, key=key, timeout=PAYMENT_TIMEOUT_S)


def page_of_subscriptions(
    gateway: Gateway, *, status: SubscriptionStatus | None = None, page: int = 1, page_size: int | None = None
) -> Steps[Page[Subscription]]:
    """Return a page of your subscriptions, the newest first."""
    return get_page(gateway, Subscription, SUBSCRIPTIONS, page=page, page_size=page_size, status=status)


def all_subscriptions(gateway: Gateway, *, status: SubscriptionStatus | None = None) -> Flow[Subscription, None]:
    """Iterate over all your subscriptions, the newest first."""
    return get_all(gateway, Subscription, SUBSCRIPTIONS, status=status)


def get_subscription(gateway: Gateway, subscription_id: str) -> Steps[Subscription]:
    """Return a subscription; raise NotFoundError."""
    return ask_for(gateway, Subscription, "GET", path_to(SUBSCRIPTIONS, subscription_id))


def cancel_subscription(gateway: Gateway, subscription_id: str) -> Steps[Subscription]:
    """Have a subscription renewed no more: what is paid can be used until its end."""
    return ask_for(gateway, Subscription, "POST", path_to(SUBSCRIPTIONS, subscription_id, then="/cancel/"))


def change_subscription(gateway: Gateway, /, subscription_id: str, **changes: Unpack[SubscriptionChanges]) -> Steps[Subscription]:
    """Renew or not; stay on a version, or (None) follow the one that serves; pay with the card on file from now on (`credit_card`)."""
    return ask_for(gateway, Subscription, "PATCH", path_to(SUBSCRIPTIONS, subscription_id), body=changes)


def refund_subscription(gateway: Gateway, subscription_id: str, reason: str, *, idempotency_key: str | None = None) -> Steps[Subscription]:
    """Give a subscription's last payment back and end it (admins); once, however often it is sent."""
    key, path = idempotency_key or new_key(), path_to(SUBSCRIPTIONS, subscription_id, then="/refund/")
    return ask_for(gateway, Subscription, "POST", path, body={"reason": reason}, key=key, timeout=PAYMENT_TIMEOUT_S)


def page_of_ratings(gateway: Gateway, listing_id: str, *, page: int = 1, page_size: int | None = None) -> Steps[Page[Rating]]:
    """Return a page of what subscribers say of a listing, the newest first; raise NotFoundError."""
    return get_page(gateway, Rating, path_to(MARKET, listing_id, then="/ratings/"), page=page, page_size=page_size)


def all_ratings(gateway: Gateway, listing_id: str) -> Flow[Rating, None]:
    """Iterate over all that subscribers say of a listing, the newest first; raise NotFoundError."""
    return get_all(gateway, Rating, path_to(MARKET, listing_id, then="/ratings/"))


def rate_listing(gateway: Gateway, listing_id: str, rating: int, *, comment: str | None = None) -> Steps[Rated]:
    """Give 1 to 5 stars to what one subscribes to; they replace earlier ones."""
    return ask_for(gateway, Rated, "POST", path_to(MARKET, listing_id, then="/rate/"), body=given(rating=rating, comment=comment))


def approve_listing(gateway: Gateway, listing_id: str) -> Steps[ListingDetails]:
    """Put a listing on sale (admins)."""
    return ask_for(gateway, ListingDetails, "POST", path_to(MARKET, listing_id, then="/approve/"))


def reject_listing(gateway: Gateway, listing_id: str, reason: str) -> Steps[ListingDetails]:
    """Turn a listing down, with a reason that its seller reads (admins)."""
    return ask_for(gateway, ListingDetails, "POST", path_to(MARKET, listing_id, then="/reject/"), body={"reason": reason})


def feature_listing(gateway: Gateway, listing_id: str, *, featured: bool = True) -> Steps[ListingDetails]:
    """Show a listing before the others, or no longer (admins)."""
    return ask_for(gateway, ListingDetails, "POST", path_to(MARKET, listing_id, then="/feature/" if featured else "/unfeature/"))


def get_dashboard(gateway: Gateway) -> Steps[Dashboard]:
    """Return what one has, and what happened lately."""
    return ask_for(gateway, Dashboard, "GET", f"{FACE}/analytics/dashboard/")


def get_leasing(gateway: Gateway) -> Steps[Leasing]:
    """Return what one's listed models have earned."""
    return ask_for(gateway, Leasing, "GET", f"{FACE}/analytics/leasing/")
