"""What the marketplace answers and tells in this part of the platform: compute credits, reserved and settled per job, bought, used."""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from libs.contracts.envelope import Ask, Event, Message, Moment, Reply
from libs.contracts.money import PRICE_PER_HOUR, Hours, Money
from libs.contracts.training import Resource

PURCHASE_LEAST: Final = Decimal(1)
PURCHASE_MOST: Final = Decimal(10_000)
USAGE_JOBS_MOST: Final = 500


class CreditsReserved(Reply):
    """The hours are set aside under the job's id until it is settled or the reservation expires."""

    job_id: str
    hours: Hours
    cost: Money
    available_hours: Hours = Field(description="What the account has left after this reservation.")
    expires_at: Moment


class ReserveCredits(Ask[CreditsReserved]):
    """Set hours aside for a job; the same job id twice is one reservation. Refused with `insufficient_credits`."""

    topic: ClassVar[str] = "marketplace.asks.credits"
    name: ClassVar[str] = "credits.reserve"
    key_field: ClassVar[str] = "account_id"

    job_id: str
    account_id: str
    tier: str
    hours: Hours


class CreditsSettled(Reply):
    """A reservation is closed: used hours are charged, the rest is back, or has expired with the month that granted it."""

    job_id: str
    charged_hours: Hours
    charged: Money
    refund_amount: Money


class SettleCredits(Ask[CreditsSettled]):
    """Close a job's reservation; twice gives the first answer again."""

    topic: ClassVar[str] = "marketplace.asks.credits"
    name: ClassVar[str] = "credits.settle"
    key_field: ClassVar[str] = "account_id"

    job_id: str
    account_id: str
    outcome: Literal["succeeded", "failed", "cancelled", "released"]
    used_hours: Hours


class CreditsBought(Reply):
    """A purchase is paid and its hours are the account's; asked for again it is the same answer."""

    transaction_id: str
    hours: Hours
    amount: Money
    available_hours: Hours = Field(description="What the account could use right after this purchase.")
    expires_at: Moment = Field(description="Until when the hours can be used.")
    currency: str = Field("USD", description="Of `amount`, by ISO 4217.")


class PurchaseCredits(Ask[CreditsBought]):
    """Charge a payment method and add hours; the same transaction id is one charge and one credit, however often it is asked for.

    Refused with `payment_declined`, `payment_pending` (nobody knows yet; the purchase goes on by itself) or `payments_away`.
    """

    topic: ClassVar[str] = "marketplace.asks.credits"
    name: ClassVar[str] = "credits.purchase"
    key_field: ClassVar[str] = "account_id"

    transaction_id: str
    account_id: str
    tier: str
    hours: Annotated[Hours, Field(ge=PURCHASE_LEAST, le=PURCHASE_MOST)]
    payment_method: str


class JobUsage(Message):
    """What one job was charged within a period."""

    job_id: str
    job_name: str | None = Field(description="Null when the job's request has not been heard here.")
    hours: Hours
    cost: Money
    resource: Resource | None = Field(description="What it ran on, as its runner told; null when its end has not been heard here.")


class DayUsage(Message):
    """What the jobs were charged that were settled on one day, UTC."""

    day: date
    hours: Hours
    cost: Money


class Usage(Reply):
    """Hours charged to jobs that were settled within a period, by the ledger. Costs are sums of the jobs' costs."""

    hours_used: Hours
    hours_limit: Hours = Field(description="The grants of the period's months, and bought hours as far as they could be used in it.")
    cost: Money
    available_hours: Hours = Field(description="What the account can use now.")
    jobs: tuple[JobUsage, ...] = Field(description=f"Those with the most hours first, at most {USAGE_JOBS_MOST}.")
    jobs_count: int = Field(description="How many jobs there were.")
    days: tuple[DayUsage, ...] = Field(description="Days on which jobs were settled, in order.")
    price_per_hour: Money = Field(PRICE_PER_HOUR, description="What an hour costs that is bought now.")
    currency: str = Field("USD", description="Of all prices, by ISO 4217.")


class ReadUsage(Ask[Usage]):
    """Ask what an account's jobs have used from the first to the last day, both included, UTC."""

    topic: ClassVar[str] = "marketplace.asks.credits"
    name: ClassVar[str] = "credits.usage"
    key_field: ClassVar[str] = "account_id"

    account_id: str
    tier: str
    first_day: date
    last_day: date


class Prices(Reply):
    """What the platform charges now, and in which currency."""

    price_per_hour: Money = Field(description="What a compute hour costs that is bought now.")
    currency: str = Field(description="Of all of the platform's amounts, by ISO 4217.")


class ReadPrices(Ask[Prices]):
    """Ask what the platform charges; it is the same for every account."""

    topic: ClassVar[str] = "marketplace.asks.credits"
    name: ClassVar[str] = "credits.prices"
    key_field: ClassVar[str] = "of"

    of: Literal["compute"] = "compute"


class CreditsCharged(Event):
    """A job has ended and its reservation is closed: this is what it was charged, nothing where it failed by an error.

    One that was ended by its limit (COMPUTE_LIMIT) is charged what it used.
    """

    topic: ClassVar[str] = "credits.charged"
    key_field: ClassVar[str] = "job_id"

    job_id: str
    account_id: str
    reserved_hours: Hours
    charged_hours: Hours = Field(description="Hours that it used, at most those that were reserved.")
    charged: Money
    refund_amount: Money = Field(description="What came back of the cost of the reserved hours.")


class CreditsPurchased(Event):
    """An account has bought compute hours; they are paid and can be used."""

    topic: ClassVar[str] = "credits.purchased"
    key_field: ClassVar[str] = "transaction_id"

    transaction_id: str
    account_id: str
    hours: Hours
    amount: Money
    expires_at: Moment


class CreditsExpired(Event):
    """What was left of a purchase can no longer be used; hours that are set aside for a job at that moment are not among them."""

    topic: ClassVar[str] = "credits.expired"
    key_field: ClassVar[str] = "transaction_id"

    transaction_id: str
    account_id: str
    hours: Hours = Field(description="How many were left.")
    expired_at: Moment = Field(description="Until when they could be used.")
