"""Subscriptions and earnings as examples in the OpenAPI document."""

from typing import Any, Final

from services.gateway.inbound.faces.ai_studio.examples import AT, MODEL_ID
from services.gateway.inbound.faces.ai_studio.examples_listings import LISTING_ID

SUBSCRIPTION_ID: Final = "subscription_01kac2n4s8fv1x4z7b0d3g6jpq"
TITLE: Final = "Daily swings of two large caps"
WISH: Final[dict[str, Any]] = {"subscription_type": "MONTHLY", "auto_renew": True}
SUBSCRIPTION: Final[dict[str, Any]] = {
    "subscription_id": SUBSCRIPTION_ID,
    "listing_id": LISTING_ID,
    "model_id": MODEL_ID,
    "title": TITLE,
    "subscription_type": "MONTHLY",
    "status": "ACTIVE",
    "auto_renew": True,
    "version": None,
    "start_date": "2026-01-15",
    "end_date": "2026-02-15",
    "next_billing_date": "2026-02-15",
    "price": "29.00",
    "total_amount": "29.00",
    "renewals": 0,
    "started_at": "2026-01-15T16:30:00.000Z",
    "usable_until": "2026-02-18T16:30:00.000Z",
    "cancelled_at": None,
    "ended_at": None,
    "end_reason": None,
    "reasons": {
        "version": "It follows the newest version.",
        "cancelled_at": "The subscription is ACTIVE.",
        "ended_at": "The subscription is ACTIVE.",
        "end_reason": "The subscription is ACTIVE.",
    },
}
MADE: Final[dict[str, Any]] = SUBSCRIPTION | {"message": "Successfully subscribed to model"}
CHANGE: Final[dict[str, Any]] = {"auto_renew": False, "version": "1.0"}
RATING: Final[dict[str, Any]] = {"rating": 5, "comment": "It does what it says."}
RATED: Final[dict[str, Any]] = {"listing_id": LISTING_ID, "rating": 5, "average_rating": 4.6, "ratings": 12, "message": "Rating saved"}
RATINGS: Final[dict[str, Any]] = {
    "count": 1,
    "next": None,
    "previous": None,
    "results": [{"rating": 5, "comment": "It does what it says.", "created_at": AT}],
}
REFUND: Final[dict[str, Any]] = {"reason": "Charged by mistake."}
LEASING: Final[dict[str, Any]] = {
    "total_revenue": "58.00",
    "active_subscriptions": 1,
    "revenue_by_model": [
        {
            "model_id": MODEL_ID,
            "listing_id": LISTING_ID,
            "model_name": "AAPL and MSFT momentum",
            "title": TITLE,
            "monthly_revenue": "29.00",
            "total_revenue": "58.00",
            "subscribers": 1,
            "churn_rate": 0.0,
            "reasons": {},
        }
    ],
    "revenue_trend": {"labels": ["Dec 2025", "Jan 2026"], "data": [29.0, 58.0]},
    "revenue_by_month": {"labels": ["Dec 2025", "Jan 2026"], "data": [29.0, 29.0]},
    "platform_fees": "11.60",
    "net_earnings": "46.40",
}
