"""Between AI Studio's words for subscriptions and earnings and the platform's: pure functions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from libs.contracts.listings import ListingTold
from libs.contracts.subscriptions import (
    Leasing,
    ModelLeasing,
    ModelSubscribed,
    Period,
    RatingTold,
    SubscriptionEvent,
    SubscriptionState,
    SubscriptionTold,
)
from services.gateway.inbound.faces.ai_studio.translate import moment

PERIODS: Final[Mapping[str, Period]] = {period.name: period for period in Period}
STATES: Final[Mapping[str, SubscriptionState]] = {
    state.name: state for state in (SubscriptionState.ACTIVE, SubscriptionState.CANCELLED, SubscriptionState.EXPIRED)
}
NOT_RENEWED: Final = "It will not be renewed."
NEWEST: Final = "It follows the newest version."
NO_CHURN: Final = "Nobody was subscribed when this month began."
MESSAGE: Final = "Successfully subscribed to model"


def subscription_made(told: SubscriptionTold) -> dict[str, Any]:
    """Return what a new subscriber is told."""
    return subscription_out(told) | {"message": MESSAGE}


def subscription_out(told: SubscriptionTold) -> dict[str, Any]:
    """Return a subscription as its subscriber sees it."""
    status = told.state.name
    values = {
        "next_billing_date": _day(told.next_billing_at) if told.next_billing_at else None,
        "version": told.version,
        "cancelled_at": moment(told.cancelled_at),
        "ended_at": moment(told.ended_at),
        "end_reason": told.end_reason.name if told.end_reason else None,
    }
    why = dict.fromkeys(values, f"The subscription is {status}.") | {"next_billing_date": NOT_RENEWED, "version": NEWEST}
    return {
        "subscription_id": told.subscription_id,
        "listing_id": told.listing_id,
        "model_id": told.model_id,
        "title": told.title,
        "subscription_type": told.period.name,
        "status": status,
        "auto_renew": told.auto_renew,
        "start_date": _day(told.period_began_at),
        "end_date": _day(told.ends_at),
        "price": _money(told.price),
        "total_amount": _money(told.paid),
        "renewals": told.renewals,
        "started_at": moment(told.started_at),
        "usable_until": moment(told.usable_until),
        **values,
        "reasons": {name: why[name] for name, value in values.items() if value is None},
    }


def rated(listing: ListingTold, *, rating: int) -> dict[str, Any]:
    """Return how a listing is rated now."""
    return {
        "listing_id": listing.listing_id,
        "rating": rating,
        "average_rating": listing.average_rating,
        "ratings": listing.ratings,
        "message": "Rating saved",
    }


def rating_row(told: RatingTold) -> dict[str, Any]:
    """Return one rating among others."""
    return {"rating": told.rating, "comment": told.comment, "created_at": moment(told.rated_at)}


def leasing_out(leasing: Leasing, *, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a seller's earnings; `names` are those of the models, by id."""
    labels = [f"{datetime.strptime(each.month, '%Y-%m'):%b %Y}" for each in leasing.months]  # noqa: DTZ007  # a month has no zone
    return {
        "total_revenue": _money(leasing.total_revenue),
        "active_subscriptions": leasing.active_subscriptions,
        "revenue_by_model": [_model(each, name=names.get(each.model_id, each.title)) for each in leasing.models],
        "revenue_trend": {"labels": labels, "data": [float(each.total) for each in leasing.months]},
        "revenue_by_month": {"labels": labels, "data": [float(each.revenue) for each in leasing.months]},
        "platform_fees": _money(leasing.platform_fees),
        "net_earnings": _money(leasing.net_earnings),
    }


def subscription_notice(event: SubscriptionEvent) -> dict[str, Any]:
    """Return what webhooks are told; of `model.subscribed` as the document has it, key by key."""
    ids = {
        "listing_id": event.listing_id,
        "subscriber_id": event.subscriber_id,
        "subscription_id": event.subscription_id,
    }
    if isinstance(event, ModelSubscribed):
        return ids | {"amount": _money(event.amount)}
    told = event.subscription
    amount = {"amount": _money(event.amount)} if event.amount else {}
    ended = {"ended_at": moment(told.ended_at), "reason": told.end_reason.name} if told.end_reason else {}
    return ids | {"model_id": event.model_id, "status": told.state.name, "end_date": _day(told.ends_at)} | amount | ended


def _model(figures: ModelLeasing, *, name: str) -> dict[str, Any]:
    return {
        "model_id": figures.model_id,
        "listing_id": figures.listing_id,
        "model_name": name,
        "title": figures.title,
        "monthly_revenue": _money(figures.monthly_revenue),
        "total_revenue": _money(figures.total_revenue),
        "subscribers": figures.subscribers,
        "churn_rate": figures.churn_rate,
        "reasons": {"churn_rate": NO_CHURN} if figures.churn_rate is None else {},
    }


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
