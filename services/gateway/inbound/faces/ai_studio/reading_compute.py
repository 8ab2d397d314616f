"""Reading what is asked of compute hours: a period of days, and a purchase; every problem at once."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.marketplace import PURCHASE_LEAST, PURCHASE_MOST
from services.gateway.inbound.faces.ai_studio.answers_compute import PurchaseIn
from services.gateway.inbound.faces.ai_studio.reading import read_object, type_problems
from services.gateway.inbound.http.dates import is_date

DAYS_MOST: Final = 366
DECIMALS_MOST: Final = 6
HOURS_RULE: Final = f"Must be a number from {PURCHASE_LEAST} to {PURCHASE_MOST} with at most six decimals."


def read_period(request: Request, *, today: date) -> tuple[date, date]:
    """Return the first and the last day asked for, both included; without any, this month's.

    Without a start it is the first of the end's month; without an end it is today. Raise InvalidError.
    """
    given = {name: request.query_params.get(name) for name in ("start_date", "end_date")}
    problems = {name: ["Must be a date such as 2026-01-15."] for name, text in given.items() if text and not is_date(text)}
    if problems:
        raise _unreadable(problems)
    start, end = (date.fromisoformat(text) if text else None for text in given.values())
    if start is None and end is None:
        start, end = today.replace(day=1), last_of_month(today)
    last = end or today
    first = start or last.replace(day=1)
    if first > last:
        message = f"Must not be after end_date ({last})." if end else f"Must not be after today ({last}), when there is no end_date."
        raise _unreadable({"start_date": [message]})
    if (last - first).days >= DAYS_MOST:
        raise _unreadable({"start_date": [f"The period must be at most {DAYS_MOST} days long."]})
    if (last - today).days > DAYS_MOST:
        raise _unreadable({"end_date": [f"Must be at most {DAYS_MOST} days from today."]})
    return first, last


def read_purchase(body: Any) -> tuple[Decimal, str]:
    """Return hours and payment method. Raise InvalidError with all problems."""
    given = read_object(body)
    problems = type_problems(PurchaseIn, given)
    hours = given.get("hours")
    if "hours" in given and ("hours" in problems or _decimals(hours) > DECIMALS_MOST):
        problems["hours"] = [HOURS_RULE]
    if problems:
        message = f"The credits cannot be bought like this: see {', '.join(list(problems)[:5])}."
        raise InvalidError(message, details=problems)
    return Decimal(str(hours)), given["payment_method"]


def last_of_month(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _decimals(number: Any) -> int:
    # A JSON number comes as the shortest text that reads as the same number, so its digits are those that were sent.
    exponent = Decimal(str(number)).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def _unreadable(problems: dict[str, list[str]]) -> InvalidError:
    return InvalidError("The usage cannot be read like this.", details=problems)
