"""AI Studio's payments: what an account has paid, and what its listings were paid, as receipts."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Final, get_args

from fastapi import Path
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.payments import PaymentKind, PaymentPlace, PaymentSnapshot, PaymentState, ReadPayments
from modelbourse.answers import payments as answers
from modelbourse.answers.payments import PAYMENT_ID
from services.gateway.domain.dates import is_date
from services.gateway.domain.marketplace.errors import PaymentNotFoundError
from services.gateway.inbound.faces.ai_studio.face import FACE, NO_PAGE, Reader, make_routes, with_reasons
from services.gateway.inbound.faces.ai_studio.words import PERIOD_WORDS
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.queries import CANNOT_FILTER, query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.usecases.nouns import SubscriptionUseCases

KIND_WORDS: Final[Mapping[PaymentKind, answers.PaymentKind]] = {PaymentKind[word]: word for word in get_args(answers.PaymentKind)}
KINDS: Final = {word: kind for kind, word in KIND_WORDS.items()}
STATUS_WORDS: Final[Mapping[PaymentState, answers.PaymentStatus]] = {PaymentState[word]: word for word in get_args(answers.PaymentStatus)}
STATUSES: Final = {word: state for state, word in STATUS_WORDS.items()}
NOTHING: Final = Decimal("0.00")
ID_MOST: Final = 120
FILTERS: Final = [
    query("kind", "Only payments for this.", enum=list(KINDS)),
    query("status", "Only payments in this status.", enum=list(STATUSES)),
    query("start_date", "Begun on this day, UTC, or later.", format="date", examples=["2026-01-01"]),
    query("end_date", "Begun on this day, UTC, or before.", format="date", examples=["2026-01-31"]),
]
NO_SUCH_DAYS: Final = InvalidError(CANNOT_FILTER, details={"start_date": ["Must not be after end_date (2026-01-31)."]})

Use = Annotated[SubscriptionUseCases, used(SubscriptionUseCases)]
PaymentId = Annotated[str, Path(description="The payment's id.", examples=[PAYMENT_ID])]
routes = make_routes("payments")


@routes.get(
    "/payments/",
    summary="List your payments",
    response_description="A page of payments, the newest first.",
    responses=refused(FACE, NO_SUCH_DAYS, NO_PAGE, 504),
    openapi_extra={"parameters": [*FILTERS, *PAGES]},
)
async def list_payments(request: Request, caller: Reader, use: Use) -> answers.PaymentPage:
    """Compute hours and subscriptions that the caller paid, and what the caller's listings were paid."""
    paging = read_paging(request)
    part = paging.part
    kind, state = read_word(request, "kind", known=KINDS), read_word(request, "status", known=STATUSES)
    since, until = read_days(request)
    found = await use.marketplace.payments(
        ReadPayments(
            account_id=caller.account_id,
            kind=KINDS[kind] if kind else None,
            state=STATUSES[state] if state else None,
            since=since,
            until=until,
            page=part.page,
            size=part.size,
            after=PaymentPlace(begun_at=part.after[0], id=part.after[1]) if part.after else None,
        )
    )
    after = (found.after.begun_at, found.after.id) if found.after else None
    rows = [payment_of(each, currency=found.currency) for each in found.payments]
    return paging.page(answers.PaymentPage, rows, count=found.count, after=after)


@routes.get(
    "/payments/{payment_id}/",
    summary="Get a payment",
    response_description="The payment as it stands.",
    responses=refused(FACE, PaymentNotFoundError(PAYMENT_ID), 504),
)
async def get_payment(payment_id: PaymentId, caller: Reader, use: Use) -> answers.Payment:
    """Look at what it is for, what was charged and given back, and the provider's reference."""
    if len(payment_id) > ID_MOST:
        raise PaymentNotFoundError(payment_id)
    found = await use.marketplace.payments(ReadPayments(account_id=caller.account_id, payment_id=payment_id))
    if not found.payments:
        raise PaymentNotFoundError(payment_id)
    return payment_of(found.payments[0], currency=found.currency)


def read_days(request: Request) -> tuple[datetime | None, datetime | None]:
    """Return from when and until when (not included) payments are wanted. Raise InvalidError."""
    given = {name: request.query_params.get(name) for name in ("start_date", "end_date")}
    problems = {name: ["Must be a date such as 2026-01-15."] for name, text in given.items() if text and not is_date(text)}
    if problems:
        raise InvalidError(CANNOT_FILTER, details=problems)
    first, last = (date.fromisoformat(text) if text else None for text in given.values())
    if first and last and first > last:
        raise InvalidError(CANNOT_FILTER, details={"start_date": [f"Must not be after end_date ({last})."]})
    # The last day that there is has no day after it: nothing is later.
    day_after = last + timedelta(days=1) if last and last < date.max else None
    since, until = (datetime.combine(day, time.min, UTC) if day else None for day in (first, day_after))
    return since, until


def payment_of(told: PaymentSnapshot, *, currency: str) -> answers.Payment:
    """Return a payment as its account sees it."""
    earned = told.kind is PaymentKind.EARNING
    # A seller's earning is undone as soon as the payment is promised back, before its subscriber has it.
    back = told.state is PaymentState.REFUNDED or (earned and told.state is PaymentState.REFUNDING)
    fee = None if told.fee is None else NOTHING if back else told.fee
    payment = answers.Payment(
        payment_id=told.payment_id,
        kind=KIND_WORDS[told.kind],
        status=STATUS_WORDS[told.state],
        description=_described(told),
        amount=told.amount,
        refunded_amount=told.amount if back else NOTHING,
        currency=currency,
        created_at=told.begun_at,
        paid_at=told.paid_at,
        refunded_at=told.refunded_at,
        hours=None if told.hours is None else float(told.hours),
        title=told.title,
        period=PERIOD_WORDS[told.period] if told.period else None,
        price=told.price,
        credit=told.credit,
        platform_fee=fee,
        net_earnings=None if fee is None else NOTHING if back else told.amount - fee,
        subscription_id=told.subscription_id,
        listing_id=told.listing_id,
        model_id=told.model_id,
        reference=told.reference,
        refund_reference=told.refund_reference,
        decline_reason=told.decline,
        reasons={},
    )
    return with_reasons(payment, _whys(payment))


def _described(told: PaymentSnapshot) -> str:
    if told.hours is not None:
        return f"{told.hours.normalize():f} compute hours"
    period = PERIOD_WORDS[told.period].lower() if told.period else ""
    return ", ".join(part for part in (told.title or told.listing_id or "", period) if part)


def _whys(payment: answers.Payment) -> dict[str, str]:
    """Return why each value that may be null is."""
    status = f"It is {payment.status}."
    of_subscriptions = ("title", "period", "price", "credit", "subscription_id", "listing_id", "model_id")
    whys = dict.fromkeys(("paid_at", "refunded_at", "refund_reference", "decline_reason", "reference"), status)
    whys |= dict.fromkeys(of_subscriptions, "It is for compute hours.") | {"hours": "It is not for compute hours."}
    whys |= dict.fromkeys(("platform_fee", "net_earnings"), "It was paid, not earned.")
    if payment.kind != "CREDITS":
        whys["title"] = "What was bought is not known any more."
    if payment.kind == "EARNING":
        whys |= dict.fromkeys(("price", "credit", "reference", "refund_reference", "decline_reason"), "It is told to whoever paid.")
    return whys
