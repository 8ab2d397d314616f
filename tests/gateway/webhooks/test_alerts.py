"""The platform's alerts, told to its admins' webhooks."""

from dataclasses import replace

import pytest

from libs.chassis.bus.memory import MemoryBus
from libs.contracts.ids import new_id
from libs.contracts.monitoring import AlertRaised
from services.gateway.domain.accounts.account import Role
from tests.gateway.studio.world import STUDIO, User, World
from tests.gateway.webhooks.receiver import Receiver
from tests.gateway.webhooks.subscriber import Subscriber

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def made_admin(studio: World, user: User) -> User:
    """Make a user an admin, and log in anew (a change of role ends older tokens)."""
    accounts = studio.gateway.stores.accounts
    await accounts.save(replace(await accounts.get(user.account_id), role=Role.ADMIN))
    return studio.at_the_other(user)


def alert() -> AlertRaised:
    return AlertRaised(
        sequence=1,
        alert_id=new_id("alert"),
        account_id=None,
        kind="instance_silent",
        severity="critical",
        subject="training-1",
        message="training-1 is silent: no heartbeat for 9 s",
    )


async def test_an_admin_is_told_that_an_instance_is_silent(studio: World, subscriber: Subscriber, receiver: Receiver) -> None:
    admin = await made_admin(studio, subscriber.user)
    await Subscriber(admin, studio).make_webhook(receiver, "alert.raised")
    raised = alert()

    await MemoryBus(studio.broker, service="monitoring", instance="monitoring").publish(raised)

    (call,) = await receiver.heard(1)
    assert call.payload["event"] == "alert.raised"
    assert call.payload["data"] == {
        "alert_id": raised.alert_id,
        "kind": "instance_silent",
        "severity": "critical",
        "subject": "training-1",
        "message": "training-1 is silent: no heartbeat for 9 s",
    }


async def test_who_is_no_admin_cannot_ask_for_the_platforms_alerts(eve: User, receiver: Receiver) -> None:
    answer = await eve.call("POST", "/webhooks/", {"url": receiver.url, "events": ["alert.raised"]})

    assert answer.status_code == 400
    assert "'alert.raised' is not one of" in answer.json()["error"]["details"]["events"][0]


async def test_an_admins_key_without_the_scope_admin_cannot_ask_for_them_either(studio: World, eve: User, receiver: Receiver) -> None:
    admin = await made_admin(studio, eve)
    made = await admin.http.post("/auth/api-keys", json={"name": "writes alone", "scopes": ["read", "write"]})
    key = {"Authorization": f"Bearer {made.json()['key']}"}

    answer = await admin.http.post(f"{STUDIO}/webhooks/", json={"url": receiver.url, "events": ["alert.raised"]}, headers=key)

    assert answer.status_code == 400
    assert "'alert.raised' is not one of" in answer.json()["error"]["details"]["events"][0]


async def test_who_is_no_admin_any_more_is_told_nothing(studio: World, subscriber: Subscriber, receiver: Receiver) -> None:
    admin = await made_admin(studio, subscriber.user)
    await Subscriber(admin, studio).make_webhook(receiver, "alert.raised", "training_job.completed")
    accounts = studio.gateway.stores.accounts
    await accounts.save(replace(await accounts.get(admin.account_id), role=Role.USER))

    await MemoryBus(studio.broker, service="monitoring", instance="monitoring").publish(alert())
    await subscriber.trained()

    (call,) = await receiver.heard(1)
    assert call.payload["event"] == "training_job.completed"
