"""MongoDB and Redis with logins and TLS: a service works with the least rights, and what is wrong is one sentence."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from deploy.local.ports import free_ports
from deploy.local.servers import python_path
from libs.chassis.process import open_chassis
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.cache import connect_redis, why_redis_refuses
from libs.contracts.access import SERVICES
from tests.certificates import Authority
from tests.chassis.processes import Running, started
from tests.secured_kafka import SecuredKafka
from tests.secured_stores import SecuredMongo, SecuredValkey, encrypted
from tests.waiting import until

NAMESPACE = "secured"


@dataclass(frozen=True)
class Place:
    """Servers that ask for a login and speak TLS."""

    kafka: SecuredKafka
    mongo: SecuredMongo
    valkey: SecuredValkey
    redis_port: int
    redis_authority: Authority

    def environment(self, service: str, *, folder: Path) -> dict[str, str]:
        """Make the users of a service, and return its environment; its passwords lie in files of this folder."""
        user = f"{service}-{secrets.token_hex(4)}"
        passwords = {"KAFKA": self.kafka.passwords[service], "MONGO": secrets.token_urlsafe(24), "REDIS": self.valkey.password}
        for server, password in passwords.items():
            (folder / f"{server}_PASSWORD").write_text(password)
        self.mongo.allow(user, password=passwords["MONGO"], database=f"{NAMESPACE}_modelbourse_{service}")
        kafka = {"KAFKA_BOOTSTRAP": self.kafka.sasl, "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_RETENTION": "leave"}
        return kafka | {
            "KAFKA_USERNAME": service,
            "KAFKA_CA_FILE": str(self.kafka.authority.file),
            "MONGO_URL": self.mongo.url,
            "MONGO_USERNAME": user,
            "MONGO_CA_FILE": str(self.mongo.authority.file),
            "REDIS_URL": f"rediss://127.0.0.1:{self.redis_port}/0",
            "REDIS_USERNAME": self.valkey.user,
            "REDIS_CA_FILE": str(self.redis_authority.file),
            "SECRETS_DIR": str(folder),
            "ARTIFACTS_URL": str(folder.parent / "artifacts"),
            "NAMESPACE": NAMESPACE,
            "INSTANCE": service,
            "PYTHONPATH": python_path(),
            # Of services that need more than these servers. There is no Ray there, and nobody asks for a job.
            "RAY_ADDRESS": "127.0.0.1:1",
            "GATEWAY_JWT_KEYS": f"a:{secrets.token_urlsafe(48)}",
            "GATEWAY_PORT": str(free_ports(1)[0]),
            "MARKETPLACE_PAYMENTS": "none",
        }

    async def health(self, service: str) -> str | None:
        """Return what monitoring knows of a service by its heartbeats, None when it was not heard yet."""
        with self.mongo.administering() as client:
            instances = client[f"{NAMESPACE}_modelbourse_monitoring"]["instances"]
            known = await asyncio.to_thread(instances.find_one, {"_id": service})
        return known["health"] if known else None


@pytest.fixture
async def place(
    secured_kafka: SecuredKafka, secured_mongo: SecuredMongo, secured_valkey: SecuredValkey, tmp_path: Path
) -> AsyncIterator[Place]:
    authority = Authority(tmp_path / "redis")
    async with encrypted(secured_valkey.port, authority=authority) as port:
        yield Place(secured_kafka, secured_mongo, secured_valkey, port, authority)


@pytest.mark.real_kafka
@pytest.mark.parametrize("services", [("monitoring",), pytest.param(SERVICES, marks=pytest.mark.soak)], ids=["one", "all"])
async def test_services_that_have_every_connection_secured_serve_and_beat(
    place: Place, opened: AsyncExitStack, services: tuple[str, ...], tmp_path: Path
) -> None:
    processes: list[Running] = []
    for service in services:
        folder = tmp_path / service
        folder.mkdir()
        environment = place.environment(service, folder=folder)
        processes.append(await opened.enter_async_context(started("-m", f"services.{service}", environment=environment, folder=folder)))

    for service, process in zip(services, processes, strict=True):
        await process.ready()

        async def well(service: str = service) -> bool:
            return await place.health(service) == "healthy"

        await until(well, what=f"heartbeats of {service} that find all well")
    for process in processes:
        assert "refuses us" not in process.lines
        assert "does not allow" not in process.lines


async def test_a_service_that_mongodb_refuses_says_why_and_waits(secured_mongo: SecuredMongo, tmp_path: Path) -> None:
    login = {"mongo_username": "monitoring", "mongo_password": "wrong", "mongo_ca_file": secured_mongo.authority.file}
    wrong = {
        "MongoDB refuses us: it does not know this user with this password (MONGO_USERNAME, MONGO_PASSWORD, or MONGO_URL)": login,
        "MongoDB refuses us: its certificate is signed by no authority that is known here: MONGO_CA_FILE names one": login
        | {"mongo_ca_file": Authority(tmp_path, name="stranger").file},
        "MongoDB does not allow this user what it needs: docs/guides/security.md lists it": {"mongo_ca_file": secured_mongo.authority.file},
    }
    with capture_logs() as lines:
        waiting = [asyncio.create_task(opening(secured_mongo.url, given)) for given in wrong.values()]

        async def told() -> bool:
            return len([line for line in lines if line["log_level"] == "error"]) >= len(wrong)

        await until(told, what="a sentence for each")
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    assert sorted(line["event"] for line in lines if line["log_level"] == "error") == sorted(wrong)


async def opening(url: str, given: dict[str, Any]) -> None:
    settings = SharedSettings(profile="development", kafka_bootstrap="x", mongo_url=url, redis_url="redis://x", artifacts_url="x", **given)
    async with open_chassis("monitoring", settings=settings):
        pass


async def test_why_redis_refuses_is_told_in_words(secured_valkey: SecuredValkey, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with encrypted(secured_valkey.port, authority=authority) as port:

        async def answer(**given: Any) -> str | None:
            fields = {"profile": "development", "kafka_bootstrap": "x", "mongo_url": "mongodb://x", "artifacts_url": "x"}
            login = {"redis_url": f"rediss://127.0.0.1:{port}", "redis_username": secured_valkey.user, "redis_ca_file": authority.file}
            redis = connect_redis(SharedSettings(**fields | login | given), "monitoring")
            try:
                await redis.set("another:key", "value")
            except RedisError as error:
                return why_redis_refuses(error)
            finally:
                await redis.aclose()
            return None

        right = secured_valkey.password
        unknown = "Redis refuses us: it does not know this user with this password (REDIS_USERNAME, REDIS_PASSWORD, or REDIS_URL)"
        assert await answer(redis_password="wrong") == unknown
        assert await answer(redis_username=None) == unknown
        assert await answer(redis_password=right) == "Redis does not allow this user what it needs: docs/guides/security.md lists it"
        assert await answer(redis_password=right, redis_ca_file=Authority(tmp_path, name="stranger").file) == (
            "Redis refuses us: its certificate is signed by no authority that is known here: REDIS_CA_FILE names one"
        )
