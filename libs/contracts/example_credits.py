"""Examples of what is said about credits."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, JOB, PURCHASE, event
from libs.contracts.marketplace import (
    CreditsBought,
    CreditsCharged,
    CreditsExpired,
    CreditsPurchased,
    CreditsReserved,
    CreditsSettled,
    DayUsage,
    JobUsage,
    Prices,
    PurchaseCredits,
    ReadPrices,
    ReadUsage,
    ReserveCredits,
    SettleCredits,
    Usage,
)
from libs.contracts.money import PRICE_PER_HOUR

BOUGHT: Final[dict[str, Any]] = {"transaction_id": PURCHASE, "hours": Decimal(50), "amount": Decimal("250.00")}
EXPIRY: Final = datetime(2026, 2, 5, 23, 59, 59, tzinfo=UTC)
CREDITS: Final[tuple[Message, ...]] = (
    ReserveCredits(job_id=JOB, account_id=ACCOUNT, tier="pro", hours=Decimal("0.5")),
    CreditsReserved(
        job_id=JOB,
        hours=Decimal("0.5"),
        cost=Decimal("2.50"),
        available_hours=Decimal("99.5"),
        expires_at=BEGIN + timedelta(minutes=15),
    ),
    SettleCredits(job_id=JOB, account_id=ACCOUNT, outcome="cancelled", used_hours=Decimal("0.016667")),
    CreditsSettled(job_id=JOB, charged_hours=Decimal("0.016667"), charged=Decimal("0.08"), refund_amount=Decimal("2.42")),
    CreditsCharged(
        **event("01ke6x4p5ab2e5h8k1m4q7s0ux", 1, 4),
        job_id=JOB,
        account_id=ACCOUNT,
        reserved_hours=Decimal("0.5"),
        charged_hours=Decimal("0.016667"),
        charged=Decimal("0.08"),
        refund_amount=Decimal("2.42"),
    ),
    PurchaseCredits(transaction_id=PURCHASE, account_id=ACCOUNT, tier="pro", hours=Decimal(50), payment_method="credit_card"),
    CreditsBought(**BOUGHT, currency="USD", available_hours=Decimal("104.75"), expires_at=EXPIRY),
    CreditsPurchased(**event("01ke6x4r2df3j6m8p1s4v7y9za", 1, 4), **BOUGHT, account_id=ACCOUNT, expires_at=EXPIRY),
    CreditsExpired(
        **event("01kgr0b5tdf1k4n7q9s2v5x8yb", 2, 45_510),
        transaction_id=PURCHASE,
        account_id=ACCOUNT,
        hours=Decimal("12.5"),
        expired_at=EXPIRY,
    ),
    ReadPrices(),
    Prices(price_per_hour=PRICE_PER_HOUR, currency="USD"),
    ReadUsage(account_id=ACCOUNT, tier="pro", first_day=date(2026, 1, 1), last_day=date(2026, 1, 31)),
    Usage(
        hours_used=Decimal("0.013333"),
        hours_limit=Decimal(150),
        cost=Decimal("0.07"),
        available_hours=Decimal("149.986667"),
        jobs=(JobUsage(job_id=JOB, job_name="Swing, first try", hours=Decimal("0.013333"), cost=Decimal("0.07"), resource="cpu"),),
        jobs_count=1,
        days=(DayUsage(day=date(2026, 1, 5), hours=Decimal("0.013333"), cost=Decimal("0.07")),),
    ),
)
