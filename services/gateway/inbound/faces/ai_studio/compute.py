"""AI Studio's compute hours: what was used, what a tier may use, and more of them."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from fastapi import Body, status
from pydantic import BaseModel, ConfigDict, Field, StrictStr
from starlette.requests import Request

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts import marketplace
from libs.contracts.marketplace import PURCHASE_LEAST, PURCHASE_MOST, CreditsBought, ReadUsage
from libs.contracts.money import ALLOWANCE_BY_TIER
from modelbourse.answers import limits as answers
from modelbourse.answers.compute import DayUsage, JobUsage, PeriodUsage, Prices, Purchase, Usage
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, MEANINGS, PRIORITIES, Limit, TierLimits
from services.gateway.domain.dates import is_date
from services.gateway.domain.marketplace.errors import PurchaseAwayError, PurchasePendingError
from services.gateway.domain.problems import type_problems
from services.gateway.inbound.faces.ai_studio.face import FACE, Buyer, Reader, make_routes
from services.gateway.inbound.faces.ai_studio.reading import not_like_this, read_object
from services.gateway.inbound.faces.ai_studio.words import PRIORITY_WORDS, TIER_WORDS
from services.gateway.inbound.http.described import ShownAs, answered
from services.gateway.inbound.http.queries import query
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, PerhapsCaller, used
from services.gateway.inbound.http.strict_route import CurrentWork, open_as_documented, starts_work
from services.gateway.usecases.nouns import ComputeUseCases

RATES: Final[Mapping[str, int]] = {Tier.FREE: 100, Tier.PRO: 1000, Tier.ELITE: 10000}
USED: Final = {Limit.JOBS: 1, Limit.MODELS: 3, Limit.ARCHIVED: 0, Limit.WEBHOOKS: 0, Limit.API_KEYS: 1} | dict.fromkeys(
    (Limit.DATASETS, Limit.BYTES, Limit.ROWS), 0
)
DAYS_MOST: Final = 366
DECIMALS_MOST: Final = 6
HOURS_RULE: Final = f"Must be a number from {PURCHASE_LEAST} to {PURCHASE_MOST} with at most six decimals."
NO_LIMIT: Final = "No hours were granted or bought in this period, so there is nothing to compare with."
NO_NAME: Final = "The job's request has not been heard yet by who charges it."
NO_RESOURCE: Final = "The job's end has not been heard yet by who charges it."
RESOURCES: Final[dict[str, Literal["CPU", "GPU"]]] = {"cpu": "CPU", "gpu": "GPU"}
PERIOD: Final = [
    query("start_date", "First day, UTC; the first of the month, if left out.", format="date", examples=["2026-01-01"]),
    query("end_date", "Last day, UTC; the end of this month, if both are left out, else today.", format="date", examples=["2026-01-31"]),
]
NO_SUCH_PERIOD: Final = InvalidError(
    "The usage cannot be read like this.", details={"start_date": ["Must not be after end_date (2026-01-31)."]}
)
NOT_LIKE_THIS: Final = InvalidError("The credits cannot be bought like this: see hours.", details={"hours": [HOURS_RULE]})
DECLINED: Final = AskRefusedError(
    "The payment was declined (card_declined): nothing was charged and nothing was bought.",
    kind=ErrorKind.UNPAID,
    code="payment_declined",
    details={"payment_method": ["card_declined: The card was declined."]},
)


Use = Annotated[ComputeUseCases, used(ComputeUseCases)]
routes = make_routes("compute hours")


class PurchaseIn(BaseModel):
    """How many compute hours are bought, and how they are paid for."""

    model_config = ConfigDict(extra="forbid")

    hours: float = Field(
        strict=True, ge=float(PURCHASE_LEAST), le=float(PURCHASE_MOST), description="With at most six decimals.", examples=[50]
    )
    payment_method: StrictStr = Field(
        min_length=1,
        max_length=60,
        examples=["credit_card"],
        description="`credit_card`: the card on file. With Stripe, a payment method's id (`pm_…`) is charged and kept. The sandbox also "
        "knows `card_declined`, `insufficient_funds`, `expired_card`, `card_timeout` (charged, "
        "but its first answer gets lost) and `provider_away` (cannot be reached the first time).",
    )


@routes.get(
    "/compute/usage/",
    summary="Get compute usage",
    response_description="Measured hours and their cost, by period, job and day.",
    responses=refused(FACE, NO_SUCH_PERIOD, 504),
    openapi_extra={"parameters": PERIOD},
)
async def get_usage(request: Request, caller: Reader, use: Use) -> Usage:
    """Hours that settled jobs were charged, a job's on the day of its settlement; without dates, of this month (UTC)."""
    first, last = read_period(request, today=use.clock().date())
    ask = ReadUsage(account_id=caller.account_id, tier=caller.tier.value, first_day=first, last_day=last)
    return usage_of(await use.marketplace.usage(ask), first=first, last=last)


