"""What the gateway keeps of an account, for that person: no hashes, no secrets."""

from typing import Final

from libs.chassis.stores.exports import Exports, Kept
from libs.chassis.stores.mongo import Database

KEPT: Final = (
    Kept("accounts", "_id", hidden=("password_hash", "login", "email_key", "epoch")),
    Kept("sessions", hidden=("token_hash", "used")),
    Kept("api_keys", hidden=("secret_hash", "place")),
    Kept("known_sources", hidden=("source",)),
    Kept("models", hidden=("place", "archive_place")),
    Kept("results", "model_id", through="models"),
    Kept("registry", hidden=("pending_since",)),
    Kept("recipes", hidden=("folded",)),
    Kept("synthetic_examples"),
    Kept("datasets", hidden=("claim",)),
    Kept("dataset_versions"),
    Kept("jobs", hidden=("slot", "logged", "logs_through")),
    Kept("files"),
    Kept("trials"),
    Kept("experiments", hidden=("before",)),
    Kept("environments"),
    Kept("agents"),
    Kept("config_analyses"),
    Kept("kept_predictions", called="predictions", hidden=("artifact",)),
    Kept("snapshots"),
    Kept("watches", hidden=("lease",)),
    Kept("labels"),
    Kept("conversations"),
    Kept("webhooks", hidden=("secret", "place", "lease", "wakes")),
    Kept("webhook_deliveries", "webhook_id", hidden=("first", "held_back", "thing"), through="webhooks"),
)
# Of these an account has as many as it has done things, or they are long.
MANY: Final = ("jobs", "results", "files", "snapshots", "labels")


def gateway_exports(database: Database) -> Exports:
    """Return what tells it."""
    return Exports(database, "gateway", KEPT)
