"""Listings as examples in the OpenAPI document."""

from typing import Any, Final

from services.gateway.inbound.faces.ai_studio.examples import AT, MODEL_ID
from services.gateway.inbound.faces.ai_studio.examples_records import END, LIVE, TRIED

LISTING_ID: Final = "listing_01kab8p4v7f2hzj5c8n1r6t9wq"
SELLER_ID: Final = "account_01kab8k1s5e9rtn3x6z8b2d4fg"
SIGNAL: Final[dict[str, Any]] = {"symbol": "AAPL", "signal": "BUY", "confidence": 0.47, "date": "2012-12-31"}
OFFER: Final[dict[str, Any]] = {
    "title": "Daily swings of two large caps",
    "description": "Buys and sells AAPL and MSFT by five indicators of momentum and mean reversion.",
    "category": "MOMENTUM",
    "asset_classes": ["EQUITY"],
    "pricing_model": "FIXED",
    "monthly_price": "29.00",
    "performance_fee_rate": "0.00",
    "sample_signals": [SIGNAL],
    "terms_and_conditions": "For your own trading; no redistribution of signals.",
}
PUBLISHED: Final[dict[str, Any]] = {
    "listing_id": LISTING_ID,
    "status": "PENDING_REVIEW",
    "message": "Model submitted for marketplace review",
    "estimated_review_time": "about 2 hours (the median of the latest 12 reviews)",
    "model_id": MODEL_ID,
    "model_version": "1.0",
    "reasons": {},
}
UNPUBLISHED: Final[dict[str, Any]] = {
    "listing_id": LISTING_ID,
    "status": "WITHDRAWN",
    "message": "Model withdrawn from the marketplace; who has subscribed keeps the time that is paid.",
    "model_id": MODEL_ID,
}
LISTING_ROW: Final[dict[str, Any]] = {
    "id": LISTING_ID,
    "title": OFFER["title"],
    "description": OFFER["description"],
    "seller": {"id": SELLER_ID, "username": "quant_ada", "rating": None, "total_models": 3},
    "category": "MOMENTUM",
    "asset_classes": ["EQUITY"],
    "monthly_price": "29.00",
    "performance_metrics": TRIED,
    "live_performance": LIVE,
    "ranking_sharpe_ratio": 0.2456,
    "record": END,
    "total_subscribers": 0,
    "average_rating": None,
    "ratings_count": 0,
    "is_featured": True,
    "sample_signals_count": 1,
    "status": "PUBLISHED",
    "published_at": AT,
    "reasons": {"average_rating": "Nobody has rated it yet.", "seller.rating": "Nobody has rated a model of this seller yet."},
}
LISTING: Final[dict[str, Any]] = LISTING_ROW | {
    "model_id": MODEL_ID,
    "model_version": "1.0",
    "versions": [{"version": "1.0", "created_at": AT}],
    "pricing_model": "FIXED",
    "performance_fee_rate": "0.00",
    "sample_signals": [SIGNAL],
    "terms_and_conditions": OFFER["terms_and_conditions"],
    "submitted_at": AT,
    "rejection_reason": None,
    "reasons": LISTING_ROW["reasons"] | {"rejection_reason": "It was not rejected."},
}
