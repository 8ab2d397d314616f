"""Changes of recipes, told to their owner's webhooks."""

import pytest

from tests.gateway.studio.recipe_runs import answered
from tests.gateway.studio.world import User
from tests.gateway.webhooks.receiver import Receiver
from tests.gateway.webhooks.subscriber import Subscriber

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_change_of_a_recipe_is_told_to_its_owner_alone(subscriber: Subscriber, receiver: Receiver, eve: User) -> None:
    await subscriber.make_webhook(receiver, "recipe.changed")

    await answered(eve, "POST", "/recipes/recipe_pricing_base/clone?name=Theirs")
    mine = await answered(subscriber.user, "POST", "/recipes/recipe_pricing_base/clone?name=Mine")

    (call,) = await receiver.heard(1)
    assert call.payload["event"] == "recipe.changed"
    assert call.payload["data"] == {
        "recipe_id": mine["id"],
        "change": "created",
        "name": "Mine",
        "model_family": "pricing",
        "level": "baseline",
        "status": "draft",
        "version_id": mine["version_id"],
        "version_number": "1.0.0",
    }
