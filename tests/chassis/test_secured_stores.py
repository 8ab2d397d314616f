"""MongoDB and Redis with logins and TLS: a service works with the least rights, and what is wrong is one sentence."""

import asyncio
import secrets
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from libs.chassis.process import open_chassis
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.cache import connect_redis, why_redis_refuses
from tests.certificates import Authority
from tests.chassis.processes import started
from tests.secured_kafka import SecuredKafka
from tests.secured_stores import SecuredMongo, SecuredValkey, encrypted
from tests.waiting import until

NAMESPACE = "secured"


@pytest.mark.real_kafka
async def test_a_service_that_has_every_connection_secured_serves_and_beats(
    secured_kafka: SecuredKafka, secured_mongo: SecuredMongo, secured_valkey: SecuredValkey, tmp_path: Path
) -> None:
    passwords = {"KAFKA": secured_kafka.passwords["monitoring"], "MONGO": secrets.token_urlsafe(24), "REDIS": secured_valkey.password}
    for server, password in passwords.items():
        (tmp_path / f"{server}_PASSWORD").write_text(password)
    secured_mongo.allow("monitoring", password=passwords["MONGO"], database=f"{NAMESPACE}_modelbourse_monitoring")
    redis_authority = Authority(tmp_path / "redis")
    async with encrypted(secured_valkey.port, authority=redis_authority) as redis_port:
        environment = {
            "KAFKA_BOOTSTRAP": secured_kafka.sasl,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_USERNAME": "monitoring",
            "KAFKA_CA_FILE": str(secured_kafka.authority.file),
            "KAFKA_RETENTION": "leave",
            "MONGO_URL": secured_mongo.url,
            "MONGO_USERNAME": "monitoring",
            "MONGO_CA_FILE": str(secured_mongo.authority.file),
            "REDIS_URL": f"rediss://127.0.0.1:{redis_port}/0",
            "REDIS_USERNAME": secured_valkey.user,
            "REDIS_CA_FILE": str(redis_authority.file),
            "SECRETS_DIR": str(tmp_path),
            "ARTIFACTS_URL": str(tmp_path / "artifacts"),
            "NAMESPACE": NAMESPACE,
            "INSTANCE": "monitoring-7",
        }
        async with started("-m", "services.monitoring", environment=environment, folder=tmp_path) as service:
            await service.ready()
            with secured_mongo.administering() as client:
                instances = client[f"{NAMESPACE}_modelbourse_monitoring"]["instances"]

                async def heard() -> bool:
                    known = await asyncio.to_thread(instances.find_one, {"_id": "monitoring-7"})
                    return known is not None and known["health"] == "healthy"

                await until(heard, what="a heartbeat that finds all well")
            assert "refuses us" not in service.lines
            assert "does not allow" not in service.lines


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
        assert await answer() == unknown
        assert await answer(redis_password=right) == "Redis does not allow this user what it needs: docs/guides/security.md lists it"
        assert await answer(redis_password=right, redis_ca_file=Authority(tmp_path, name="stranger").file) == (
            "Redis refuses us: its certificate is signed by no authority that is known here: REDIS_CA_FILE names one"
        )
