"""Alerts of the fleet: raised once, resolved once."""

from typing import Any

import orjson

from libs.chassis.bus.memory import MemoryBroker
from libs.contracts.monitoring import AlertRaised, AlertResolved
from services.monitoring.settings import Settings
from tests.monitoring.fleet import Fleet, beat, monitoring, settings
from tests.waiting import until

__all__ = ["settings"]
# Most services are never heard in these stories, and an instance that is gone is missed from the next look on.
BESIDE = {"service_away", "instances_missing"}


def alerts(fleet: Fleet, *, of_rule: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return what was told about alerts: of this rule, or of all but those that are raised beside what a story is about."""
    topics = {AlertRaised.topic, AlertResolved.topic}
    told = [(entry["topic"], orjson.loads(entry["body"])) for entry in fleet.broker.events if entry["topic"] in topics]
    return [(topic, body) for topic, body in told if (body.get("rule") == of_rule if of_rule else body.get("rule") not in BESIDE)]


async def told(fleet: Fleet, *topics: str) -> list[dict[str, Any]]:
    async def there() -> bool:
        return [topic for topic, _ in alerts(fleet)] == list(topics)

    await until(there, what=f"{topics}, not {alerts(fleet)}")
    return [body for _, body in alerts(fleet)]


async def test_a_degraded_instance_raises_an_alert_that_ends_when_all_is_well(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear(beat(1), beat(2, "degraded", redis="no answer within 1 s"), beat(3, "degraded", redis="still none"), beat(4))

        raised, resolved = await told(fleet, "alert.raised", "alert.resolved")

    assert raised["alert_id"] == resolved["alert_id"]
    assert (raised["kind"], raised["severity"], raised["subject"]) == ("instance_degraded", "warning", "training-1")
    assert raised["message"] == "training-1 is degraded: redis: no answer within 1 s"
    assert resolved["message"] == "training-1 is healthy: all checks pass"
    assert resolved["raised_at"] <= resolved["occurred_at"]


async def test_silence_after_trouble_is_the_same_alert_and_being_gone_ends_it(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear_itself()
        await fleet.hear(beat(1, "degraded", redis="away"))
        await fleet.tells("degraded")
        await fleet.falls_silent("degraded", "silent")
        await fleet.falls_silent("degraded", "silent", "gone")
        await fleet.looks()  # By now it is missed as well.

        await told(fleet, "alert.raised", "alert.resolved")


async def test_silence_is_critical_and_a_second_trouble_is_another_alert(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear_itself()
        await fleet.hear(beat(1))
        await fleet.tells("healthy")
        await fleet.falls_silent("healthy", "silent")
        await told(fleet, "alert.raised")
        await fleet.hear(beat(2), beat(3, "degraded"))

        silent, _, degraded = await told(fleet, "alert.raised", "alert.resolved", "alert.raised")

    assert (silent["kind"], silent["severity"]) == ("instance_silent", "critical")
    assert silent["alert_id"] != degraded["alert_id"]


async def test_an_instance_that_stops_in_good_order_raises_nothing(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear(beat(1), beat(2, "stopping"))
        await fleet.tells("healthy", "gone")

        assert alerts(fleet) == []
