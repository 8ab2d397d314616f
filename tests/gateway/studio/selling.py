"""A seller's offer, and what the marketplace and inference say about it in stories."""

from collections.abc import Sequence
from typing import Any

from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.listings import Performance, PerformanceMeasured
from libs.contracts.records import RecordDay
from services.gateway.domain.accounts.account import Role
from tests.gateway.studio.world import User, World
from tests.waiting import until


def an_offer(**changes: Any) -> dict[str, Any]:
    """Return a good request to publish a model; `changes` replace parts of it."""
    return {
        "title": "High-Performance Momentum Strategy",
        "description": "Proven momentum strategy",
        "category": "MOMENTUM",
        "asset_classes": ["EQUITY", "INDEX"],
        "pricing_model": "FIXED",
        "monthly_price": "2999.00",
        "performance_fee_rate": "0.00",
        "sample_signals": [{"symbol": "AAPL", "signal": "BUY", "confidence": 0.87, "date": "2012-12-14"}],
        "terms_and_conditions": "Standard licensing terms apply.",
        # No packaged symbol has a live source.
        "acknowledge_static_data": True,
    } | changes


async def a_reviewer(studio: World) -> User:
    """Return a fresh admin."""
    return await studio.user(role=Role.ADMIN)


async def submitted(studio: World, seller: User, **changes: Any) -> tuple[str, str]:
    """Train a model and put it before the reviewers; return the ids of model and listing."""
    model_id = await studio.trained(seller)
    answer = await seller.call("POST", f"/models/{model_id}/publish/", an_offer(**changes))
    assert answer.status_code == 201, answer.text
    return model_id, str(answer.json()["listing_id"])


async def listed(studio: World, seller: User, reviewer: User, **changes: Any) -> tuple[str, str]:
    """Put a fresh model on sale; return the ids of model and listing."""
    model_id, listing_id = await submitted(studio, seller, **changes)
    answer = await reviewer.call("POST", f"/marketplace/{listing_id}/approve/")
    assert answer.status_code == 200, answer.text
    return model_id, listing_id


async def measure(
    studio: World, listing_id: str, model_id: str, *, kind: Any = "backtest", days: Sequence[RecordDay] | None = None, **values: Any
) -> None:
    """Tell what inference has measured, over the example's days or over these, and wait until it is shown."""
    example = EXAMPLES[PerformanceMeasured]
    assert isinstance(example, PerformanceMeasured)
    performance = Performance.model_validate({**example.performance.model_dump(), "measured_at": now(), **values})
    ids = {"event_id": new_id("event"), "listing_id": listing_id, "model_id": model_id, "kind": kind, "performance": performance}
    ids |= {} if days is None else {"days": tuple(days)}
    await studio.inference.bus.publish(example.model_copy(update=ids))

    async def shown() -> bool:
        listing = await studio.gateway.platform.listings.get(listing_id)
        return (listing.backtest if kind == "backtest" else listing.live) == performance

    await until(shown)
