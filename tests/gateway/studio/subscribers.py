"""Subscribers in AI Studio's stories: what they ask for, and what they and their sellers see then."""

from typing import Any

import httpx

from tests.gateway.studio.world import User
from tests.waiting import until


async def subscribe(user: User, listing_id: str, *, key: str | None = None, **body: Any) -> httpx.Response:
    wish = {"subscription_type": "MONTHLY", "auto_renew": True} | body
    return await user.call("POST", f"/marketplace/{listing_id}/subscribe/", wish, key=key)


async def subscribed(user: User, listing_id: str, **body: Any) -> dict[str, Any]:
    """Subscribe, which must succeed, and return the answer."""
    answer = await subscribe(user, listing_id, **body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def predict(user: User, model_id: str) -> httpx.Response:
    return await user.call("POST", f"/models/{model_id}/predict/", {"symbols": ["AAPL"]})


async def has_earned(seller: User, model_id: str, amount: str) -> None:
    """Wait until a model has earned this."""

    async def there() -> bool:
        return bool((await seller.get(f"/models/{model_id}/"))["total_earnings"] == amount)

    await until(there, what=f"earnings of {amount}")
