"""Payments: what one has paid, and what one's listings were paid."""

import datetime as dt
from typing import Final

from modelbourse.answers.answer import Page
from modelbourse.answers.payments import Payment, PaymentKind, PaymentStatus
from modelbourse.asking import FACE, ask_for, get_all, get_page, path_to
from modelbourse.gateway import Gateway
from modelbourse.steps import Flow, Steps

PAYMENTS: Final = f"{FACE}/payments/"


def page_of_payments(
    gateway: Gateway,
    *,
    kind: PaymentKind | None = None,
    status: PaymentStatus | None = None,
    start_date: dt.date | str | None = None,
    end_date: dt.date | str | None = None,
    page: int = 1,
    page_size: int | None = None,
) -> Steps[Page[Payment]]:
    """Return a page of one's payments, the newest first; both days are UTC, and included."""
    filters = {"kind": kind, "status": status, "start_date": start_date, "end_date": end_date}
    return get_page(gateway, Payment, PAYMENTS, page=page, page_size=page_size, **filters)


def all_payments(
    gateway: Gateway,
    *,
    kind: PaymentKind | None = None,
    status: PaymentStatus | None = None,
    start_date: dt.date | str | None = None,
    end_date: dt.date | str | None = None,
) -> Flow[Payment, None]:
    """Iterate over one's payments, the newest first."""
    return get_all(gateway, Payment, PAYMENTS, kind=kind, status=status, start_date=start_date, end_date=end_date)


def get_payment(gateway: Gateway, payment_id: str) -> Steps[Payment]:
    """Return one payment. Raise NotFoundError."""
    return ask_for(gateway, Payment, "GET", path_to(PAYMENTS, payment_id))
