"""The endpoints of AI Studio's marketplace, as the OpenAPI document has to have them."""

from typing import Final

from tests.gateway.studio.world import STUDIO

MARKETPLACE: Final = {
    ("POST", f"{STUDIO}/models/{{model_id}}/publish/"),
    ("POST", f"{STUDIO}/models/{{model_id}}/unpublish/"),
    ("GET", f"{STUDIO}/marketplace/"),
    ("GET", f"{STUDIO}/marketplace/{{listing_id}}/"),
    ("POST", f"{STUDIO}/marketplace/{{listing_id}}/approve/"),
    ("POST", f"{STUDIO}/marketplace/{{listing_id}}/reject/"),
    ("POST", f"{STUDIO}/marketplace/{{listing_id}}/feature/"),
    ("POST", f"{STUDIO}/marketplace/{{listing_id}}/unfeature/"),
    ("POST", f"{STUDIO}/marketplace/{{listing_id}}/subscribe/"),
    ("POST", f"{STUDIO}/marketplace/{{listing_id}}/rate/"),
    ("GET", f"{STUDIO}/marketplace/{{listing_id}}/ratings/"),
    ("GET", f"{STUDIO}/marketplace/{{listing_id}}/record/"),
    ("GET", f"{STUDIO}/subscriptions/"),
    ("GET", f"{STUDIO}/subscriptions/{{subscription_id}}/"),
    ("PATCH", f"{STUDIO}/subscriptions/{{subscription_id}}/"),
    ("POST", f"{STUDIO}/subscriptions/{{subscription_id}}/cancel/"),
    ("POST", f"{STUDIO}/subscriptions/{{subscription_id}}/refund/"),
    ("GET", f"{STUDIO}/analytics/leasing/"),
    ("GET", f"{STUDIO}/payments/"),
    ("GET", f"{STUDIO}/payments/{{payment_id}}/"),
}
