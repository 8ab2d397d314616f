"""What the gateway answers operators about the ledger."""

from pydantic import Field

from modelbourse.answers.accounts import ACCOUNT_ID
from modelbourse.answers.answer import Answer


class LedgerFault(Answer):
    """Something in the books that should not be so."""

    code: str = Field(
        description="`BALANCE` (a wallet is not the sum of its movements), `UNBALANCED` (movements do not add up to nothing), `RESERVED`, "
        "`RESERVATION_OVERDUE`, `RESERVATION_LEFT` (its job has ended), `RESERVATION_MISSING` (its job has not), `PAYMENT` (what a "
        "purchase or a subscription's payment has moved does not go with its state), `SUBSCRIPTION`, `UNREADABLE` (a document), or `MORE`.",
        examples=["BALANCE"],
    )
    account_id: str = Field(description="Whose books.", examples=[ACCOUNT_ID])
    subject: str = Field(
        description="A place of the wallet, or the id of a purchase, payment, subscription or job.", examples=["available"]
    )
    expected: str = Field(description="What it should be.", examples=["9.98"])
    found: str = Field(description="What it is.", examples=["10"])
    message: str = Field(description="For people.", examples=["The wallet has 10 hours available, and its movements come to 9.98."])


class LedgerPage(Answer):
    """What is wrong in the books of some accounts."""

    accounts: int = Field(description="How many accounts were checked.", examples=[20])
    count: int = Field(description="How many there are, about.", examples=[2417])
    next_after: str | None = Field(description="Where the next page begins; null when all is done.", examples=[ACCOUNT_ID])
    faults: list[LedgerFault] = Field(description="Nothing is wrong when there are none.")
