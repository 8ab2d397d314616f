"""Bad requests about subscriptions and the exact answers they get: rows of the table of bad_input.py."""

from typing import Any, Final

from tests.faces.bad_input import HUGE, NO_CREDENTIAL, Bad, denied, missing, query, raw

LISTING, SUBSCRIPTION = "/marketplace/{listing}", "/subscriptions/{subscription}/"
SUBSCRIBE, RATE, CANCEL, REFUND = f"{LISTING}/subscribe/", f"{LISTING}/rate/", f"{SUBSCRIPTION}cancel/", f"{SUBSCRIPTION}refund/"
NO_LISTING, NO_SUBSCRIPTION = "listing_00000000000000000000000000", "subscription_00000000000000000000000000"
MONTH: Final = {"subscription_type": "MONTHLY", "auto_renew": True}


def wish(name: str, field: str, text: str, /, **changes: Any) -> Bad:
    """A subscription that cannot be had."""
    return Bad(name, "POST", SUBSCRIBE, MONTH | changes, field=field, text=text)


def declined(method: str) -> Bad:
    """A payment that the provider declines."""
    body = MONTH | {"payment_method": method}
    return Bad(
        f"subscribe with {method}", "POST", SUBSCRIBE, body, status=402, code="PAYMENT_DECLINED", field="payment_method", text=f"{method}:"
    )


def word(name: str, field: str, text: str, /, **body: Any) -> Bad:
    """A rating that cannot be."""
    return Bad(name, "POST", RATE, body, field=field, text=text)


