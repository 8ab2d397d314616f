"""Lists with a document that cannot be read: it is set aside and left out, and the others are shown."""

from typing import Any

import pytest
import pytest_asyncio

from libs.chassis.stores.set_aside import look_again
from services.gateway.domain.accounts.account import Role
from tests.gateway.studio.world import STUDIO, User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

# By list: the collection behind it, and by which field a document is found.
LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    f"{STUDIO}/models/": ("models", {"deleted_at": None}),
    f"{STUDIO}/training-jobs/": ("jobs", {"kind": "train"}),
    f"{STUDIO}/marketplace/": ("listings", {"state": "listed"}),
    f"{STUDIO}/subscriptions/": ("subscriptions", {}),
    f"{STUDIO}/webhooks/": ("webhooks", {}),
    f"{STUDIO}/analytics/dashboard/": ("jobs", {"kind": "train", "ended_at": None}),
    "/auth/api-keys": ("api_keys", {}),
    "/admin/accounts": ("accounts", {"login": "odd", "email_key": "odd"}),
    "/admin/dead": ("dead_letters", {"dealt_with": None}),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def studio(alone: World) -> World:
    """Few things are in these lists: what cannot be read is on the first page."""
    return alone


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_leaves_out_what_cannot_be_read(path: str, studio: World) -> None:
    admin: User = await studio.user(role=Role.ADMIN)
    collection, found = LISTS[path]
    mine = dict.fromkeys(("account_id", "subscriber_id", "seller_id"), admin.account_id)
    await studio.database[collection].insert_one({"_id": "bad"} | mine | found)

    answers = [await admin.http.get(path) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "bad" not in answers[1].text
    assert await studio.database["set_aside"].find_one({"_id": f"{collection}/bad"}) is not None
    await studio.database[collection].delete_one({"_id": "bad"})
    await look_again(studio.database)
