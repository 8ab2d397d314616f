"""A whole gateway in this process: real MongoDB and Valkey, the bus in memory, HTTP without a socket.

One platform serves a module's tests, each with accounts of its own: making a database anew costs more than most stories.
"""

import itertools
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import pytest
import pytest_asyncio

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.process import Chassis, open_chassis
from services.gateway.app import Gateway, build, started
from services.gateway.domain.accounts.account import Role
from services.gateway.inbound.http.app import Served
from services.gateway.outbound.accounts.passwords_argon2 import PasswordsArgon2
from services.gateway.settings import Settings
from tests.conftest import NewFolder
from tests.gateway.document import share_document
from tests.gateway.logged_in import logged_in
from tests.namespaces import learn_indexes, namespace_of_its_own

PASSWORD = "three-blind-mice"
KEYS = f"new:{'n' * 40},old:{'o' * 40}"
_numbers = itertools.count(1)


@dataclass(frozen=True, repr=False)
class Desk:
    """A gateway and a client of it."""

    client: httpx.AsyncClient
    gateway: Gateway
    chassis: Chassis
    settings: Settings

    async def register(self, username: str, **fields: Any) -> httpx.Response:
        body = {"username": username, "email": f"{username}@example.com", "password": PASSWORD} | fields
        return await self.client.post("/auth/register", json=body)

    async def log_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        return await self.client.post("/auth/token", data={"grant_type": "password", "username": username, "password": password})

    async def refresh(self, token: str) -> httpx.Response:
        return await self.client.post("/auth/token", data={"grant_type": "refresh_token", "refresh_token": token})

    async def user(self, username: str | None = None) -> dict[str, Any]:
        """Return the tokens of a fresh account; with a name of its own it has registered and logged in, else it is kept as these keep it."""
        if username is None:
            return await self._keep(fresh("ada"), Role.USER)
        assert (await self.register(username)).status_code == 201
        return (await self.log_in(username)).json()

    async def admin(self) -> dict[str, str]:
        """Return the headers of a fresh admin."""
        return bearer(await self._keep(fresh("root"), Role.ADMIN))

    async def _keep(self, username: str, role: Role) -> dict[str, Any]:
        settings = self.settings
        somebody = await logged_in(
            self.gateway.stores,
            username,
            keys=settings.jwt_keys,
            role=role,
            tier=settings.new_account_tier,
            password_hash=await one_hash(),
            for_=settings.access_token_life,
            session_for=settings.refresh_token_life,
        )
        return {"access_token": somebody.access_token, "refresh_token": somebody.refresh_token}


_hashes: list[str] = []
_held: list[socket.socket] = []


async def one_hash() -> str:
    """Return a hash of the stories' password, made once."""
    if not _hashes:
        _hashes.append(await PasswordsArgon2(at_once=1).hash(PASSWORD, email="anybody@example.com"))
    return _hashes[0]


def fresh(name: str) -> str:
    """Return a name that no other test has."""
    return f"{name}-{next(_numbers)}"


def dead_redis() -> str:
    """Return the address of a Redis that is not there: nobody listens on its port, which is held so that nobody else comes to listen on it."""
    if not _held:
        _held.append(socket.socket())
        _held[0].bind(("127.0.0.1", 0))
    return f"redis://127.0.0.1:{_held[0].getsockname()[1]}/0"


def bearer(tokens: dict[str, Any] | str) -> dict[str, str]:
    """Return the header that carries a token or API key."""
    return {"authorization": f"Bearer {tokens if isinstance(tokens, str) else tokens['access_token']}"}


@pytest.fixture(params=["redis", "without redis"])
def redis(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of a gateway with and without its Redis."""
    return {} if request.param == "redis" else {"redis_url": dead_redis()}


class OpenDesk(Protocol):
    async def __call__(self, *, besides: Sequence[Served] = (), **settings: Any) -> Desk: ...


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_desk(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[OpenDesk]:
    """Open gateways of one platform; the settings given replace the usual ones, `besides` are further faces."""
    artifacts = new_folder()
    async with AsyncExitStack() as stack:
        namespace = stack.enter_context(namespace_of_its_own(mongo_url, redis_url))
        broker = MemoryBroker()

        async def open_one(*, besides: Sequence[Served] = (), **changed: Any) -> Desk:
            usual: dict[str, Any] = {
                "profile": "development",
                "kafka_bootstrap": "127.0.0.1:1",
                "mongo_url": mongo_url,
                "redis_url": redis_url,
                "artifacts_url": artifacts.as_uri(),
                "namespace": namespace,
                "jwt_keys": KEYS,
                "credential_memory_s": 0.0,
                "free_guesses": 100,
                "guess_pause": 0.05,
                # Longer than a busy machine takes for the attempts that have to wait.
                "guess_wait": 120.0,
            }
            settings = Settings.model_validate(usual | changed)
            bus = MemoryBus(broker, service="gateway", instance=f"gateway-{next(_numbers)}")
            chassis = await stack.enter_async_context(open_chassis("gateway", settings=settings, bus=bus))
            gateway = build(settings, chassis, besides=besides)
            if not besides:
                share_document(gateway.app, public_url=settings.public_url)
            await started(gateway, bus, stack)
            learn_indexes(namespace, mongo_url=mongo_url, services=("gateway",))
            transport = httpx.ASGITransport(gateway.app)
            client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://gateway"))
            return Desk(client, gateway, chassis, settings)

        yield open_one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(open_desk: OpenDesk) -> Desk:
    """The usual gateway."""
    return await open_desk()
