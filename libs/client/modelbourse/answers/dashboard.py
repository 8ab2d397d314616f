"""What the gateway answers about all that is one's own at a glance."""

import datetime as dt
from typing import Any, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, REASONS, Answer, Moment, Money
from modelbourse.answers.frames import to_frame

ActivityType = Literal[
    "MODEL_CREATED",
    "TRAINING_STARTED",
    "MODEL_TRAINED",
    "TRAINING_FAILED",
    "TRAINING_CANCELLED",
    "LISTING_SUBMITTED",
    "MODEL_PUBLISHED",
    "NEW_SUBSCRIBER",
    "SUBSCRIBED",
    "SUBSCRIPTION_RENEWED",
    "SUBSCRIPTION_CANCELLED",
    "SUBSCRIPTION_ENDED",
]


class DashboardSummary(Answer):
    """Counts and sums of what is the account's."""

    total_models: int = Field(description="All models, drafts and archived ones included.", examples=[8])
    active_models: int = Field(description="Those that can be asked for predictions: trained and not archived.", examples=[5])
    published_models: int = Field(description="Those that are on sale.", examples=[2])
    training_jobs_this_month: int = Field(description="Trainings started this month (UTC), however they ended.", examples=[12])
    total_earnings: Money = Field(description="What all models have earned so far.", examples=["15750.50"])
    compute_hours_used: float | None = Field(description="Charged this month.", examples=[45.25])
    compute_hours_remaining: float | None = Field(
        description="With those used it is the month's limit, as `compute/usage/` tells it.", examples=[54.75]
    )


class Activity(Answer):
    """Something that happened."""

    type: ActivityType = Field(description="What happened.", examples=["MODEL_TRAINED"])
    message: str = Field(description="The same, with the model's name.", examples=["AAPL and MSFT momentum training completed"])
    timestamp: Moment = Field(description="When.", examples=[AT])


class Dataset(Answer):
    """A line of a chart."""

    label: Literal["Portfolio Value"] = Field(description="What it shows.")
    data: list[float] = Field(description="A value for each label.", examples=[[100000.0, 100210.25, 99874.4]])


class PerformanceChart(Answer):
    """The account's models as one portfolio, as chart.js draws it."""

    labels: list[str] = Field(description="`Jan 8`; with the year where there are several.", examples=[["Jan 2", "Jan 6", "Jan 13"]])
    datasets: list[Dataset] = Field(description="The one line.")
    dates: list[dt.date] = Field(description="The labels as days.", examples=[["2012-01-02", "2012-01-06", "2012-01-13"]])
    models: int = Field(description="How many models it is made of.", examples=[5])
    synthetic: bool | None = Field(description="Whether any of them rests on generated candles.", examples=[False])


class Dashboard(Answer):
    """All that is the caller's at a glance."""

    summary: DashboardSummary = Field(description="Counts and sums.")
    recent_activity: list[Activity] = Field(description="The newest first, at most 20.")
    performance_chart: PerformanceChart = Field(description="The models as one portfolio.")
    reasons: dict[str, str] = REASONS

    def to_frame(self) -> Any:
        """Return what happened lately as a pandas.DataFrame; raise PandasMissingError."""
        return to_frame(self.recent_activity)
