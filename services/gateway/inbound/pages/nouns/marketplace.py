"""The marketplace: models on sale with their verified records, one's subscriptions, publishing, and the reviewers' desk."""

from collections.abc import Mapping
from itertools import accumulate
from operator import mul
from typing import Any, Final, get_args

from modelbourse.answers.market import AssetClass, Category
from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.page import PRICES, Action, Facts, Form, Page, Read, filled, several

STUDIO: Final = "/api/ai-studio"
MARKET: Final = "/app/marketplace"
SUBSCRIPTIONS: Final = "/app/subscriptions"
SIZE: Final = 20
CATEGORIES: Final[tuple[str, ...]] = get_args(Category)
ASSETS: Final[tuple[str, ...]] = get_args(AssetClass)
ORDERS: Final = (
    ("-published_at", "The newest first"),
    ("monthly_price", "The cheapest first"),
    ("-sharpe_ratio", "By Sharpe ratio"),
    ("-average_rating", "By rating"),
    ("-total_subscribers", "By subscribers"),
)
# Days on a page of a record.
DAYS: Final = 100
PERIODS: Final = ("MONTHLY", "QUARTERLY", "YEARLY")
FIGURES: Final = ("sharpe_ratio", "max_drawdown", "total_return", "win_rate", "total_trades", "deflated_sharpe_ratio", "trials", "bars")
FILTERS: Final = ("category", "min_sharpe_ratio", "max_price", "asset_classes", "search", "seller", "status", "ordering", "page")


def _subscribe(form: Form) -> dict[str, Any]:
    return filled(form, "subscription_type", "payment_method") | {"auto_renew": form.get("auto_renew") == "yes"}


def _rate(form: Form) -> dict[str, Any]:
    return filled(form, numbers=("rating",)) | {"comment": form.get("comment", "")}


def _publish(form: Form) -> dict[str, Any]:
    acknowledged = {"acknowledge_static_data": True} if form.get("acknowledge_static_data") else {}
    return {
        **filled(form, "title", "description", "category", "monthly_price", "terms_and_conditions"),
        "asset_classes": several(form, "asset_classes"),
        **acknowledged,
    }


