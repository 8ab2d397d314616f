"""Putting a model on sale and subscribing to it, one after the other, over HTTP; listings are approved by themselves."""

import asyncio
import secrets
import time
from statistics import median
from typing import Any, Final

import httpx

from tests.journeys.customer import Customer

TIMES: Final = 15
OFFER: Final = {
    "title": "Measured",
    "description": "Published and withdrawn again and again",
    "category": "MOMENTUM",
    "asset_classes": ["EQUITY"],
    "pricing_model": "FIXED",
    "monthly_price": "10.00",
    "acknowledge_static_data": True,
}
SUBSCRIPTION: Final = {"subscription_type": "MONTHLY", "auto_renew": False}


def measure_market(gateway: str, *, token: str, model_id: str) -> dict[str, Any]:
    """Return milliseconds; `payment` in a subscription is the sandbox's."""
    return asyncio.run(_measure(gateway, token=token, model_id=model_id))


async def _measure(gateway: str, *, token: str, model_id: str) -> dict[str, Any]:
    path, published = f"/api/ai-studio/models/{model_id}", []
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=gateway, headers=headers, timeout=60) as seller:
        for number in range(TIMES):
            if number:
                (await seller.post(f"{path}/unpublish/")).raise_for_status()
            answer, took = await _timed(seller, f"{path}/publish/", OFFER)
            published.append(took)
    listing = answer.json()["listing_id"]
    subscribed = [await _subscribe(gateway, listing) for _ in range(TIMES)]
    return {"publish_ms_p50": round(median(published), 1), "subscribe_ms_p50": round(median(subscribed), 1)}


async def _subscribe(gateway: str, listing: str) -> float:
    buyer = await Customer(gateway).sign_up()
    authorization = (await buyer.call("GET", "/auth/me")).request.headers["Authorization"]
    await buyer.close()
    async with httpx.AsyncClient(base_url=gateway, headers={"Authorization": authorization}, timeout=60) as http:
        return (await _timed(http, f"/api/ai-studio/marketplace/{listing}/subscribe/", SUBSCRIPTION))[1]


async def _timed(http: httpx.AsyncClient, path: str, body: Any) -> tuple[httpx.Response, float]:
    began = time.perf_counter()
    answer = await http.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(8)})
    took = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return answer, took
