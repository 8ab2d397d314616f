"""Bad requests about compute hours and the exact answers they get: rows of the table of bad_input.py."""

from typing import Any, Final

from tests.faces.bad_input import HUGE, NO_CREDENTIAL, Bad, denied, query, raw

BUY, USAGE = "/compute/purchase-credits/", "/compute/usage/"
RULE: Final = "number from 1 to 10000 with at most six decimals"


def buy(name: str, field: str, text: str, /, **changes: Any) -> Bad:
    """A purchase that cannot be made."""
    return Bad(name, "POST", BUY, {"hours": 50, "payment_method": "credit_card"} | changes, field=field, text=text)


def declined(method: str) -> Bad:
    """A payment that the provider declines."""
    body = {"hours": 1, "payment_method": method}
    return Bad(
        f"pay with {method}", "POST", BUY, body, status=402, code="PAYMENT_DECLINED", field="payment_method", text=f"{method}: The card"
    )


BUYING: Final = [
    buy("no hours", "hours", RULE, hours=None),
    buy("hours in a string", "hours", RULE, hours="50"),
    buy("true hours", "hours", RULE, hours=True),
    buy("hours in a list", "hours", RULE, hours=[50]),
    buy("zero hours", "hours", RULE, hours=0),
    buy("too few hours", "hours", RULE, hours=0.999999),
    buy("negative hours", "hours", RULE, hours=-50),
    buy("too many hours", "hours", RULE, hours=10_000.000001),
    buy("hours without end", "hours", RULE, hours=2**62),
    buy("hours beyond a number's reach", "hours", RULE, hours=1e300),
    buy("seven decimals", "hours", RULE, hours=1.0000001),
    buy("method misspelt", "payment_method", "Did you mean 'credit_card'?", payment_method="credit-card"),
    buy("method in capitals", "payment_method", "Did you mean 'credit_card'?", payment_method="CREDIT_CARD"),
    buy("method unknown", "payment_method", "there are credit_card", payment_method="gold"),
    buy("method is a number", "payment_method", "valid string", payment_method=1),
    buy("method is empty", "payment_method", "at least 1 character", payment_method=""),
    buy("method is huge", "payment_method", "at most 60 characters", payment_method=HUGE),
    buy("purchase key misspelt", "hour", "Did you mean 'hours'?", hour=5),
    Bad("buy nothing", "POST", BUY, {}, field="hours", text="required"),
    Bad("buy a list", "POST", BUY, [], field="body", text="JSON object"),
    raw("buy with NaN", b'{"hours": NaN, "payment_method": "credit_card"}', "body", "NaN is not a JSON number", path=BUY),
    raw("buy with nothing at all", b"", "body", "required", path=BUY),
    *map(declined, ("card_declined", "insufficient_funds", "expired_card")),
    Bad("get a purchase", "GET", BUY, status=405, code="METHOD_NOT_ALLOWED", field="method", text="POST"),
    denied("no token to buy", "none", NO_CREDENTIAL, method="POST", path=BUY),
]
READING: Final = [
    query("usage from no day", f"{USAGE}?start_date=2026-02-30", "start_date", "date such as 2026-01-15"),
    query("usage to a moment", f"{USAGE}?end_date=2026-01-01T00:00:00Z", "end_date", "date such as 2026-01-15"),
    query("usage of strange digits", f"{USAGE}?end_date=%D9%A2026-01-01", "end_date", "date such as 2026-01-15"),
    query("usage backwards", f"{USAGE}?start_date=2026-02-01&end_date=2026-01-31", "start_date", "Must not be after end_date"),
    query("usage from tomorrow on", f"{USAGE}?start_date=2999-01-01", "start_date", "Must not be after today"),
    query("usage of years", f"{USAGE}?start_date=2024-01-01&end_date=2025-01-01", "start_date", "at most 366 days"),
    query("usage to the end of time", f"{USAGE}?end_date=9999-12-31", "end_date", "at most 366 days from today"),
    denied("no token to see usage", "none", NO_CREDENTIAL, path=USAGE),
]
COMPUTE: Final = [*BUYING, *READING]
