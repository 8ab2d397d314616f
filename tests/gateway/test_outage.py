"""A story of the store being away: who is known goes on, who is not is told to wait."""

import uuid

import pytest

from deploy.local.ports import free_ports
from deploy.local.program import running
from deploy.local.ready import mongo_ready
from deploy.local.servers import mongod
from tests.freezing import frozen
from tests.gateway.conftest import OpenDesk, bearer
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
SYMBOLS = "/api/ai-studio/symbols/"


async def test_known_callers_go_on_while_the_store_is_away(open_desk: OpenDesk, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, (port,) = tmp_path_factory.mktemp("mongodb"), free_ports(1)
    with running(mongod(port=port, data=folder / "data", log=folder / "log", mark=f"tests-{uuid.uuid4().hex}:mongodb")) as process:
        await mongo_ready(port)
        desk = await open_desk(mongo_url=f"mongodb://127.0.0.1:{port}/?replicaSet=rs0", credential_memory_s=0.0)
        known, unknown = bearer(await desk.user()), bearer(await desk.user())
        assert (await desk.client.get(SYMBOLS, headers=known)).status_code == 200

        with frozen(process.pid):
            first, again = [await desk.client.get(SYMBOLS, headers=known) for _ in range(2)]
            stranger = await desk.client.get(SYMBOLS, headers=unknown)
            ready = await desk.client.get("/readyz")

        async def back() -> bool:
            return (await desk.client.get("/auth/me", headers=unknown)).status_code == 200

        await until(back, within=30)

    assert (first.status_code, again.status_code) == (200, 200)
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "no answer" in ready.json()["checks"]["mongodb"]
