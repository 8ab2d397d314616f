"""Between AI Studio's words for listings and the marketplace's: pure functions and two-way tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from libs.contracts.listings import AssetClass, Category, ListingState, ListingTold, Submitted
from services.gateway.domain.listing_ports import Seller
from services.gateway.inbound.faces.ai_studio import translate_records
from services.gateway.inbound.faces.ai_studio.translate import moment

CATEGORIES: Final[Mapping[str, Category]] = {each.name: each for each in Category}
ASSET_CLASSES: Final[Mapping[str, AssetClass]] = {each.name: each for each in AssetClass}
STATUS_WORDS: Final[Mapping[ListingState, str]] = {
    ListingState.IN_REVIEW: "PENDING_REVIEW",
    ListingState.LISTED: "PUBLISHED",
    ListingState.REJECTED: "REJECTED",
    ListingState.WITHDRAWN: "WITHDRAWN",
}
STATUSES: Final[Mapping[str, ListingState]] = {word: state for state, word in STATUS_WORDS.items()}
NO_FEE: Final = "0.00"
UNRATED: Final = "Nobody has rated it yet."
NO_REVIEW: Final = "Nobody has reviewed a listing yet, so there is nothing to estimate it from."
SUBMITTED: Final = "Model submitted for marketplace review"
ON_SALE: Final = "Model published on the marketplace"
WITHDRAWN: Final = "Model withdrawn from the marketplace; who has subscribed keeps the time that is paid."
UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def published(submitted: Submitted) -> dict[str, Any]:
    """Return what the seller is told of a submitted listing."""
    listing = submitted.listing
    waits = listing.state is ListingState.IN_REVIEW
    time = review_time(submitted) if waits else None
    why = NO_REVIEW if waits else f"It is {STATUS_WORDS[listing.state]} already."
    return {
        "listing_id": listing.listing_id,
        "status": STATUS_WORDS[listing.state],
        "message": ON_SALE if listing.state is ListingState.LISTED else SUBMITTED,
        "estimated_review_time": time,
        "model_id": listing.model_id,
        "model_version": listing.version,
        "reasons": {"estimated_review_time": why} if time is None else {},
    }


def review_time(submitted: Submitted) -> str | None:
    """Say how long a review may take, by how long the latest took; None without any."""
    if submitted.review_seconds is None:
        return None
    reviews = "latest review" if submitted.reviews == 1 else f"latest {submitted.reviews} reviews"
    return f"{_about(submitted.review_seconds)} (the median of the {reviews})"


def _about(seconds: float) -> str:
    for size, unit in UNITS:
        if seconds >= size:
            number = round(seconds / size)
            return f"about {number} {unit}{'s' if number > 1 else ''}"
    return "less than a minute"


def unpublished(listing: ListingTold) -> dict[str, Any]:
    """Return what the seller is told of a withdrawn listing."""
    return {
        "listing_id": listing.listing_id,
        "status": STATUS_WORDS[listing.state],
        "message": WITHDRAWN,
        "model_id": listing.model_id,
    }


def listing_row(listing: ListingTold, *, seller: Seller) -> dict[str, Any]:
    """Return a listing as lists show it."""
    offer = listing.offer
    ranked, reasons = translate_records.ranking(listing)
    if listing.average_rating is None:
        reasons["average_rating"] = UNRATED
    if seller.rating is None:
        reasons["seller.rating"] = "Nobody has rated a model of this seller yet."
    if listing.published_at is None:
        reasons["published_at"] = f"It is {STATUS_WORDS[listing.state]} and was never on sale."
    return {
        "id": listing.listing_id,
        "title": offer.title,
        "description": offer.description,
        "seller": {
            "id": listing.seller_id,
            "username": listing.seller_name,
            "rating": seller.rating,
            "total_models": seller.total_models,
        },
        "category": offer.category.name,
        "asset_classes": [each.name for each in offer.asset_classes],
        "monthly_price": f"{offer.monthly_price:.2f}",
        "performance_metrics": translate_records.backtest(listing),
        "live_performance": translate_records.live(listing),
        **ranked,
        "total_subscribers": listing.subscribers,
        "average_rating": listing.average_rating,
        "ratings_count": listing.ratings,
        "is_featured": listing.is_featured,
        "sample_signals_count": len(offer.sample_signals),
        "status": STATUS_WORDS[listing.state],
        "published_at": moment(listing.published_at),
        "reasons": reasons,
    }


def listing_details(listing: ListingTold, *, seller: Seller, versions: Sequence[tuple[str, datetime]]) -> dict[str, Any]:
    """Return all that is public about a listing."""
    row, offer = listing_row(listing, seller=seller), listing.offer
    not_rejected = {"rejection_reason": "It was not rejected."} if listing.rejection_reason is None else {}
    return row | {
        "model_id": listing.model_id,
        "model_version": listing.version,
        "versions": [{"version": name, "created_at": moment(at)} for name, at in versions],
        "pricing_model": offer.pricing_model.name,
        "performance_fee_rate": NO_FEE,
        "sample_signals": [signal.model_dump(mode="json") for signal in offer.sample_signals],
        "terms_and_conditions": offer.terms_and_conditions,
        "submitted_at": moment(listing.submitted_at),
        "rejection_reason": listing.rejection_reason,
        "reasons": row["reasons"] | not_rejected,
    }