SUBSCRIBING: Final = [
    wish("no period", "subscription_type", "Must be MONTHLY, QUARTERLY or YEARLY.", subscription_type=None),
    wish("period misspelt", "subscription_type", "Did you mean 'MONTHLY'?", subscription_type="MONTHY"),
    wish("period in small letters", "subscription_type", "Must be MONTHLY", subscription_type="monthly"),
    wish("renewal in words", "auto_renew", "valid boolean", auto_renew="yes"),
    wish("renewal null", "auto_renew", "valid boolean", auto_renew=None),
    wish("card misspelt", "payment_method", "Did you mean 'credit_card'?", payment_method="credit-card"),
    wish("card is huge", "payment_method", "at most 60 characters", payment_method=HUGE),
    wish("unknown version", "version", "The model has no version '9.9'.", version="9.9"),
    wish("version is a number", "version", "valid string", version=1.0),
    wish("wish misspelt", "auto_renewal", "Did you mean 'auto_renew'?", auto_renewal=True),
    Bad("wish for nothing", "POST", SUBSCRIBE, {}, field="subscription_type", text="required"),
    Bad("wish in a list", "POST", SUBSCRIBE, [], field="body", text="JSON object"),
    raw("wish with nothing at all", b"", "body", "required", path=SUBSCRIBE),
    *map(declined, ("card_declined", "insufficient_funds", "expired_card")),
    missing(
        "subscribe to nothing",
        "POST",
        f"/marketplace/{NO_LISTING}/subscribe/",
        f"There is no listing {NO_LISTING} on the marketplace",
        MONTH,
    ),
    missing("subscribe to a word", "POST", "/marketplace/momentum/subscribe/", "There is no listing 'momentum'.", MONTH),
    Bad(
        "subscribe to one's own",
        "POST",
        "/marketplace/{own_listing}/subscribe/",
        MONTH,
        status=403,
        code="PERMISSION_DENIED",
        text="This listing is your own: its model is yours to use without a subscription.",
    ),
    Bad("get subscribing", "GET", SUBSCRIBE, status=405, code="METHOD_NOT_ALLOWED", field="method", text="POST"),
    denied("no token to subscribe", "none", NO_CREDENTIAL, method="POST", path=SUBSCRIBE),
]
CHANGING: Final = [
    query("subscriptions in no status", "/subscriptions/?status=PAUSED", "status", "is not one of ACTIVE, CANCELLED, EXPIRED"),
    query("subscriptions misspelt", "/subscriptions/?status=CANCELED", "status", "Did you mean 'CANCELLED'?"),
    query("subscriptions' page zero", "/subscriptions/?page=0", "page", "whole number from 1"),
    missing("a subscription that is not", "GET", f"/subscriptions/{NO_SUBSCRIPTION}/", f"There is no subscription '{NO_SUBSCRIPTION}'."),
    missing("a subscription by a word", "GET", "/subscriptions/mine/", "There is no subscription 'mine'."),
    missing("somebody else's subscription", "GET", SUBSCRIPTION, "There is no subscription '{subscription}'."),
    missing("cancel somebody else's", "POST", CANCEL, "There is no subscription '{subscription}'."),
    missing("cancel what is not", "POST", f"/subscriptions/{NO_SUBSCRIPTION}/cancel/", f"There is no subscription '{NO_SUBSCRIPTION}'."),
    missing("change somebody else's", "PATCH", SUBSCRIPTION, "There is no subscription '{subscription}'.", {"auto_renew": False}),
    Bad("change with null", "PATCH", SUBSCRIPTION, {"auto_renew": None}, field="auto_renew", text="Must not be null."),
    Bad("change to no card", "PATCH", SUBSCRIPTION, {"payment_method": None}, field="payment_method", text="Must not be null."),
    Bad(
        "change to a new card",
        "PATCH",
        SUBSCRIPTION,
        {"payment_method": "pm_card_visa"},
        field="payment_method",
        text="Must be credit_card.",
    ),
    Bad("change misspelt", "PATCH", SUBSCRIPTION, {"autorenew": False}, field="autorenew", text="Did you mean 'auto_renew'?"),
    Bad("change the price", "PATCH", SUBSCRIPTION, {"price": "1.00"}, field="price", text="Unknown field"),
    denied("no token to see subscriptions", "none", NO_CREDENTIAL, path="/subscriptions/"),
    Bad(
        "refund without being an admin",
        "POST",
        REFUND,
        {"reason": "please"},
        status=403,
        code="PERMISSION_DENIED",
        text="This credential is not good for 'admin'; it has: account, export, predict, read, register, train, write.",
    ),
]
RATING: Final = [
    word("no stars", "rating", "required", comment="?"),
    word("zero stars", "rating", "greater than or equal to 1", rating=0),
    word("six stars", "rating", "less than or equal to 5", rating=6),
    word("half a star", "rating", "valid integer", rating=2.5),
    word("stars in words", "rating", "valid integer", rating="5"),
    word("true stars", "rating", "valid integer", rating=True),
    word("a novel", "comment", "at most 2000 characters", rating=5, comment=HUGE),
    word("rating misspelt", "ratings", "Did you mean 'rating'?", ratings=5),
    Bad(
        "rate unpaid",
        "POST",
        RATE,
        {"rating": 1},
        status=403,
        code="SUBSCRIPTION_REQUIRED",
        text="Only those who are or were subscribed to this model may rate it.",
    ),
    missing(
        "rate nothing", "POST", f"/marketplace/{NO_LISTING}/rate/", f"There is no listing {NO_LISTING} on the marketplace", {"rating": 1}
    ),
    missing("ratings of nothing", "GET", f"/marketplace/{NO_LISTING}/ratings/", f"There is no listing '{NO_LISTING}'."),
    query("ratings page zero", f"{LISTING}/ratings/?page=0", "page", "whole number from 1"),
    word("comment rings the bell", "comment", "Must not have control characters.", rating=5, comment="ding\a"),
    denied("no token to see earnings", "none", NO_CREDENTIAL, path="/analytics/leasing/"),
]
PAYMENTS: Final = [
    query("payments of no kind", "/payments/?kind=CREDIT", "kind", "Did you mean 'CREDITS'?"),
    query("payments in no status", "/payments/?status=paid", "status", "PAID"),
    query("payments from no day", "/payments/?start_date=2026-02-30", "start_date", "Must be a date such as 2026-01-15."),
    query(
        "payments back in time",
        "/payments/?start_date=2026-02-02&end_date=2026-02-01",
        "start_date",
        "Must not be after end_date (2026-02-01).",
    ),
    missing("a payment that is none", "GET", "/payments/none/", "There is no payment 'none'."),
    denied("no token to see payments", "none", NO_CREDENTIAL, path="/payments/"),
]
SUBSCRIPTIONS: Final = [*SUBSCRIBING, *CHANGING, *RATING, *PAYMENTS]
