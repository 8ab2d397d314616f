"""What the gateway answers about compute hours."""

import datetime as dt
from typing import Any, Literal

from modelbourse.answers.answer import Answer, Moment, Money
from modelbourse.answers.frames import to_frame


class PeriodUsage(Answer):
    """What all jobs of the period have used."""

    period: str
    start_date: dt.date
    end_date: dt.date
    hours_used: float
    hours_limit: float
    percentage_used: float | None
    cost: Money
    hours_available: float
    reasons: dict[str, str]


class JobUsage(Answer):
    """What one job was charged."""

    job_id: str
    job_name: str | None
    hours: float
    cost: Money
    resource_type: str | None
    reasons: dict[str, str]


class DayUsage(Answer):
    """What the jobs were charged that were settled on one day (UTC)."""

    date: dt.date
    hours: float
    cost: Money


class Usage(Answer):
    """Measured compute hours by period, job and day."""

    current_period: PeriodUsage
    usage_by_job: list[JobUsage]
    jobs_count: int
    price_per_hour: Money
    currency: str
    daily_usage: list[DayUsage]

    def to_frame(self, by: Literal["day", "job"] = "day") -> Any:
        """Return a pandas.DataFrame, a line for each day or job; raise PandasMissingError."""
        return to_frame(self.daily_usage if by == "day" else self.usage_by_job)


class Purchase(Answer):
    """Hours that are paid and can be used until `expires_at`."""

    transaction_id: str
    hours_purchased: float
    amount: Money
    new_balance: float
    expires_at: Moment
