"""What the marketplace keeps of an account, for that person: who was on the other side of a sale is left out."""

from typing import Final

from libs.chassis.stores.exports import Exports, Kept
from libs.chassis.stores.mongo import Database

KEPT: Final = (
    Kept("wallets", "_id"),
    Kept("reservations"),
    Kept("movements"),
    Kept("purchases"),
    Kept("subscriptions", "subscriber_id", hidden=("seller_id",)),
    Kept("bills", "subscriber_id", hidden=("seller_id",)),
    Kept("money_movements", hidden=("seller_id",)),
    Kept("listings", "seller_id", hidden=("reviewer_id",)),
    Kept("ratings"),
    Kept("jobs"),
)
# Of these an account has as many as it has done things.
MANY: Final = ("reservations", "movements", "money_movements", "jobs")


def marketplace_exports(database: Database) -> Exports:
    """Return what tells it."""
    return Exports(database, "marketplace", KEPT)
