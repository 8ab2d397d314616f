"""Alerts as Trading AI shows them, and what operators do about them: gateway and monitoring on real stores, over a bus in this process."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from libs.chassis.bus.memory import MemoryBus
from libs.chassis.process import open_chassis
from libs.contracts.alerts import AlertAcknowledged, AlertChanged
from libs.contracts.ids import new_id
from libs.contracts.monitoring import AlertRaised, AlertResolved
from services.gateway.domain.errors import NotFoundError
from services.monitoring.app import running as monitoring_running
from services.monitoring.settings import Settings
from tests.gateway.conftest import Desk, bearer
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
ALERTS = "/api/monitoring/alerts"
BEGAN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def raised(rule: str = "consumer_lag", **changes: Any) -> AlertRaised:
    fields: dict[str, Any] = {
        "occurred_at": BEGAN,
        "sequence": 1,
        "alert_id": new_id("alert"),
        "account_id": None,
        "kind": "instance_degraded",
        "severity": "warning",
        "subject": "modelbourse.marketplace",
        "message": "It is behind.",
        "rule": rule,
        "level": "high",
        "title": "Consumers behind",
        "service": "kafka",
        "metric": "consumer_lag",
        "value": 1500.0,
        "threshold": 1000.0,
    }
    return AlertRaised(**fields | changes)


def resolved(event: AlertRaised, **changes: Any) -> AlertResolved:
    about: dict[str, Any] = {"alert_id": event.alert_id, "account_id": event.account_id, "subject": event.subject, "raised_at": BEGAN}
    return AlertResolved(**about | {"sequence": 3, "message": "It is over.", "value": 400.0} | changes)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bus(desk: Desk) -> AsyncIterator[MemoryBus]:
    """Monitoring, as it answers the gateway; what is published here it has told."""
    settings = desk.settings
    places = {name: getattr(settings, name) for name in ("kafka_bootstrap", "mongo_url", "redis_url", "artifacts_url", "namespace")}
    given = Settings(**places, profile="development", look_every=3600)
    bus = MemoryBus(desk.chassis.bus._broker, service="monitoring", instance="monitoring")
    async with open_chassis("monitoring", settings=given, bus=bus) as chassis, monitoring_running(given, chassis):
        yield bus


async def listed(desk: Desk, query: str = "", **headers: str) -> dict[str, Any]:
    answer = await desk.client.get(f"{ALERTS}?limit=100&{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def shown(desk: Desk, alert_id: str, *, status: str = "OPEN", account_id: str | None = None) -> dict[str, Any]:
    """Wait until an alert has this status, and return it as it is listed."""
    views = desk.gateway.stores.alerts

    async def there() -> bool:
        try:
            return (await views.get(alert_id, account_id=account_id)).status == status.lower()
        except NotFoundError:
            return False

    await until(there, what=f"{alert_id} is {status}")
    return {each["alert_id"]: each for each in (await listed(desk))["alerts"]}.get(alert_id, {})


async def change(desk: Desk, alert_id: str, word: str, headers: dict[str, str], notes: str | None = None) -> httpx.Response:
    return await desk.client.post(f"{ALERTS}/{alert_id}/{word}", headers=headers, json={"notes": notes} if notes else None)


async def test_an_alert_is_listed_looked_after_and_ended_by_an_admin(desk: Desk, bus: MemoryBus) -> None:
    admin, event = await desk.admin(), raised()
    await bus.publish(event)
    first = await shown(desk, "alert_consumer_lag_20260105_093000")

    taken = await change(desk, first["alert_id"], "acknowledge", admin, "I look.")
    again = await change(desk, first["alert_id"], "acknowledge", admin, "I look again.")
    ended = await change(desk, event.alert_id, "resolve", admin, "Restarted.")
    late = await change(desk, first["alert_id"], "acknowledge", admin)
    public = await shown(desk, first["alert_id"], status="RESOLVED")

    assert first | {"reasons": {}} == {
        "alert_id": "alert_consumer_lag_20260105_093000",
        "severity": "HIGH",
        "title": "Consumers behind",
        "description": "It is behind.",
        "status": "OPEN",
        "service": "kafka",
        "subject": "modelbourse.marketplace",
        "metric": "consumer_lag",
        "current_value": 1500.0,
        "threshold": 1000.0,
        "created_at": "2026-01-05T09:30:00.000Z",
        "acknowledged_at": None,
        "resolved_at": None,
        "resolution_notes": None,
        "reasons": {},
    }
    assert (taken.json()["status"], taken.json()["acknowledgement_notes"]) == ("ACKNOWLEDGED", "I look.")
    assert taken.json()["acknowledged_by"].startswith("root")
    assert again.json() == taken.json()
    assert (ended.status_code, ended.json()["status"], ended.json()["resolution_notes"]) == (200, "RESOLVED", "Restarted.")
    assert (late.status_code, "is over" in late.json()["detail"]) == (409, True)
    # Who it was is for admins.
    assert {"acknowledged_by", "acknowledgement_notes", "resolved_by"}.isdisjoint(public)
    assert public["acknowledged_at"] is not None


async def test_who_is_no_admin_changes_nothing_and_what_there_is_not_is_not_found(desk: Desk, bus: MemoryBus) -> None:
    event = raised("disk")
    await bus.publish(event)
    alert = await shown(desk, "alert_disk_20260105_093000")
    user, admin = bearer(await desk.user()), await desk.admin()

    answers = [await change(desk, alert["alert_id"], "resolve", headers) for headers in ({}, user)]
    unknown = await change(desk, "alert_disk_20200101_000000", "resolve", admin)
    typo = await desk.client.get(f"{ALERTS}?severity=HIHG")
    body = await desk.client.post(f"{ALERTS}/{alert['alert_id']}/resolve", headers=admin, json={"notes": 5})

    assert [answer.status_code for answer in answers] == [401, 403]
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Alert not found: alert_disk_20200101_000000"})
    assert (typo.status_code, "severity" in typo.json()["detail"]) == (400, True)
    assert (body.status_code, "notes" in body.json()["detail"]) == (400, True)


async def test_alerts_of_one_second_have_ids_of_their_own_whatever_the_order_of_events(desk: Desk, bus: MemoryBus) -> None:
    one, other = raised("memory", level="low"), raised("memory", level="low")
    taken = AlertAcknowledged(
        sequence=2, alert_id=other.alert_id, account_id=None, subject=other.subject, raised_at=BEGAN, by="account_gone", notes=None
    )

    await bus.publish(one)
    await shown(desk, "alert_memory_20260105_093000")
    for event in (resolved(other), one, other, taken, other):
        await bus.publish(event)
    await shown(desk, "alert_memory_20260105_093000-2", status="RESOLVED")

    async def whole() -> bool:
        view = await desk.gateway.stores.alerts.get("alert_memory_20260105_093000-2", account_id=None)
        return None not in (view.value, view.acknowledged_at)

    # Topics keep no order among each other: its end may be heard before it was raised.
    await until(whole, what="all that was told of the second")
    low = await listed(desk, "severity=LOW")
    second = next(each for each in low["alerts"] if each["alert_id"] == "alert_memory_20260105_093000-2")

    assert (second["current_value"], second["resolution_notes"]) == (400.0, "It is over.")
    assert second["acknowledged_at"] is not None
    assert sorted(each["alert_id"] for each in low["alerts"]) == ["alert_memory_20260105_093000", "alert_memory_20260105_093000-2"]
    assert (low["total"], low["summary"]["low"]) == (2, 2)
    assert (await listed(desk, "severity=LOW&status=OPEN"))["total"] == 1
    summary = low["summary"]
    assert sum(summary[word] for word in ("critical", "high", "medium", "low")) == sum(
        summary[word] for word in ("open", "acknowledged", "resolved")
    )


async def test_an_alert_that_is_over_before_the_answer_of_who_acknowledged_it_comes_stays_over(desk: Desk) -> None:
    views, event = desk.gateway.stores.alerts, raised("late_answer")
    fields: dict[str, Any] = dict.fromkeys(AlertChanged.model_fields) | {"alert_id": event.alert_id, "acknowledged_by": "account_root"}
    end = resolved(event)

    await views.apply(event)
    await views.note(AlertChanged(**fields | {"status": "acknowledged", "acknowledged_at": BEGAN}))
    taken = await views.get(event.alert_id, account_id=None)
    await views.apply(end)
    await views.note(AlertChanged(**fields | {"status": "acknowledged", "acknowledged_at": BEGAN}))
    over = await views.get(event.alert_id, account_id=None)
    await views.note(AlertChanged(**fields | {"status": "resolved", "resolved_at": end.occurred_at, "resolution_notes": "Restarted."}))
    told = await views.get(event.alert_id, account_id=None)

    assert (taken.status, over.status, told.status) == ("acknowledged", "resolved", "resolved")
    assert (over.resolution_notes, told.resolution_notes) == ("It is over.", "Restarted.")
    assert over.resolved_at is not None


async def test_an_accounts_own_alert_is_for_it_alone_and_an_older_releases_has_its_words(desk: Desk, bus: MemoryBus) -> None:
    tokens = await desk.user()
    account_id = (await desk.client.get("/auth/me", headers=bearer(tokens))).json()["id"]
    older = dict.fromkeys(("rule", "level", "title", "service", "metric", "value", "threshold"))
    await bus.publish(raised("llm_budget", account_id=account_id))
    await bus.publish(raised(**older, kind="instance_silent", severity="critical", subject="training-1"))

    await shown(desk, "alert_llm_budget_20260105_093000", account_id=account_id)
    silent = await shown(desk, "alert_instance_silent_20260105_093000")

    own = [each["alert_id"] for each in (await listed(desk, **bearer(tokens)))["alerts"]]
    others = [each["alert_id"] for each in (await listed(desk, **bearer(await desk.user())))["alerts"]]
    assert "alert_llm_budget_20260105_093000" in own
    assert "alert_llm_budget_20260105_093000" not in others
    assert (silent["severity"], silent["title"], silent["service"]) == ("CRITICAL", "Instance silent", "training-1")
    assert silent["reasons"].keys() == {"metric", "current_value", "threshold"}
