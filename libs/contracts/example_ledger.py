"""Examples of what is said when the books are checked."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, JOB
from libs.contracts.ledger import CheckLedger, LedgerChecked, LedgerFault, OpenReservation

LEDGER: Final[tuple[Message, ...]] = (
    CheckLedger(after=ACCOUNT),
    LedgerChecked(
        accounts=1,
        last=ACCOUNT,
        next_after=None,
        count=1,
        faults=(
            LedgerFault(
                code="BALANCE",
                account_id=ACCOUNT,
                subject="available",
                expected="9.98",
                found="10",
                message="The wallet has 10 hours available, and its movements come to 9.98.",
            ),
        ),
        reservations=(
            OpenReservation(
                job_id=JOB, account_id=ACCOUNT, hours=Decimal("0.020000"), confirmed=True, expires_at=BEGIN + timedelta(minutes=15)
            ),
        ),
    ),
)
