"""AI Studio's dashboard as the OpenAPI document has it (translate_dashboard.py writes it)."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from libs.contracts.envelope import Moment
from services.gateway.domain.dashboard import ActivityKind
from services.gateway.inbound.faces.ai_studio.answers import REASONS, shown
from services.gateway.inbound.faces.ai_studio.examples import AT

DASHBOARD: Final[dict[str, Any]] = {
    "summary": {
        "total_models": 8,
        "active_models": 5,
        "published_models": 2,
        "training_jobs_this_month": 12,
        "total_earnings": "15750.50",
        "compute_hours_used": 45.25,
        "compute_hours_remaining": 54.75,
    },
    "recent_activity": [{"type": "MODEL_TRAINED", "message": "AAPL and MSFT momentum training completed", "timestamp": AT}],
    "performance_chart": {
        "labels": ["Jan 2", "Jan 6", "Jan 13"],
        "datasets": [{"label": "Portfolio Value", "data": [100000.0, 100210.25, 99874.4]}],
        "dates": ["2012-01-02", "2012-01-06", "2012-01-13"],
        "models": 5,
        "synthetic": False,
    },
    "reasons": {},
}


class DashboardSummary(BaseModel):
    """Counts and sums of what is the account's."""

    total_models: int = Field(description="All models, drafts and archived ones included.")
    active_models: int = Field(description="Those that can be asked for predictions: trained and not archived.")
    published_models: int = Field(description="Those that are on sale.")
    training_jobs_this_month: int = Field(description="Trainings started this month (UTC), however they ended.")
    total_earnings: str = Field(description="Money, with two decimals: what all models have earned so far.")
    compute_hours_used: float | None = Field(description="Charged this month.")
    compute_hours_remaining: float | None = Field(description="With those used it is the month's limit, as `compute/usage/` tells it.")


class ActivityOut(BaseModel):
    """Something that happened."""

    type: str = Field(description="One of " + ", ".join(f"`{kind.name}`" for kind in ActivityKind) + ".")
    message: str
    timestamp: Moment


class Dataset(BaseModel):
    """One line of a chart."""

    label: Literal["Portfolio Value"]
    data: list[float]


class PerformanceChart(BaseModel):
    """The account's models as one portfolio, as chart.js draws it."""

    labels: list[str] = Field(description="`Jan 8`; with the year where there are several.")
    datasets: list[Dataset]
    dates: list[str] = Field(description="The labels as days.", json_schema_extra={"items": {"type": "string", "format": "date"}})
    models: int = Field(description="How many models it is made of.")
    synthetic: bool | None = Field(description="Whether any of them rests on generated candles.")


class DashboardOut(BaseModel):
    """All that is the caller's at a glance."""

    model_config = shown(DASHBOARD)

    summary: DashboardSummary
    recent_activity: list[ActivityOut] = Field(description="The newest first, at most 20.")
    performance_chart: PerformanceChart
    reasons: dict[str, str] = Field(description=REASONS)
