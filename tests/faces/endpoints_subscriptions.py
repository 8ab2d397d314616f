"""AI Studio's endpoints for subscriptions, ratings and earnings: part of the table of test_ai_studio.py."""

from typing import Final

from tests.gateway.studio.world import STUDIO

SUBSCRIPTIONS: Final = {
    ("POST", f"{STUDIO}/marketplace/{{listing_id}}/subscribe/"),
    ("POST", f"{STUDIO}/marketplace/{{listing_id}}/rate/"),
    ("GET", f"{STUDIO}/subscriptions/"),
    ("GET", f"{STUDIO}/subscriptions/{{subscription_id}}/"),
    ("PATCH", f"{STUDIO}/subscriptions/{{subscription_id}}/"),
    ("POST", f"{STUDIO}/subscriptions/{{subscription_id}}/cancel/"),
    ("POST", f"{STUDIO}/subscriptions/{{subscription_id}}/refund/"),
    ("GET", f"{STUDIO}/analytics/leasing/"),
}
