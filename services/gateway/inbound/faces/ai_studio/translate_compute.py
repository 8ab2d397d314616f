"""Between AI Studio's words for compute hours and the marketplace's: pure functions."""

from datetime import date
from typing import Any, Final

from libs.contracts.marketplace import CreditsBought, JobUsage, Usage
from services.gateway.inbound.faces.ai_studio.reading_compute import last_of_month
from services.gateway.inbound.faces.ai_studio.translate import moment

NO_LIMIT: Final = "No hours were granted or bought in this period, so there is nothing to compare with."
NO_NAME: Final = "The job's request has not been heard yet by who charges it."
NO_RESOURCE: Final = "The job's end has not been heard yet by who charges it."


def usage_out(usage: Usage, *, first: date, last: date) -> dict[str, Any]:
    """Return what is told of a period's usage."""
    limit = usage.hours_limit
    return {
        "current_period": {
            "period": period_name(first, last),
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "hours_used": float(usage.hours_used),
            "hours_limit": float(limit),
            "percentage_used": float(round(usage.hours_used / limit * 100, 2)) if limit else None,
            "cost": f"{usage.cost:.2f}",
            "hours_available": float(usage.available_hours),
            "reasons": {} if limit else {"percentage_used": NO_LIMIT},
        },
        "usage_by_job": [_job(job) for job in usage.jobs],
        "jobs_count": usage.jobs_count,
        "price_per_hour": f"{usage.price_per_hour:.2f}",
        "currency": usage.currency,
        "daily_usage": [{"date": day.day.isoformat(), "hours": float(day.hours), "cost": f"{day.cost:.2f}"} for day in usage.days],
    }


def period_name(first: date, last: date) -> str:
    """Name a period: a whole calendar month as `2026-01`, any other by its days, as ISO 8601 writes an interval."""
    whole = first.day == 1 and last == last_of_month(first)
    return first.isoformat()[:7] if whole else f"{first}/{last}"


def purchase_out(receipt: CreditsBought) -> dict[str, Any]:
    """Return what the buyer of hours is told."""
    return {
        "transaction_id": receipt.transaction_id,
        "hours_purchased": float(receipt.hours),
        "amount": f"{receipt.amount:.2f}",
        "new_balance": float(receipt.available_hours),
        "expires_at": moment(receipt.expires_at),
    }


def _job(job: JobUsage) -> dict[str, Any]:
    unknown = {"job_name": NO_NAME} if job.job_name is None else {}
    return {
        "job_id": job.job_id,
        "job_name": job.job_name,
        "hours": float(job.hours),
        "cost": f"{job.cost:.2f}",
        "resource_type": job.resource.upper() if job.resource else None,
        "reasons": unknown | ({"resource_type": NO_RESOURCE} if job.resource is None else {}),
    }
