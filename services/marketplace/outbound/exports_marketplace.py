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
    Kept("bills", "seller_id", hidden=("subscriber_id", "method", "charge_id", "decline"), called="sales"),
    # Whose purchase it was is part of its id.
    Kept("money_movements", "seller_id", hidden=("_id", "account_id", "charge_id"), called="earnings"),
    Kept("listings", "seller_id", hidden=("reviewer_id",)),
    Kept("ratings"),
    Kept("jobs"),
    Kept("model_versions"),
    Kept("stripe_charges"),
    Kept("stripe_customers", "_id"),
)
# Of these an account has as many as it has done things.
MANY: Final = ("reservations", "movements", "bills", "money_movements", "jobs", "model_versions", "stripe_charges")


def marketplace_exports(database: Database) -> Exports:
    """Return what tells it."""
    return Exports(database, "marketplace", KEPT)
