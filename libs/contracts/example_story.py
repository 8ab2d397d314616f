"""What the examples tell of: one account, its model, its job and a purchase, on one morning."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

BEGIN: Final = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SHA: Final = "6b1f0e0f0d6a4f5f7a1f2c1f6f0f8d9d3f3f4b7a5d6c7e8f9a0b1c2d3e4f5a6b"
ACCOUNT: Final = "account_01ke6wz3h8e4fvk2m9q7xr5t1n"
MODEL: Final = "model_01ke6x0a4tf8s9v3c5n7w2y6qp"
JOB: Final = "job_01ke6x1m7bek4r8t2v6z9d3hsj"
ADMIN: Final = "account_01ke6wz9m4f7h1k5n8q2s6v9yb"
LISTING: Final = "listing_01ke6x9h2vf4k7n1q3s6v9y2za"
BUYER: Final = "account_01ke6wz7n2q5t8w1y4zb6d9fhk"
SUBSCRIPTION: Final = "subscription_01ke6xb5s8fv1x4z7b0d3g6jpq"
PURCHASE: Final = "txn_01ke6x4q8cf2h5k7n1p4r6t9vw"


def event(name: str, sequence: int, minutes: float) -> dict[str, Any]:
    """Return the fields that every event has."""
    return {"event_id": f"event_{name}", "occurred_at": BEGIN + timedelta(minutes=minutes), "sequence": sequence}
