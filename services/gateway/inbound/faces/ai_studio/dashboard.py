"""AI Studio's dashboard."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from modelbourse.answers import dashboard as answers
from services.gateway.domain.dashboards.dashboard import Activity, ActivityKind, Dashboard
from services.gateway.domain.dashboards.portfolio import Point
from services.gateway.inbound.faces.ai_studio.face import Reader, make_routes
from services.gateway.inbound.http.security import used
from services.gateway.usecases.show_dashboard import ShowDashboard

# What each kind of activity is called, and what is said of it.
ACTIVITIES: Final[Mapping[ActivityKind, tuple[answers.ActivityType, str]]] = {
    ActivityKind.MODEL_CREATED: ("MODEL_CREATED", "{name} created"),
    ActivityKind.TRAINING_STARTED: ("TRAINING_STARTED", "{name} training started"),
    ActivityKind.MODEL_TRAINED: ("MODEL_TRAINED", "{name} training completed"),
    ActivityKind.TRAINING_FAILED: ("TRAINING_FAILED", "{name} training failed"),
    ActivityKind.TRAINING_CANCELLED: ("TRAINING_CANCELLED", "{name} training cancelled"),
    ActivityKind.LISTING_SUBMITTED: ("LISTING_SUBMITTED", "{name} submitted for review"),
    ActivityKind.MODEL_PUBLISHED: ("MODEL_PUBLISHED", "{name} published"),
    ActivityKind.NEW_SUBSCRIBER: ("NEW_SUBSCRIBER", "{name} has a new subscriber"),
    ActivityKind.SUBSCRIBED: ("SUBSCRIBED", "Subscribed to {name}"),
    ActivityKind.SUBSCRIPTION_RENEWED: ("SUBSCRIPTION_RENEWED", "Subscription to {name} renewed"),
    ActivityKind.SUBSCRIPTION_CANCELLED: ("SUBSCRIPTION_CANCELLED", "Subscription to {name} cancelled"),
    ActivityKind.SUBSCRIPTION_ENDED: ("SUBSCRIPTION_ENDED", "Subscription to {name} ended"),
}
NO_HOURS: Final = "The marketplace, which keeps the account's hours, does not answer right now."
NO_CURVES: Final = "No model has been trained yet: there is no curve to show."

Use = Annotated[ShowDashboard, used(ShowDashboard)]
routes = make_routes("dashboard")


@routes.get("/analytics/dashboard/", summary="Get your dashboard", response_description="Counts, recent activity and the portfolio.")
async def get_dashboard(caller: Reader, show: Use) -> answers.Dashboard:
    """Say what the caller's models and trainings come to, from the caller's own data alone."""
    return dashboard_of(await show(caller))


def dashboard_of(dashboard: Dashboard) -> answers.Dashboard:
    """Return what is answered of the dashboard; what is null or empty has its reason under `reasons`."""
    hours_unknown = dashboard.hours_used is None or dashboard.hours_limit is None
    no_hours = dict.fromkeys(("compute_hours_used", "compute_hours_remaining"), NO_HOURS) if hours_unknown else {}
    no_curves = {} if dashboard.portfolio else dict.fromkeys(("performance_chart", "synthetic"), NO_CURVES)
    return answers.Dashboard(
        summary=_summary(dashboard),
        recent_activity=[_activity(activity) for activity in dashboard.activity],
        performance_chart=_chart(dashboard),
        reasons=no_hours | no_curves,
    )


def _summary(dashboard: Dashboard) -> answers.DashboardSummary:
    models, used, limit = dashboard.models, dashboard.hours_used, dashboard.hours_limit
    return answers.DashboardSummary(
        total_models=models.total,
        active_models=models.active,
        published_models=models.published,
        training_jobs_this_month=dashboard.jobs_this_month,
        total_earnings=models.earnings,
        compute_hours_used=None if used is None else float(used),
        compute_hours_remaining=None if used is None or limit is None else float(limit - used),
    )


def _activity(activity: Activity) -> answers.Activity:
    word, message = ACTIVITIES[activity.kind]
    return answers.Activity(type=word, message=message.format(name=activity.name), timestamp=activity.at)


def _chart(dashboard: Dashboard) -> answers.PerformanceChart:
    points = dashboard.portfolio
    return answers.PerformanceChart(
        labels=_labels(points),
        datasets=[answers.Dataset(label="Portfolio Value", data=[round(point.value, 2) for point in points])],
        dates=[point.day for point in points],
        models=dashboard.portfolio_models,
        synthetic=dashboard.synthetic if points else None,
    )


def _labels(points: Sequence[Point]) -> list[str]:
    """Return the points' days; with the year where there are several."""
    years = len({point.day.year for point in points}) > 1
    return [f"{point.day:%b} {point.day.day}" + (f", {point.day.year}" if years else "") for point in points]
