"""Bad requests about listings and the exact answers they get: rows of the table of bad_input.py."""

from typing import Any, Final

from tests.faces.bad_input import HUGE, NO_CREDENTIAL, Bad, denied, missing, query, raw
from tests.gateway.studio.selling import an_offer

PUBLISH, SHOP = "/models/{trained}/publish/", "/marketplace/"
NO_LISTING: Final = "listing_00000000000000000000000000"
NO_LISTING_TEXT: Final = f"There is no listing '{NO_LISTING}'."
NO_MODEL_TEXT: Final = "There is no model '{others_model}'."
PRICE: Final = "from '1.00' to '100000.00' in a string"
SIGNAL: Final = {"symbol": "AAPL", "signal": "BUY", "confidence": 0.87, "date": "2012-12-14"}
METRICS: Final = {"sharpe_ratio": 9.9}


def publish(name: str, field: str, text: str, /, **changes: Any) -> Bad:
    """An offer that cannot be published."""
    return Bad(name, "POST", PUBLISH, an_offer(**changes), field=field, text=text)


def signal(name: str, field: str, text: str, /, **changes: Any) -> Bad:
    """An offer with a sample signal that cannot be shown."""
    return publish(name, f"sample_signals.0.{field}" if field else "sample_signals", text, sample_signals=[SIGNAL | changes])


def review(name: str, verb: str) -> Bad:
    """A user who is no reviewer."""
    text = "This credential is not good for 'admin'; it has: account, export, predict, read, register, train, write."
    body = {"reason": "x"} if verb == "reject" else None
    return Bad(name, "POST", f"{SHOP}{NO_LISTING}/{verb}/", body, status=403, code="PERMISSION_DENIED", text=text)


