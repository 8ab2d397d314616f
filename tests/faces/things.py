"""What stories of every operation share: things that paths can name, and whose operations are not everybody's."""

from typing import Final

from tests.faces.bad_input_webhooks import COMPLETED, URL
from tests.gateway.studio.world import STUDIO, User
from tests.waiting import until

MARKET: Final = f"{STUDIO}/marketplace/"
LISTING: Final = f"{MARKET}{{listing_id}}/"
ADMINS_ALONE: Final = (
    *(f"{LISTING}{verb}/" for verb in ("approve", "reject", "feature", "unfeature")),
    f"{STUDIO}/subscriptions/{{subscription_id}}/refund/",
)


async def a_webhook_that_was_tried(user: User) -> tuple[str, str]:
    """Make a webhook with a delivery; return both ids."""
    webhook: str = (await user.call("POST", "/webhooks/", {"url": URL, "events": [COMPLETED]})).json()["id"]
    tried = await user.call("POST", f"/webhooks/{webhook}/test/")
    assert tried.status_code == 202, tried.text
    deliveries = f"/webhooks/{webhook}/deliveries/"

    async def one() -> bool:
        return bool((await user.get(deliveries))["results"])

    await until(one, what="a delivery")
    delivery: str = (await user.get(deliveries))["results"][0]["id"]
    return webhook, delivery
