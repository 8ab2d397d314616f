"""Another account's things are not there: every operation of AI Studio's document, tried by a stranger on the owner's ids."""

import json
from typing import Any, Final

import pytest
import pytest_asyncio

from tests.faces.things import ADMINS_ALONE, LISTING, MARKET, a_webhook_that_was_tried
from tests.gateway.document import Document, Operation
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.world import STUDIO, User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
Things = dict[str, str]
# What everybody may see or do, by its nature.
FOR_ALL: Final = {f"GET {MARKET}", f"GET {LISTING}", f"GET {LISTING}ratings/", f"GET {LISTING}record/", f"POST {LISTING}subscribe/"}
# What is the same for everybody, and open to a guest where the platform lets guests in.
FOR_GUESTS: Final = {f"GET {STUDIO}/compute/prices/"}
# What is there for everybody, and not theirs to do.
FORBIDDEN: Final = {f"POST {path}": (403, "PERMISSION_DENIED") for path in ADMINS_ALONE} | {
    f"POST {LISTING}rate/": (403, "SUBSCRIPTION_REQUIRED")
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def owner(studio: World) -> User:
    return await studio.user()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def things(studio: World, owner: User) -> Things:
    """One of everything that a path can name, all of it the owner's."""
    model = await studio.trained(owner)
    await owner.call("PATCH", f"/models/{model}/versions/1.0/", {"aliases": ["owners-champion"]})
    (job,) = (await owner.get("/training-jobs/"))["results"]
    webhook, delivery = await a_webhook_that_was_tried(owner)
    _, listing = await listed(studio, owner, await a_reviewer(studio))
    _, others = await listed(studio, await studio.user(), await a_reviewer(studio))
    subscription = (await subscribed(owner, others))["subscription_id"]
    (payment,) = (await owner.get("/payments/"))["results"]
    return {
        "model_id": model,
        "version": "owners-champion",
        "job_id": job["id"],
        "webhook_id": webhook,
        "delivery_id": delivery,
        "listing_id": listing,
        "subscription_id": subscription,
        "payment_id": payment["payment_id"],
    }


def of_the_studio(document: Document) -> list[Operation]:
    return [operation for operation in document.operations() if operation.path.startswith(f"{STUDIO}/")]


def path_of(operation: Operation, things: Things) -> str:
    """Return an operation's path with the owner's ids in it; a KeyError here asks for one more kind of thing above."""
    return operation.path.removeprefix(STUDIO).format(**things)


def body_of(operation: Operation) -> Any:
    """Return the documented example of what an operation takes."""
    content = operation.body.get("requestBody", {}).get("content", {}).get("application/json")
    return content and content["example"]


async def test_a_stranger_is_told_that_nothing_is_there(document: Document, things: Things, eve: User) -> None:
    told = {}
    for operation in of_the_studio(document):
        if "{" in operation.path and str(operation) not in FOR_ALL:
            answer = await eve.call(operation.method, path_of(operation, things), body_of(operation))
            told[str(operation)] = (answer.status_code, answer.json()["error"]["code"])

    assert len(told) >= 15
    assert {operation: answer for operation, answer in told.items() if answer != (404, "RESOURCE_NOT_FOUND")} == FORBIDDEN


async def test_the_owners_things_are_untouched_by_it(things: Things, owner: User) -> None:
    assert (await owner.get(f"/models/{things['model_id']}/"))["status"] == "COMPLETED"
    assert (await owner.get(f"/training-jobs/{things['job_id']}/"))["status"] == "COMPLETED"
    assert (await owner.get(f"/webhooks/{things['webhook_id']}/"))["enabled"]


async def test_no_list_shows_a_stranger_anything_of_the_owners(document: Document, things: Things, eve: User, owner: User) -> None:
    for operation in of_the_studio(document):
        if operation.method == "GET" and "{" not in operation.path and str(operation) not in FOR_ALL:
            answer = await eve.call("GET", operation.path.removeprefix(STUDIO))
            assert answer.status_code == 200, (str(operation), answer.text)
            shown = json.dumps(answer.json())
            assert [thing for thing in (*things.values(), owner.account_id) if thing in shown] == [], str(operation)


async def test_without_a_credential_nothing_is_answered_but_what_is_for_guests(studio: World, document: Document, things: Things) -> None:
    told = {}
    async with studio.client() as nobody:
        for operation in of_the_studio(document):
            answer = await nobody.request(operation.method, f"{STUDIO}{path_of(operation, things)}", json=body_of(operation))
            told[str(operation)] = (answer.status_code, answer.json().get("error", {}).get("code"))

    answered = {operation: answer for operation, answer in told.items() if answer != (401, "AUTHENTICATION_ERROR")}
    assert answered == dict.fromkeys(FOR_GUESTS, (200, None))
