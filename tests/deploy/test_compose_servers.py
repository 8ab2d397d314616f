"""The servers of docker-compose.yml with their own configuration files, without containers: Apache Kafka and Valkey take who has a name."""

import asyncio
import ssl
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from deploy.compose.write_secrets import write_secrets
from deploy.local.ports import free_ports
from deploy.local.program import Program, running
from deploy.local.ready import redis_ready, until
from deploy.local.servers import valkey_path
from tests.conftest import require_kafka_home

pytestmark = pytest.mark.soak
CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "compose"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make secrets` writes."""
    folder = tmp_path_factory.mktemp("secrets")
    write_secrets(folder)
    return folder


def placed(file: str, *, at: Path, **instead: str) -> Path:
    """Return a copy of a configuration file with other places and ports than a container's."""
    text = (CONFIGURATION / file).read_text()
    for old, new in instead.items():
        assert old in text
        text = text.replace(old, new)
    copy = at / Path(file).name
    copy.write_text(text)
    return copy


@contextmanager
def kafka(secrets: Path, folder: Path) -> Iterator[str]:
    """Run Apache Kafka with the file's configuration."""
    home, (port, controller) = require_kafka_home(), free_ports(2)
    swaps = {"/run/secrets": str(secrets), "/var/lib/kafka/data": str(folder), "0.0.0.0:9092": f"127.0.0.1:{port}"}
    properties = placed(
        "kafka/server.properties", at=folder, **swaps, **{"kafka:9092": f"localhost:{port}", "127.0.0.1:9093": f"127.0.0.1:{controller}"}
    )
    java = [
        "java",
        f"-Dlog4j2.configurationFile={CONFIGURATION}/kafka/log4j2.yaml",
        "-XX:TieredStopAtLevel=1",
        "-Xmx256m",
        "-cp",
        f"{home}/libs/*",
    ]
    subprocess.run(
        [*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", "c" * 22, "-c", properties], check=True, capture_output=True
    )
    program = Program(
        name="kafka",
        kind="server",
        argv=[*java, "kafka.Kafka", str(properties)],
        log=folder / "log.txt",
        mark=f"tests-{uuid.uuid4().hex}:kafka",
        kill_after=20,
    )
    with running(program):
        yield f"localhost:{port}"


async def test_kafka_takes_each_service_with_its_own_password_and_nobody_else(secrets: Path, tmp_path: Path) -> None:
    login = {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
        "ssl_context": ssl.create_default_context(cafile=str(secrets / "ca.crt")),
    }
    with kafka(secrets, tmp_path) as bootstrap:

        async def make_topic() -> None:
            own = {"sasl_plain_username": "gateway", "sasl_plain_password": (secrets / "kafka-gateway").read_text()}
            admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **login, **own)
            try:
                await admin.start()
                await admin.create_topics([NewTopic("things", 1, 1)])
            finally:
                await admin.close()

        await until(make_topic, what="Kafka")
        for service in ("gateway", "training", "inference", "marketplace", "monitoring"):
            own = {"sasl_plain_username": service, "sasl_plain_password": (secrets / f"kafka-{service}").read_text()}
            async with AIOKafkaProducer(bootstrap_servers=bootstrap, **login, **own) as producer:
                await producer.send_and_wait("things", service.encode())
        stranger = AIOKafkaProducer(bootstrap_servers=bootstrap, **login, sasl_plain_username="gateway", sasl_plain_password="a guess")
        with pytest.raises(KafkaError):
            await stranger.start()
        await stranger.stop()


def test_valkey_takes_each_service_with_its_own_password_and_lets_none_administer_it(secrets: Path, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    # The wheel's server speaks no TLS: its lines are left out, all else is as it is.
    configuration = placed("valkey/valkey.conf", at=tmp_path, **{"/run/secrets": str(secrets), "dir /data": f"dir {tmp_path}"})
    lines = [line for line in configuration.read_text().splitlines() if not line.startswith(("tls-", "port "))]
    configuration.write_text("\n".join([*lines, f"port {port}"]))
    program = Program(
        name="valkey",
        kind="server",
        argv=[str(valkey_path()), str(configuration)],
        log=tmp_path / "log.txt",
        mark=f"tests-{uuid.uuid4().hex}:valkey",
    )
    with running(program):
        url = f"redis://admin:{(secrets / 'valkey-admin').read_text()}@127.0.0.1:{port}/0"
        asyncio.run(redis_ready(url))
        with Redis(port=port, username="training", password=(secrets / "valkey-training").read_text()) as own:
            assert own.set("a key", "its value", ex=60)
            assert own.info("memory")["maxmemory"] == 256 * 2**20
            assert own.eval("return redis.call('get', KEYS[1])", 1, "a key") == b"its value"
            for forbidden in (own.flushall, own.config_get, own.acl_list):
                with pytest.raises(NoPermissionError):
                    forbidden()
        for stranger in ({}, {"username": "training", "password": "a guess"}):
            with Redis(port=port, **stranger) as redis, pytest.raises(AuthenticationError):
                redis.ping()
