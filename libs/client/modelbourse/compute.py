"""Compute hours: what was used, and more of them."""

import datetime as dt
from typing import Final

from modelbourse.answers.compute import Prices, Purchase, Usage
from modelbourse.answers.limits import TierLimits
from modelbourse.asking import FACE, ask_for
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

COMPUTE: Final = f"{FACE}/compute/"
# A payment provider may take its time.
PURCHASE_TIMEOUT_S: Final = 60.0


def get_usage(gateway: Gateway, *, start_date: dt.date | str | None = None, end_date: dt.date | str | None = None) -> Steps[Usage]:
    """Return measured hours and their cost; without dates those of this month (UTC)."""
    return ask_for(gateway, Usage, "GET", f"{COMPUTE}usage/", params={"start_date": start_date, "end_date": end_date})


def get_prices(gateway: Gateway) -> Steps[Prices]:
    """Return what a compute hour costs, and in which currency all amounts are."""
    return ask_for(gateway, Prices, "GET", f"{COMPUTE}prices/")


def get_limits(gateway: Gateway) -> Steps[TierLimits]:
    """Return what one's tier may use, and what is used of it."""
    return ask_for(gateway, TierLimits, "GET", f"{COMPUTE}limits/")


def purchase_credits(
    gateway: Gateway, hours: float, *, payment_method: str = "credit_card", idempotency_key: str | None = None
) -> Steps[Purchase]:
    """Buy compute hours; paid once, however often it is sent. Raise PaymentError when the payment is declined."""
    body = {"hours": hours, "payment_method": payment_method}
    key, path = idempotency_key or new_key(), f"{COMPUTE}purchase-credits/"
    return ask_for(gateway, Purchase, "POST", path, body=body, key=key, timeout=PURCHASE_TIMEOUT_S)
