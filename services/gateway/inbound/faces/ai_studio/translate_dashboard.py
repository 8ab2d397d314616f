"""The dashboard in AI Studio's words: pure functions."""

from collections.abc import Sequence
from typing import Any, Final

from services.gateway.domain.dashboard import Activity, ActivityKind, Dashboard
from services.gateway.domain.portfolio import Point
from services.gateway.inbound.faces.ai_studio.translate import moment

MESSAGES: Final = {
    ActivityKind.MODEL_CREATED: "{name} created",
    ActivityKind.TRAINING_STARTED: "{name} training started",
    ActivityKind.MODEL_TRAINED: "{name} training completed",
    ActivityKind.TRAINING_FAILED: "{name} training failed",
    ActivityKind.TRAINING_CANCELLED: "{name} training cancelled",
    ActivityKind.LISTING_SUBMITTED: "{name} submitted for review",
    ActivityKind.MODEL_PUBLISHED: "{name} published",
    ActivityKind.NEW_SUBSCRIBER: "{name} has a new subscriber",
    ActivityKind.SUBSCRIBED: "Subscribed to {name}",
    ActivityKind.SUBSCRIPTION_RENEWED: "Subscription to {name} renewed",
    ActivityKind.SUBSCRIPTION_CANCELLED: "Subscription to {name} cancelled",
    ActivityKind.SUBSCRIPTION_ENDED: "Subscription to {name} ended",
}
LABEL: Final = "Portfolio Value"
NO_HOURS: Final = "The marketplace, which keeps the account's hours, does not answer right now."
NO_CURVES: Final = "No model has been trained yet: there is no curve to show."


def dashboard_out(dashboard: Dashboard) -> dict[str, Any]:
    """Return the dashboard; what is null or empty has its reason under `reasons`."""
    models, used, limit = dashboard.models, dashboard.hours_used, dashboard.hours_limit
    unknown = used is None or limit is None
    reasons = dict.fromkeys(("compute_hours_used", "compute_hours_remaining"), NO_HOURS) if unknown else {}
    return {
        "summary": {
            "total_models": models.total,
            "active_models": models.active,
            "published_models": models.published,
            "training_jobs_this_month": dashboard.jobs_this_month,
            "total_earnings": f"{models.earnings:.2f}",
            "compute_hours_used": None if used is None else float(used),
            "compute_hours_remaining": None if used is None or limit is None else float(limit - used),
        },
        "recent_activity": [_activity(activity) for activity in dashboard.activity],
        "performance_chart": _chart(dashboard.portfolio)
        | {"models": dashboard.portfolio_models, "synthetic": dashboard.synthetic if dashboard.portfolio else None},
        "reasons": reasons | ({} if dashboard.portfolio else {"performance_chart": NO_CURVES, "synthetic": NO_CURVES}),
    }


def _activity(activity: Activity) -> dict[str, Any]:
    message = MESSAGES[activity.kind].format(name=activity.name)
    return {"type": activity.kind.name, "message": message, "timestamp": moment(activity.at)}


def _chart(points: Sequence[Point]) -> dict[str, Any]:
    """Return the portfolio as chart.js draws it; labels name the year where there are several."""
    years = len({point.day.year for point in points}) > 1
    labels = [f"{point.day:%b} {point.day.day}" + (f", {point.day.year}" if years else "") for point in points]
    data = [round(point.value, 2) for point in points]
    return {"labels": labels, "datasets": [{"label": LABEL, "data": data}], "dates": [point.day.isoformat() for point in points]}
