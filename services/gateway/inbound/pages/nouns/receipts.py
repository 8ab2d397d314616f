"""Receipts: what was paid, and what was earned."""

from collections.abc import Mapping
from typing import Final

from services.gateway.inbound.pages.page import Facts, Page, Read

STUDIO: Final = "/api/ai-studio"
ACCOUNT: Final = ("/app/account", "Account")
RECEIPTS: Final = "/app/account/receipts"
SIZE: Final = 20
KINDS: Final = ("CREDITS", "SUBSCRIPTION", "UPGRADE", "RENEWAL", "EARNING")
FILTERS: Final = ("kind", "status", "start_date", "end_date", "page")
STATUSES: Final = ("PENDING", "PAID", "DECLINED", "REFUNDING", "REFUNDED")


def _listing(facts: Facts) -> Mapping[str, Read]:
    """Return where the listing is that was paid for: it names the seller."""
    listing_id = facts["payment"]["listing_id"]
    return {"listing": Read(f"{STUDIO}/marketplace/{listing_id}/", needed=False)} if listing_id else {}


PAGES: Final = (
    Page(
        path=RECEIPTS,
        template="receipts.html",
        title="Receipts",
        crumbs=(ACCOUNT,),
        reads={"payments": Read(f"{STUDIO}/payments/", query=FILTERS, fixed={"page_size": SIZE}, needed=False)},
        shape=lambda _: {"kinds": KINDS, "statuses": STATUSES, "size": SIZE},
    ),
    Page(
        path=f"{RECEIPTS}/{{payment_id}}",
        template="receipt.html",
        title="Receipt",
        crumbs=(ACCOUNT, (RECEIPTS, "Receipts")),
        reads={"me": Read("/auth/me"), "payment": Read(f"{STUDIO}/payments/{{payment_id}}/")},
        more=_listing,
        shape=lambda facts: {"listing": facts.get("listing")},
    ),
)
