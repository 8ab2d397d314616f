"""What the marketplace answers in this part of the platform: compute credits, reserved and settled per job."""

from typing import ClassVar, Literal

from pydantic import Field

from libs.contracts.envelope import Ask, Moment, Reply
from libs.contracts.money import Hours, Money


class CreditsReserved(Reply):
    """The hours are set aside under the job's id until it is settled or the reservation expires."""

    job_id: str
    hours: Hours
    cost: Money
    available_hours: Hours = Field(description="What the account has left after this reservation.")
    expires_at: Moment


class ReserveCredits(Ask):
    """Set hours aside for a job; the same job id twice is one reservation. Refused with `insufficient_credits`."""

    topic: ClassVar[str] = "marketplace.asks.credits"
    name: ClassVar[str] = "credits.reserve"
    reply: ClassVar[type[Reply]] = CreditsReserved
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


class SettleCredits(Ask):
    """Close a job's reservation; twice gives the first answer again."""

    topic: ClassVar[str] = "marketplace.asks.credits"
    name: ClassVar[str] = "credits.settle"
    reply: ClassVar[type[Reply]] = CreditsSettled
    key_field: ClassVar[str] = "account_id"

    job_id: str
    account_id: str
    outcome: Literal["succeeded", "failed", "cancelled", "released"]
    used_hours: Hours