@routes.get(
    "/compute/prices/",
    summary="Get what the platform charges",
    response_description="The price of a compute hour, and the currency of all amounts.",
    responses=refused(FACE, 504),
    openapi_extra=OPEN,
)
@open_as_documented()
async def get_prices(_: PerhapsCaller, use: Use) -> Prices:
    """Tell what is the same for everybody, with an account or without. What an LLM costs is in US dollars in any case."""
    return Prices(**dict(await use.prices()))


@routes.post(
    "/compute/purchase-credits/",
    status_code=status.HTTP_201_CREATED,
    summary="Purchase compute credits",
    response_description="The hours are paid and can be used.",
    responses=refused(FACE, NOT_LIKE_THIS, DECLINED, PurchaseAwayError(), PurchasePendingError()),
)
@starts_work
async def purchase_credits(body: Annotated[Any, Body(), ShownAs(PurchaseIn)], caller: Buyer, work: CurrentWork, use: Use) -> Purchase:
    """Buy hours that can be used until the end of the day a month from now. After 503 or 504, send the same `Idempotency-Key` again."""
    hours, payment_method = read_purchase(body)
    return purchase_of(await use.buy(caller=caller, hours=hours, payment_method=payment_method, work=work))


def usage_of(usage: marketplace.Usage, *, first: date, last: date) -> Usage:
    """Return what is answered of a period's usage."""
    return Usage(
        current_period=_period(usage, first=first, last=last),
        usage_by_job=[_job(job) for job in usage.jobs],
        jobs_count=usage.jobs_count,
        price_per_hour=usage.price_per_hour,
        currency=usage.currency,
        daily_usage=[DayUsage(date=day.day, hours=float(day.hours), cost=day.cost) for day in usage.days],
    )


def purchase_of(receipt: CreditsBought) -> Purchase:
    """Return what the buyer of hours is answered."""
    return Purchase(
        transaction_id=receipt.transaction_id,
        hours_purchased=float(receipt.hours),
        amount=receipt.amount,
        currency=receipt.currency,
        new_balance=float(receipt.available_hours),
        expires_at=receipt.expires_at,
    )


def period_name(first: date, last: date) -> str:
    """Name a period: a whole calendar month as `2026-01`, any other by its days, as ISO 8601 writes an interval."""
    whole = first.day == 1 and last == last_of_month(first)
    return first.isoformat()[:7] if whole else f"{first}/{last}"


def _period(usage: marketplace.Usage, *, first: date, last: date) -> PeriodUsage:
    limit = usage.hours_limit
    return PeriodUsage(
        period=period_name(first, last),
        start_date=first,
        end_date=last,
        hours_used=float(usage.hours_used),
        hours_limit=float(limit),
        percentage_used=float(round(usage.hours_used / limit * 100, 2)) if limit else None,
        cost=usage.cost,
        hours_available=float(usage.available_hours),
        reasons={} if limit else {"percentage_used": NO_LIMIT},
    )


def _job(job: marketplace.JobUsage) -> JobUsage:
    reasons = ({"job_name": NO_NAME} if job.job_name is None else {}) | ({"resource_type": NO_RESOURCE} if job.resource is None else {})
    return JobUsage(
        job_id=job.job_id,
        job_name=job.job_name,
        hours=float(job.hours),
        cost=job.cost,
        resource_type=RESOURCES[job.resource] if job.resource else None,
        reasons=reasons,
    )


