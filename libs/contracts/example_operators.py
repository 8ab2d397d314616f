"""Examples of what is said when operators have the books checked, or give a person what is kept of them, or erase it."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, JOB, event
from libs.contracts.exports import ExportLine, ExportPart, ReadAccountInInference, ReadAccountInMarketplace, ReadAccountInTraining
from libs.contracts.gateway import AccountErased
from libs.contracts.ledger import CheckLedger, LedgerChecked, LedgerFault, OpenReservation

OPERATORS: Final[tuple[Message, ...]] = (
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
        settled=(JOB,),
    ),
    ReadAccountInTraining(account_id=ACCOUNT),
    ReadAccountInInference(account_id=ACCOUNT),
    ReadAccountInMarketplace(account_id=ACCOUNT),
    AccountErased(**event("01ke6xe1q4f7h2k5n8r3t6w9yc", 12, 9000), account_id=ACCOUNT),
    ExportPart(lines=(ExportLine(kind="training.jobs", data={"id": JOB, "name": "Momentum, version 1.0"}),), next_after=None),
)
