"""A story of the store being away: who is known goes on, who is not is told to wait."""

import asyncio
import uuid
from collections.abc import Iterator

import pytest

from deploy.local.ports import free_ports
from deploy.local.program import running
from deploy.local.ready import mongo_ready
from deploy.local.servers import mongod
from tests.freezing import frozen
from tests.gateway.conftest import OpenDesk, bearer, dead_redis
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
SYMBOLS = "/api/ai-studio/symbols/"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A MongoDB of this story alone: its address and process."""
    folder, (port,) = tmp_path_factory.mktemp("mongodb"), free_ports(1)
    with running(mongod(port=port, data=folder / "data", log=folder / "log", mark=f"tests-{uuid.uuid4().hex}:mongodb")) as process:
        asyncio.run(mongo_ready(port))
        yield f"mongodb://127.0.0.1:{port}/?replicaSet=rs0", process.pid


@pytest.fixture(scope="module")
def mongo_url(store: tuple[str, int]) -> str:
    """The gateway's own, which is there until the gateway has ended."""
    return store[0]


async def test_known_callers_go_on_while_the_store_is_away(open_desk: OpenDesk, store: tuple[str, int]) -> None:
    desk = await open_desk(credential_memory_s=0.0)
    known, unknown = bearer(await desk.user()), bearer(await desk.user())
    assert (await desk.client.get(SYMBOLS, headers=known)).status_code == 200

    with frozen(store[1]):
        first, again = [await desk.client.get(SYMBOLS, headers=known) for _ in range(2)]
        stranger = await desk.client.get(SYMBOLS, headers=unknown)
        ready = await desk.client.get("/readyz")

    async def back() -> bool:
        return (await desk.client.get("/auth/me", headers=unknown)).status_code == 200

    await until(back)

    assert (first.status_code, again.status_code) == (200, 200)
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "no answer" in ready.json()["checks"]["mongodb"]


async def test_health_is_told_when_everything_else_is_away(open_desk: OpenDesk, store: tuple[str, int]) -> None:
    desk = await open_desk(redis_url=dead_redis())

    with frozen(store[1]):
        answer = await desk.client.get("/api/monitoring/health")

    found = answer.json()
    assert (answer.status_code, found["status"]) == (503, "unhealthy")
    assert [error.partition(":")[0] for error in found["errors"]] == ["MongoDB is away", "Redis is away", "Kafka is away"]
    assert found["services"]["mongodb"]["reasons"]["connections"] == "no answer within 1 s"
    assert found["services"]["celery_workers"]["active_workers"] is None
    # What this process knows by itself is there still.
    assert found["system_resources"]["memory_usage_percent"] > 0
