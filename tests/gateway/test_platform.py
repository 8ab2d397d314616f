"""Stories of who looks after the gateway: probes, metrics, documents."""

import re
from datetime import timedelta

import pytest

from libs.chassis.bus.broker_probe import broker_answers
from libs.chassis.bus.dead_letters import DeadLetter
from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import BrokerAwayError
from libs.chassis.liveness.fleet import publish_metrics
from libs.chassis.liveness.measures import read_once
from libs.contracts.envelope import now
from tests.gateway.conftest import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_gateway_lives_without_its_servers_and_says_what_it_lacks(desk: Desk) -> None:
    alive, ready = await desk.client.get("/livez"), await desk.client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert ready.status_code == 503
    assert ready.json()["checks"]["mongodb"] == "ok"
    assert "broker" in ready.json()["checks"]["kafka"]


async def test_a_broker_that_does_not_answer_is_away_as_for_whoever_would_send() -> None:
    broker = MemoryBroker()
    broker.away = True

    with pytest.raises(BrokerAwayError) as probed:
        await broker_answers("127.0.0.1:1")
    with pytest.raises(BrokerAwayError) as sent:
        broker.require()

    assert probed.value.message == sent.value.message


async def test_metrics_are_the_fleets_with_service_and_instance(desk: Desk) -> None:
    await desk.client.get("/auth/me")
    place = {"namespace": desk.settings.namespace, "service": "gateway", "instance": "gateway-7"}
    await publish_metrics(desk.chassis.redis, registry=desk.chassis.registry, **place)

    page = (await desk.client.get("/metrics")).text

    (line,) = (line for line in page.splitlines() if line.startswith("modelbourse_requests_total") and 'status="401"' in line)
    assert all(part in line for part in ('service="gateway"', 'instance="gateway-7"', 'face="auth"', 'method="GET"', 'route="/auth/me"'))


async def test_what_waits_in_the_gateways_stores_is_measured(desk: Desk) -> None:
    why = {"error_type": "ZeroDivisionError", "error_message": "", "error_code": "", "service": "training", "failed_at": ""}
    letter = DeadLetter(id="letter_1", topic="training.requested", key=None, body="", value=b"", headers={}, attempts=1, **why)
    await desk.gateway.stores.letters.keep(letter)
    due = {"enabled": True, "account_id": "account_1", "place": 1, "due_at": now() - timedelta(minutes=5), "set_aside": None}
    await desk.chassis.database["webhooks"].insert_one({"_id": "webhook_1", "lease": {"until": now() + timedelta(hours=1)}} | due)

    assert [await read_once(measure) for measure in desk.chassis.measures] == [True] * 3

    shown = desk.chassis.registry.get_sample_value
    await desk.chassis.database["webhooks"].delete_one({"_id": "webhook_1"})
    assert (shown("modelbourse_dead_letters_waiting"), shown("modelbourse_webhooks_due")) == (1, 1)
    assert 300 <= (shown("modelbourse_webhooks_due_oldest_seconds") or 0) < 900
    assert shown("modelbourse_outbox_depth", {"collection": "jobs"}) == 0


async def test_the_page_needs_nothing_from_elsewhere(desk: Desk) -> None:
    page = await desk.client.get("/docs")

    assert page.status_code == 200
    assert "https://" not in page.text
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        assert (await desk.client.get(address)).status_code == 200, address
    assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_a_browser_at_the_root_is_led_to_the_web_ui(desk: Desk) -> None:
    browser = await desk.client.get("/", headers={"Accept": "text/html,application/xhtml+xml;q=0.9"})
    program = await desk.client.get("/")

    assert (browser.status_code, browser.headers["location"]) == (307, "/app")
    assert (program.status_code, program.json()["documentation"]) == (200, "/docs")


async def test_events_are_described_for_machines_and_to_read(desk: Desk) -> None:
    document, page = await desk.client.get("/asyncapi.json"), await desk.client.get("/asyncapi")

    assert document.json()["asyncapi"].startswith("3.")
    assert "training.completed" in page.text
    assert "<code>training_job.completed</code>" in page.text
    assert "`" not in page.text
    assert "https://" not in re.sub(r"<td>.*?</td>", "", page.text)
