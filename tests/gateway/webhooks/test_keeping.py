"""Webhooks as their owner keeps them: the secret is shown once, there are so many and no more, and nobody else sees them."""

import asyncio

import pytest

from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit
from tests.gateway.studio.world import User
from tests.gateway.webhooks.receiver import Receiver
from tests.gateway.webhooks.subscriber import Subscriber

pytestmark = pytest.mark.asyncio(loop_scope="session")
NEW = {"url": "http://127.0.0.1:1/hook", "events": ["training_job.completed"]}


async def test_the_secret_is_shown_once(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    user = subscriber.user

    listed = await user.get("/webhooks/")
    got = await subscriber.webhook(made["id"])
    changed = (await user.call("PATCH", f"/webhooks/{made['id']}/", {"events": ["training_job.failed"]})).json()

    assert made["secret"].startswith("whsec_")
    assert len(made["secret"]) == 50
    assert (listed["count"], listed["results"]) == (1, [got])
    assert got == made | {"secret": f"{made['secret'][:10]}…"}
    assert changed["events"] == ["training_job.failed"]
    assert made["secret"] not in f"{listed}{got}{changed}"


async def test_the_secret_is_in_no_delivery_and_on_no_log_line(
    subscriber: Subscriber, receiver: Receiver, capfd: pytest.CaptureFixture[str]
) -> None:
    made = await subscriber.make_webhook(receiver)
    receiver.will_answer = [500]

    await subscriber.trained()
    (delivery,) = await subscriber.all_are(made["id"], "DELIVERED")

    webhook = await subscriber.studio.gateway.webhooks.webhooks.get(made["id"], account_id=subscriber.user.account_id)
    told = capfd.readouterr()
    assert made["secret"] not in repr(webhook)
    assert made["secret"] not in str(await subscriber.delivery(made["id"], delivery["id"]))
    assert made["secret"] not in told.out + told.err


async def test_there_are_pages_of_webhooks_and_deliveries(subscriber: Subscriber, receiver: Receiver) -> None:
    made = [await subscriber.make_webhook(receiver, path=f"/{number}") for number in range(3)]
    for _ in range(3):
        await subscriber.trained()
    await subscriber.all_are(made[0]["id"], "DELIVERED", count=3)
    path = f"/webhooks/{made[0]['id']}/deliveries/"

    page = await subscriber.user.get("/webhooks/?page_size=2&page=2")
    newest, oldest = [await subscriber.user.get(f"{path}?page_size=2&page={number}") for number in (1, 2)]

    assert [each["id"] for each in page["results"]] == [made[0]["id"]]
    assert (newest["count"], len(newest["results"]), len(oldest["results"])) == (3, 2, 1)
    assert newest["results"][0]["created_at"] > oldest["results"][0]["created_at"]
    assert "page=2" in newest["next"]


MOST = DEFAULTS[Limit.WEBHOOKS][Tier.ELITE]


async def test_an_account_has_so_many_webhooks_and_no_more_however_fast_it_asks(subscriber: Subscriber) -> None:
    user = subscriber.user

    answers = await asyncio.gather(*(user.call("POST", "/webhooks/", NEW) for _ in range(MOST + 5)))

    assert sorted(answer.status_code for answer in answers) == [*[201] * MOST, *[400] * 5]
    (refused, *_) = [answer.json()["error"] for answer in answers if answer.status_code == 400]
    assert refused["message"] == "Tier 'elite' has at most 50 webhooks."
    one = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    assert (await user.call("DELETE", f"/webhooks/{one}/")).status_code == 204
    assert (await user.call("POST", "/webhooks/", NEW)).status_code == 201


async def test_changes_at_once_all_hold(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver, "training_job.failed")
    changes = [{"events": ["training_job.completed"]}, {"url": f"{receiver.url}/new"}, {"enabled": False}]

    answers = await asyncio.gather(*(subscriber.user.call("PATCH", f"/webhooks/{made['id']}/", change) for change in changes))

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    webhook = await subscriber.webhook(made["id"])
    assert (webhook["events"], webhook["url"], webhook["enabled"]) == (["training_job.completed"], f"{receiver.url}/new", False)


STRANGE = [
    ("GET", "/webhooks/{webhook}/"),
    ("PATCH", "/webhooks/{webhook}/"),
    ("DELETE", "/webhooks/{webhook}/"),
    ("POST", "/webhooks/{webhook}/test/"),
    ("GET", "/webhooks/{webhook}/deliveries/"),
    ("GET", "/webhooks/{webhook}/deliveries/{delivery}/"),
    ("POST", "/webhooks/{webhook}/deliveries/{delivery}/replay/"),
    ("GET", "/webhooks/{own}/deliveries/{delivery}/"),
    ("POST", "/webhooks/{own}/deliveries/{delivery}/replay/"),
]


@pytest.mark.parametrize(("method", "path"), STRANGE)
async def test_another_account_finds_nothing(subscriber: Subscriber, eve: User, receiver: Receiver, method: str, path: str) -> None:
    made = await subscriber.make_webhook(receiver)
    await subscriber.trained()
    (delivery,) = await subscriber.all_are(made["id"], "DELIVERED")
    own = await Subscriber(eve, subscriber.studio).make_webhook(receiver, "training_job.failed")

    answer = await eve.call(
        method, path.format(webhook=made["id"], delivery=delivery["id"], own=own["id"]), {"enabled": False} if method == "PATCH" else None
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert await subscriber.webhook(made["id"]) == made | {"secret": f"{made['secret'][:10]}…"}
    assert [each["id"] for each in (await eve.get("/webhooks/"))["results"]] == [own["id"]]
    assert len(receiver.calls) == 1
