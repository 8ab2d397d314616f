"""Asking the marketplace whether its books add up, a page of accounts at a time."""

from datetime import timedelta
from typing import ClassVar, Final

from pydantic import Field, NonNegativeInt

from libs.contracts.envelope import Ask, Message, Moment, Reply
from libs.contracts.marketplace import ReserveCredits
from libs.contracts.money import Hours

# What was booked later than so long ago the gateway has perhaps not heard of yet.
TOLD_WITHIN: Final = timedelta(minutes=5)


class LedgerFault(Message):
    """Something in the books that should not be so."""

    # No enumeration: a reader of an older release must be able to read a code that it does not know.
    code: str = Field(
        description="`BALANCE`, `UNBALANCED`, `RESERVED`, `RESERVATION_OVERDUE`, `PAYMENT`, `SUBSCRIPTION`, `UNREADABLE` or `MORE`."
    )
    account_id: str
    subject: str = Field(description="What it is about: a place of the wallet, or the id of a purchase, payment, subscription or job.")
    expected: str
    found: str
    message: str = Field(description="For people.")


class OpenReservation(Message):
    """Hours that are set aside for a job that has not been settled."""

    job_id: str
    account_id: str
    hours: Hours
    confirmed: bool = Field(description="Whether the job is known to be real; one that is not expires by itself.")
    expires_at: Moment


class LedgerChecked(Reply):
    """What is wrong in the books of some accounts, and which of their reservations are open."""

    accounts: NonNegativeInt = Field(description="How many accounts were checked.")
    last: str | None = Field(description="The last account that was checked; null when there was none.")
    next_after: str | None = Field(description="What to ask for next; null when this was the last page.")
    count: NonNegativeInt = Field(description="How many accounts have a wallet, about.")
    faults: tuple[LedgerFault, ...]
    reservations: tuple[OpenReservation, ...] = Field(description="Those that are open now.")
    settled: tuple[str, ...] = Field((), description="Jobs whose hours were booked in the last five minutes: not all may know it yet.")


class CheckLedger(Ask[LedgerChecked]):
    """Ask whether the books of the accounts behind an id add up; the first page is behind the empty one."""

    topic: ClassVar[str] = ReserveCredits.topic
    name: ClassVar[str] = "ledger.check"
    key_field: ClassVar[str] = "after"

    after: str = ""
    most: int = Field(20, ge=1, le=50)
