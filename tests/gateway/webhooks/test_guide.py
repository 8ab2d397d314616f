"""The guide holds: its receiver receives, its headers and pauses are those of the code."""

import asyncio
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.local.ports import free_ports
from services.gateway.domain.webhooks.signatures import new_secret, signed_headers
from services.gateway.domain.webhooks.webhook import Attempt, Delivery, DeliveryStatus
from services.gateway.inbound.faces.ai_studio.notices import EVENT_NAMES
from services.gateway.settings import Settings
from services.gateway.webhooks import plan_of
from tests.gateway.studio.world import Places
from tests.gateway.webhooks.receiver import Receiver
from tests.gateway.webhooks.subscriber import Subscriber
from tests.waiting import until

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "guides" / "webhooks.md").read_text()
AT = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_guides_receiver_takes_what_is_signed_and_nothing_else(subscriber: Subscriber, tmp_path: Path) -> None:
    program = tmp_path / "receiver.py"
    program.write_text(re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)[0])
    (port,) = free_ports(1)
    made = await subscriber.make_webhook(Receiver(f"http://127.0.0.1:{port}"))
    stranger = await subscriber.make_webhook(Receiver(f"http://127.0.0.1:{port}"), "training_job.completed")
    environment = {**os.environ, "SECRET": made["secret"], "PORT": str(port)}
    running = await asyncio.create_subprocess_exec(sys.executable, str(program), env=environment, stdout=asyncio.subprocess.PIPE)
    try:
        await until(lambda: listens(port), what="the guide's receiver")
        job_id = await subscriber.trained()
        assert running.stdout is not None
        said = (await asyncio.wait_for(running.stdout.readline(), timeout=60)).decode()
        await subscriber.all_are(made["id"], "DELIVERED")
        (refused,) = await subscriber.all_are(stranger["id"], "FAILED")
    finally:
        running.kill()
        await running.wait()

    assert said.startswith(f'training_job.completed {{"job_id": "{job_id}"')
    assert refused["response_status"] == 401


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def test_the_guide_names_every_event_and_header() -> None:
    headers = signed_headers(new_secret(), event="x", message_id="y", body=b"", at=AT)

    for name in (*EVENT_NAMES, *(header for header in headers if header not in {"Content-Type", "User-Agent"})):
        assert f"`{name}`" in GUIDE


def settings(places: Places, **more: object) -> Settings:
    return Settings.model_validate(places.settings(jwt_keys=(("k1", "s" * 40),), **more))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places("mongodb://nowhere", "redis://nowhere", tmp_path)


def test_attempts_are_made_as_long_apart_as_the_guide_says(places: Places) -> None:
    plan = plan_of(settings(places))
    delivery = Delivery("delivery_1", "webhook_1", "e", "event_1", "{}", created_at=AT, next_attempt_at=AT)
    pauses = []

    while delivery.next_attempt_at is not None:
        at = delivery.next_attempt_at
        delivery = delivery.attempted(Attempt(at, took_ms=0, status=500), retries=plan.retries)
        pauses += [delivery.next_attempt_at - at] if delivery.next_attempt_at else []

    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    assert pauses == [timedelta(seconds=5), 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour]
    assert (delivery.status, len(delivery.attempts)) == (DeliveryStatus.FAILED, 8)
    assert (plan.timeout, plan.give_up_after) == (timedelta(seconds=10), timedelta(days=5))


def test_the_pauses_are_a_setting(places: Places) -> None:
    assert settings(places, webhook_retries="1, 2.5,60").webhook_retries == (1.0, 2.5, 60.0)
    for wrong in ("", "soon", "1,,2", "-1", ",".join(["1"] * 21)):
        with pytest.raises(ValidationError):
            settings(places, webhook_retries=wrong)
