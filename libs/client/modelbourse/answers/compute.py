"""What the gateway answers about compute hours."""

import datetime as dt
from typing import Any, Literal

from pydantic import Field

from modelbourse.answers.answer import JOB_ID, REASONS, Answer, Moment, Money
from modelbourse.answers.frames import to_frame


class PeriodUsage(Answer):
    """What all jobs of the period have used."""

    period: str = Field(
        description="`2026-01` for a calendar month, else first and last day: `2026-01-10/2026-02-03`.", examples=["2026-01"]
    )
    start_date: dt.date = Field(description="First day, UTC.", examples=["2026-01-01"])
    end_date: dt.date = Field(description="Last day, UTC.", examples=["2026-01-31"])
    hours_used: float = Field(description="Hours charged to jobs that were settled in the period.", examples=[0.002381])
    hours_limit: float = Field(
        description="The grants of the period's months, and bought hours as far as they could be used in it.", examples=[150.0]
    )
    percentage_used: float | None = Field(description="`hours_used` in percent of `hours_limit`.", examples=[0.0])
    cost: Money = Field(description="The sum of the jobs' costs.", examples=["0.01"])
    hours_available: float = Field(description="What can be used now.", examples=[149.997619])
    reasons: dict[str, str] = REASONS


class JobUsage(Answer):
    """What one job was charged."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    job_name: str | None = Field(description="The job's name.", examples=["AAPL and MSFT momentum training v1.0"])
    hours: float = Field(description="Hours that it was charged.", examples=[0.002381])
    cost: Money = Field(description="Their price.", examples=["0.01"])
    resource_type: Literal["CPU", "GPU"] | None = Field(description="What it ran on.", examples=["CPU"])
    reasons: dict[str, str] = REASONS


class DayUsage(Answer):
    """What the jobs were charged that were settled on one day (UTC)."""

    date: dt.date = Field(description="The day, UTC.", examples=["2026-01-15"])
    hours: float = Field(description="Hours charged on it.", examples=[0.002381])
    cost: Money = Field(description="Their price.", examples=["0.01"])


class Usage(Answer):
    """Measured compute hours by period, job and day."""

    current_period: PeriodUsage = Field(description="The whole period.")
    usage_by_job: list[JobUsage] = Field(description="Those with the most hours first, at most 500.")
    jobs_count: int = Field(description="How many jobs were settled and charged in the period.", examples=[1])
    price_per_hour: Money = Field(
        description="What an hour costs that is bought now; amounts are rounded up to the cent.", examples=["5.00"]
    )
    currency: str = Field(description="Of all amounts, by ISO 4217.", examples=["USD"])
    daily_usage: list[DayUsage] = Field(description="Days on which jobs were charged, in order.")

    def to_frame(self, by: Literal["day", "job"] = "day") -> Any:
        """Return a pandas.DataFrame, a line for each day or job; raise PandasMissingError."""
        return to_frame(self.daily_usage if by == "day" else self.usage_by_job)


class Prices(Answer):
    """What the platform charges, and in which currency."""

    price_per_hour: Money = Field(description="What a compute hour costs that is bought now.", examples=["5.00"])
    currency: str = Field(
        description="Of every amount of the platform's money, by ISO 4217: costs of jobs, listings, subscriptions, earnings.",
        examples=["USD"],
    )


class Purchase(Answer):
    """The hours are paid and can be used."""

    transaction_id: str = Field(description="The purchase's id.", examples=["txn_01kab8n2q6fpg9v3x5z7c1e4hj"])
    hours_purchased: float = Field(description="Hours that were bought.", examples=[50.0])
    amount: Money = Field(description="What was charged.", examples=["250.00"])
    currency: str = Field(description="Of `amount`, by ISO 4217.", examples=["USD"])
    new_balance: float = Field(description="Hours that the account could use right after this purchase.", examples=[104.75])
    expires_at: Moment = Field(description="Until when these hours can be used.", examples=["2026-02-15T23:59:59.000Z"])
