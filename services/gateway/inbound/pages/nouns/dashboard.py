"""The dashboard: all that is the reader's at a glance."""

from collections.abc import Mapping
from typing import Any, Final

from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.page import PRICES, Facts, Page, Read

STUDIO: Final = "/api/ai-studio"


def _shape(facts: Facts) -> Mapping[str, Any]:
    """Return the portfolio's line."""
    chart = facts["dashboard"]["performance_chart"]
    values = chart["datasets"][0]["data"] if chart["datasets"] else []
    return {"portfolio": charts.timeline(chart["dates"], {"Portfolio value": values}) if values else None}


PAGES: Final = (
    Page(
        path="/app",
        template="dashboard.html",
        title="Dashboard",
        reads={
            "prices": PRICES,
            "dashboard": Read(f"{STUDIO}/analytics/dashboard/"),
            "models": Read(f"{STUDIO}/models/", fixed={"page_size": 5}),
            "jobs": Read(f"{STUDIO}/training-jobs/", fixed={"page_size": 5}),
            "alerts": Read("/api/ml-development/alerts", fixed={"limit": 5}, needed=False),
            "health": Read("/api/monitoring/health", needed=False, also=(503,)),
        },
        shape=_shape,
    ),
)
