"""Lists with a document that cannot be read: it is set aside and left out, and the others are shown."""

from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from libs.chassis.stores.set_aside import look_again
from libs.contracts.ids import new_id
from services.gateway.domain.accounts.account import Role
from tests.faces.backtests import accepted, heard, progress
from tests.gateway.studio.sockets import authorization, message
from tests.gateway.studio.world import STUDIO, User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

# By list: the collection behind it, and by which field a document is found.
LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    f"{STUDIO}/models/": ("models", {"deleted_at": None, "stage": "none", "spec": {"model_type": "classification"}}),
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


async def test_who_watches_is_told_of_the_good_jobs_beside_those_of_a_kind_that_is_not_known(
    studio: World, ada: User, gateways: list[str]
) -> None:
    good = (await accepted(ada))["task_id"]
    await heard(studio, good)

    async def add_strange() -> str:
        document = await studio.database["jobs"].find_one({"_id": good})
        assert document is not None
        strange = {"_id": new_id("job"), "kind": "horoscope", "slot": None, "slug": None, "pending_events": []}
        await studio.database["jobs"].insert_one(document | strange)
        return str(strange["_id"])

    async def is_aside(job_id: str) -> bool:
        return await studio.database["set_aside"].find_one({"_id": f"jobs/{job_id}"}) is not None

    there = await add_strange()
    async with connect(f"{gateways[0]}/ws/jobs", additional_headers=authorization(ada)) as socket:
        first = await message(socket)
        new = await add_strange()
        request = studio.training.job_requests[good]
        await studio.training.again(request.model_copy(update={"job_id": new, "kind": "horoscope"}))
        await until(lambda: is_aside(new), what="the look at the new job")
        await progress(studio, good)
        second = await message(socket)

    assert await is_aside(there)
    assert [(said["job_id"], said["data"]["state"]) for said in (first, second)] == [(good, "queued"), (good, "running")]