def read_period(request: Request, *, today: date) -> tuple[date, date]:
    """Return the first and the last day asked for, both included; without any, this month's.

    Without a start it is the first of the end's month; without an end it is today. Raise InvalidError.
    """
    given = {name: request.query_params.get(name) for name in ("start_date", "end_date")}
    problems = {name: ["Must be a date such as 2026-01-15."] for name, text in given.items() if text and not is_date(text)}
    if problems:
        raise _unreadable(problems)
    start, end = (date.fromisoformat(text) if text else None for text in given.values())
    if start is None and end is None:
        start, end = today.replace(day=1), last_of_month(today)
    last = end or today
    first = start or last.replace(day=1)
    if first > last:
        message = f"Must not be after end_date ({last})." if end else f"Must not be after today ({last}), when there is no end_date."
        raise _unreadable({"start_date": [message]})
    if (last - first).days >= DAYS_MOST:
        raise _unreadable({"start_date": [f"The period must be at most {DAYS_MOST} days long."]})
    if (last - today).days > DAYS_MOST:
        raise _unreadable({"end_date": [f"Must be at most {DAYS_MOST} days from today."]})
    return first, last


def read_purchase(body: Any) -> tuple[Decimal, str]:
    """Return hours and payment method. Raise InvalidError with all problems."""
    given = read_object(body)
    problems = type_problems(PurchaseIn, given)
    hours = given.get("hours")
    if "hours" in given and ("hours" in problems or _decimals(hours) > DECIMALS_MOST):
        problems["hours"] = [HOURS_RULE]
    if problems:
        what = "The credits cannot be bought like this"
        raise not_like_this(what, problems)
    return Decimal(str(hours)), given["payment_method"]


def last_of_month(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _decimals(number: Any) -> int:
    # A JSON number comes as the shortest text that reads as the same number, so its digits are those that were sent.
    exponent = Decimal(str(number)).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def _unreadable(problems: dict[str, list[str]]) -> InvalidError:
    return InvalidError("The usage cannot be read like this.", details=problems)


def limits_of(limits: TierLimits, *, tier: Tier, used: Mapping[Limit, int], rates: Mapping[str, int]) -> answers.TierLimits:
    """Return the caller's limits, each with how much of it is used, and what every tier has."""
    return answers.TierLimits(
        tier=TIER_WORDS[tier],
        limits=answers.Limits(**{limit.value: _limit(limits, limit, tier=tier, used=used) for limit in Limit}),
        priorities=[PRIORITY_WORDS[priority] for priority in PRIORITIES[tier]],
        requests_per_hour=rates[tier],
        monthly_hours=float(ALLOWANCE_BY_TIER[tier]),
        tiers=answers.Tiers(**{TIER_WORDS[each]: _tier(limits, each, rates=rates) for each in Tier}),
    )


def _limit(limits: TierLimits, limit: Limit, *, tier: Tier, used: Mapping[Limit, int]) -> answers.Limit:
    more, meaning = limits.more_on(limit, tier), MEANINGS[limit]
    return answers.Limit(
        limit=limits.most(limit, tier),
        used=used.get(limit),
        description=f"{meaning[0].upper()}{meaning[1:]}.",
        more_on=TIER_WORDS[more] if more else None,
    )


def _tier(limits: TierLimits, tier: Tier, *, rates: Mapping[str, int]) -> answers.TierOffer:
    return answers.TierOffer(
        **{limit.value: limits.most(limit, tier) for limit in Limit},
        priorities=[PRIORITY_WORDS[priority] for priority in PRIORITIES[tier]],
        requests_per_hour=rates[tier],
        monthly_hours=float(ALLOWANCE_BY_TIER[tier]),
    )


@routes.get(
    "/compute/limits/",
    summary="Get your tier's limits",
    response_description="What the tier may use, and what is used of it.",
    responses=answered(limits_of(TierLimits(DEFAULTS), tier=Tier.FREE, used=USED, rates=RATES)),
)
async def get_limits(caller: Reader, use: Use) -> answers.TierLimits:
    """Tell what the caller's tier may have at once, and what the others may."""
    return limits_of(use.limits, tier=caller.tier, used=await use.tier_use.read(caller.account_id), rates=use.rates)
