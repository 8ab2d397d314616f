"""AI Studio's body and answers about compute hours, as the OpenAPI document has them (translate_compute.py writes them)."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from libs.contracts.envelope import Moment
from libs.contracts.marketplace import PURCHASE_LEAST, PURCHASE_MOST, USAGE_JOBS_MOST
from services.gateway.inbound.faces.ai_studio.answers import REASONS, shown
from services.gateway.inbound.faces.ai_studio.examples import JOB_ID

EXAMPLE_PURCHASE: Final[dict[str, Any]] = {"hours": 50, "payment_method": "credit_card"}
PURCHASED: Final[dict[str, Any]] = {
    "transaction_id": "txn_01kab8n2q6fpg9v3x5z7c1e4hj",
    "hours_purchased": 50.0,
    "amount": "250.00",
    "new_balance": 104.75,
    "expires_at": "2026-02-15T23:59:59.000Z",
}
USAGE: Final[dict[str, Any]] = {
    "current_period": {
        "period": "2026-01",
        "start_date": "2026-01-01",
        "end_date": "2026-01-31",
        "hours_used": 0.002381,
        "hours_limit": 150.0,
        "percentage_used": 0.0,
        "cost": "0.01",
        "hours_available": 149.997619,
        "reasons": {},
    },
    "usage_by_job": [
        {
            "job_id": JOB_ID,
            "job_name": "AAPL and MSFT momentum training v1.0",
            "hours": 0.002381,
            "cost": "0.01",
            "resource_type": "CPU",
            "reasons": {},
        }
    ],
    "jobs_count": 1,
    "price_per_hour": "5.00",
    "currency": "USD",
    "daily_usage": [{"date": "2026-01-15", "hours": 0.002381, "cost": "0.01"}],
}
MONEY: Final = "Money, with two decimals."
DAY: Final[dict[str, Any]] = {"format": "date"}


class PurchaseIn(BaseModel):
    """How many compute hours are bought, and how they are paid for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_PURCHASE]})

    hours: float = Field(strict=True, ge=float(PURCHASE_LEAST), le=float(PURCHASE_MOST), description="With at most six decimals.")
    payment_method: StrictStr = Field(
        min_length=1,
        max_length=60,
        description="`credit_card`: the card on file. With Stripe, a payment method's id (`pm_…`) is charged and kept. The sandbox also "
        "knows `card_declined`, `insufficient_funds`, `expired_card`, `card_timeout` (charged, "
        "but its first answer gets lost) and `provider_away` (cannot be reached the first time).",
    )


class PurchaseOut(BaseModel):
    """The hours are paid and can be used."""

    model_config = shown(PURCHASED)

    transaction_id: str
    hours_purchased: float
    amount: str = Field(description=MONEY)
    new_balance: float = Field(description="Hours that the account could use right after this purchase.")
    expires_at: Moment = Field(description="Until when these hours can be used.")


class PeriodUsage(BaseModel):
    """What all jobs of the period have used."""

    period: str = Field(description="`2026-01` for a calendar month, else first and last day: `2026-01-10/2026-02-03`.")
    start_date: str = Field(json_schema_extra=DAY)
    end_date: str = Field(json_schema_extra=DAY)
    hours_used: float = Field(description="Hours charged to jobs that were settled in the period.")
    hours_limit: float = Field(description="The grants of the period's months, and bought hours as far as they could be used in it.")
    percentage_used: float | None
    cost: str = Field(description="Money, with two decimals: the sum of the jobs' costs.")
    hours_available: float = Field(description="What can be used now.")
    reasons: dict[str, str] = Field(description=REASONS)


class JobUsageOut(BaseModel):
    """What one job was charged."""

    job_id: str
    job_name: str | None
    hours: float
    cost: str = Field(description=MONEY)
    resource_type: Literal["CPU", "GPU"] | None = Field(description="What it ran on.")
    reasons: dict[str, str] = Field(description=REASONS)


class DayUsageOut(BaseModel):
    """What the jobs were charged that were settled on one day."""

    date: str = Field(description="UTC.", json_schema_extra=DAY)
    hours: float
    cost: str = Field(description=MONEY)


class UsageOut(BaseModel):
    """Measured compute hours by period, job and day."""

    model_config = shown(USAGE)

    current_period: PeriodUsage
    usage_by_job: list[JobUsageOut] = Field(description=f"Those with the most hours first, at most {USAGE_JOBS_MOST}.")
    jobs_count: int = Field(description="How many jobs were settled and charged in the period.")
    price_per_hour: str = Field(
        description="Money, with two decimals: what an hour costs that is bought now; amounts are rounded up to the cent."
    )
    currency: str = Field(description="Of all amounts, by ISO 4217.")
    daily_usage: list[DayUsageOut] = Field(description="Days on which jobs were charged, in order.")