def _newest(facts: Facts) -> Mapping[str, Read]:
    """Return where the newest days of the record are: on its last page, and on the one before."""
    days = (facts["listing"]["record"] or {}).get("days", 0)
    last = max(1, -(-days // DAYS))
    return {
        f"days {at}": Read(f"{STUDIO}/marketplace/{{listing_id}}/record/", fixed={"page_size": DAYS, "page": at}, needed=False)
        for at in range(max(1, last - 1), last + 1)
    }


def _shape_listing(facts: Facts) -> Mapping[str, Any]:
    """Return the record's figures beside buy-and-hold, its days as one line, and the reader's own subscription to it."""
    listing = facts["listing"]
    days = [day for name in _newest(facts) for day in (facts[name] or {}).get("results") or []]
    paid = [each for each in (facts["subscriptions"] or {}).get("results", ()) if each["listing_id"] == listing["id"]]
    held = ((listing["performance_metrics"].get("baselines") or {}).get("buy_and_hold")) or {}
    grown = list(accumulate((1 + each["return"] for each in days), mul))
    return {
        "figures": [
            {
                "name": name,
                "tried": listing["performance_metrics"].get(name),
                "live": listing["live_performance"].get(name),
                "held": held.get(name),
            }
            for name in FIGURES
        ],
        "grown": charts.timeline([each["date"] for each in days], {"Capital of 1, day by day": grown}) if days else None,
        "shown": len(days),
        "periods": PERIODS,
        "subscription": next((each for each in paid if each["ended_at"] is None), None),
        "may_rate": bool(paid),
        "shown_for": list(dict.fromkeys(each["symbol"] for each in listing["sample_signals"])),
        "falls": charts.waterfalls(facts["found"].get("asked")),
    }


def _predict(form: Form) -> dict[str, Any]:
    return {"symbols": several(form, "symbols")}


PAGES: Final = (
    Page(
        path=MARKET,
        template="marketplace.html",
        title="Marketplace",
        reads={"prices": PRICES, "listings": Read(f"{STUDIO}/marketplace/", query=FILTERS, fixed={"page_size": SIZE})},
        shape=lambda _: {"size": SIZE, "categories": CATEGORIES, "assets": ASSETS, "orders": ORDERS},
    ),
    Page(
        path=f"{MARKET}/review",
        template="review_desk.html",
        title="Review desk",
        crumbs=((MARKET, "Marketplace"),),
        reads={
            "prices": PRICES,
            "listings": Read(f"{STUDIO}/marketplace/", query=("page",), fixed={"page_size": SIZE, "status": "PENDING_REVIEW"}),
        },
        shape=lambda _: {"size": SIZE},
        actions={
            "approve": Action("POST", f"{STUDIO}/marketplace/{{listing_id}}/approve/", done="The listing is on sale."),
            "reject": Action(
                "POST", f"{STUDIO}/marketplace/{{listing_id}}/reject/", lambda form: filled(form, "reason"), done="The listing is rejected."
            ),
        },
    ),
    Page(
        path=f"{MARKET}/sell/{{model_id}}",
        template="sell.html",
        title=lambda facts: f"Sell {facts['model']['name']}",
        crumbs=((MARKET, "Marketplace"),),
        reads={"prices": PRICES, "model": Read(f"{STUDIO}/models/{{model_id}}/")},
        shape=lambda _: {"categories": CATEGORIES, "assets": ASSETS},
        actions={
            "publish": Action(
                "POST",
                f"{STUDIO}/models/{{model_id}}/publish/",
                _publish,
                lambda answer, _: f"{MARKET}/{answer['listing_id']}",
                "The listing was submitted.",
            ),
            "unpublish": Action("POST", f"{STUDIO}/models/{{model_id}}/unpublish/", done="The model is no longer on sale."),
        },
    ),
    Page(
        path=f"{MARKET}/{{listing_id}}",
        template="listing.html",
        title=lambda facts: str(facts["listing"]["title"]),
        crumbs=((MARKET, "Marketplace"),),
        reads={
            "prices": PRICES,
            "listing": Read(f"{STUDIO}/marketplace/{{listing_id}}/"),
            "ratings": Read(f"{STUDIO}/marketplace/{{listing_id}}/ratings/", fixed={"page_size": 10}, needed=False),
            "subscriptions": Read(f"{STUDIO}/subscriptions/", fixed={"page_size": 100}, needed=False),
        },
        more=_newest,
        shape=_shape_listing,
        actions={
            "subscribe": Action(
                "POST", f"{STUDIO}/marketplace/{{listing_id}}/subscribe/", _subscribe, lambda *_: SUBSCRIPTIONS, "You are subscribed."
            ),
            "predict": Action("POST", f"{STUDIO}/models/{{model_id}}/predict/", _predict, shows="asked"),
            "rate": Action("POST", f"{STUDIO}/marketplace/{{listing_id}}/rate/", _rate, done="Your rating is kept."),
            "approve": Action("POST", f"{STUDIO}/marketplace/{{listing_id}}/approve/", done="The listing is on sale."),
            "feature": Action("POST", f"{STUDIO}/marketplace/{{listing_id}}/feature/", done="It is shown first."),
            "unfeature": Action("POST", f"{STUDIO}/marketplace/{{listing_id}}/unfeature/", done="It is no longer shown first."),
        },
    ),
    Page(
        path=SUBSCRIPTIONS,
        template="subscriptions.html",
        title="Subscriptions",
        crumbs=((MARKET, "Marketplace"),),
        reads={"prices": PRICES, "subscriptions": Read(f"{STUDIO}/subscriptions/", query=("page", "status"), fixed={"page_size": SIZE})},
        shape=lambda _: {"size": SIZE},
        actions={
            "cancel": Action(
                "POST", f"{STUDIO}/subscriptions/{{subscription_id}}/cancel/", done="It is cancelled; what is paid can be used."
            ),
        },
    ),
)