PUBLISHING: Final = [
    publish("no title", "title", "valid string", title=None),
    publish("empty title", "title", "at least 1 character", title=""),
    publish("blank title", "title", "visible character", title="   "),
    publish("title of two lines", "title", "control characters", title="a\nb"),
    publish("huge title", "title", "at most 120 characters", title=HUGE),
    publish("title is a number", "title", "valid string", title=7),
    publish("bell in the description", "description", "control characters", description="a\x07b"),
    publish("huge terms", "terms_and_conditions", "at most 5000 characters", terms_and_conditions=HUGE * 2),
    publish("category misspelt", "category", "Did you mean 'MOMENTUM'?", category="MOMENTM"),
    publish("category in small letters", "category", "Did you mean 'MOMENTUM'?", category="momentum"),
    publish("category is a list", "category", "Must be MOMENTUM", category=["MOMENTUM"]),
    publish("no asset class", "asset_classes", "at least 1 item", asset_classes=[]),
    publish("asset class misspelt", "asset_classes.0", "Did you mean 'EQUITY'?", asset_classes=["EQITY"]),
    publish("asset classes in a string", "asset_classes", "Must be a list.", asset_classes="EQUITY"),
    publish("a share of profits", "performance_fee_rate", "Must be '0.00'", performance_fee_rate="0.20"),
    publish("priced by profit", "pricing_model", "Must be FIXED", pricing_model="PERFORMANCE"),
    publish("price as a number", "monthly_price", PRICE, monthly_price=29.0),
    publish("free of charge", "monthly_price", PRICE, monthly_price="0.00"),
    publish("price below nothing", "monthly_price", PRICE, monthly_price="-5.00"),
    publish("price beyond the most", "monthly_price", PRICE, monthly_price="100000.01"),
    publish("three decimals", "monthly_price", PRICE, monthly_price="29.001"),
    publish("price in words", "monthly_price", PRICE, monthly_price="a lot"),
    publish("price without end", "monthly_price", PRICE, monthly_price="1e5"),
    publish("price that is no number", "monthly_price", PRICE, monthly_price="NaN"),
    publish("strange digits", "monthly_price", PRICE, monthly_price="\u0662\u0669"),
    publish("own metrics", "performance_metrics", "Unknown field", performance_metrics=METRICS),
    publish("own record", "backtest", "Unknown field", backtest=METRICS),
    publish("offer key misspelt", "monthly_pric", "Did you mean 'monthly_price'?", monthly_pric="5.00"),
    publish("too many signals", "sample_signals", "at most 20 items", sample_signals=[SIGNAL] * 21),
    signal("signal of a misspelt symbol", "symbol", "Did you mean 'AAPL'", symbol="APPL"),
    signal("signal of an unknown symbol", "symbol", "There are no candles for 'ZZTOP9'", symbol="ZZTOP9"),
    signal("signal that is none", "signal", "Must be BUY, HOLD or SELL", signal="LONG"),
    signal("signal from tomorrow", "date", "Must not be after today", date="2999-01-01"),
    signal("signal on no day", "date", "date such as 2012-12-31", date="2012-02-30"),
    signal("more than certain", "confidence", "less than or equal to 1", confidence=1.5),
    signal("signal key misspelt", "confidense", "Did you mean 'confidence'?", confidense=0.5),
    Bad("publish nothing", "POST", PUBLISH, {}, field="monthly_price", text="required"),
    Bad("publish a list", "POST", PUBLISH, [], field="body", text="JSON object"),
    raw("publish broken JSON", b"{", "body", "not JSON", path=PUBLISH),
    Bad("publish a draft", "POST", "/models/{draft}/publish/", an_offer(), field="status", text="The model is DRAFT."),
    Bad("withdraw what is not there", "POST", "/models/{trained}/unpublish/", field="status", text="It is neither in review nor on sale."),
    missing("publish another's model", "POST", "/models/{others_model}/publish/", NO_MODEL_TEXT, an_offer()),
    missing("withdraw another's model", "POST", "/models/{others_model}/unpublish/", NO_MODEL_TEXT),
    denied("no token to publish", "none", NO_CREDENTIAL, method="POST", path=PUBLISH),
]
BROWSING: Final = [
    query("shop category misspelt", f"{SHOP}?category=MOMENTM", "category", "Did you mean 'MOMENTUM'?"),
    query("shop asset class misspelt", f"{SHOP}?asset_classes=EQUITY,INDX", "asset_classes", "Did you mean 'INDEX'?"),
    query("shop ordering misspelt", f"{SHOP}?ordering=price", "ordering", "is not one of -published_at, monthly_price"),
    query("shop sharpe in words", f"{SHOP}?min_sharpe_ratio=high", "min_sharpe_ratio", "number such as 0.5"),
    query("shop sharpe without end", f"{SHOP}?min_sharpe_ratio=inf", "min_sharpe_ratio", "number such as 0.5"),
    query("shop price in words", f"{SHOP}?max_price=cheap", "max_price", "at most two decimals"),
    query("shop price below nothing", f"{SHOP}?max_price=-1", "max_price", "at most two decimals"),
    query("shop of a strange seller", f"{SHOP}?seller=ada", "seller", "Must be `me` or an account's id"),
    query("shop status misspelt", f"{SHOP}?status=PENDING", "status", "is not one of PENDING_REVIEW"),
    query("shop with many words", f"{SHOP}?search=a+b+c+d+e+f+g+h+i+j+k", "search", "at most 10 words"),
    query("shop with no character at all", f"{SHOP}?search=%00", "search", "control characters"),
    query("shop with a long word", f"{SHOP}?search={'x' * 201}", "search", "200 characters"),
    query("shop page of letters", f"{SHOP}?page=x", "page", "whole number"),
    query("shop page beyond the last", f"{SHOP}?page=99999", "page", "The last page is", status=404),
    missing("no such listing", "GET", f"{SHOP}{NO_LISTING}/", NO_LISTING_TEXT),
    missing("a listing id that is none", "GET", f"{SHOP}x/", "There is no listing 'x'."),
    missing("record of nothing", "GET", f"{SHOP}{NO_LISTING}/record/", NO_LISTING_TEXT),
    query("record page zero", f"{SHOP}{NO_LISTING}/record/?page=0", "page", "whole number from 1"),
    denied("no token to browse", "none", NO_CREDENTIAL, path=SHOP),
    *(review(f"a user who wants to {verb}", verb) for verb in ("approve", "reject", "feature", "unfeature")),
]
MARKETPLACE: Final = [*PUBLISHING, *BROWSING]
