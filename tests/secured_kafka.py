"""Apache Kafka as a careful operator runs it: TLS, a user for each service, and access lists that give each the least it needs."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import CreateAclsRequest

from libs.chassis.bus.connection import client_arguments
from libs.chassis.bus.topics import topic_name
from libs.chassis.settings import SharedSettings
from libs.contracts.access import SERVICES, access_of
from libs.contracts.topics import every_topic
from tests.certificates import Authority
from tests.waiting import until

# A listener for each way in, beside the one in the clear, which is for the broker and whoever may do everything.
PROPERTIES: Final = """
listeners=PLAINTEXT://127.0.0.1:{port},SASL://127.0.0.1:{sasl},MUTUAL://127.0.0.1:{mutual},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL://127.0.0.1:{sasl},MUTUAL://127.0.0.1:{mutual},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={server}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.principal.mapping.rules=RULE:^CN=(.*?)(,.*)?$/$1/
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
connection.failed.authentication.delay.ms=0
"""
# Somebody's own program, docs/guides/consume_events.py: what it hears, and its group, which is outside of the platform's namespace.
CONSUMER, CONSUMER_GROUP = "consumer", "example-consumer"
HEARD: Final = ("training.completed", "training.failed", "training.cancelled", "credits.purchased")
# Kafka's numbers: kinds of things, what may be done to them, and that a name is meant as it is written.
TOPIC, GROUP, READ, WRITE, DESCRIBE, LITERAL, ALLOW = 2, 3, 3, 4, 8, 3, 3


@dataclass(frozen=True)
class SecuredKafka:
    """Where it is reached with a login (SASL_SSL), and with a certificate of the client's (mTLS)."""

    sasl: str
    mutual: str
    passwords: Mapping[str, str]
    authority: Authority

    @classmethod
    def prepare(cls, folder: Path, *, sasl: int, mutual: int) -> "SecuredKafka":
        """Make an authority and users for a broker that is to listen at these ports."""
        passwords = {user: secrets.token_urlsafe(24) for user in (*SERVICES, CONSUMER)}
        return cls(f"127.0.0.1:{sasl}", f"127.0.0.1:{mutual}", passwords, Authority(folder))

    def properties(self, *, port: int, controller: int) -> str:
        """Return the broker's own settings."""
        sasl, mutual = (address.rpartition(":")[2] for address in (self.sasl, self.mutual))
        files = {"server": self.authority.issue("kafka").both, "authority": self.authority.file}
        return PROPERTIES.format(port=port, controller=controller, sasl=sasl, mutual=mutual, **files)

    @property
    def users(self) -> list[str]:
        """Its users, as its StorageTool reads them."""
        return [f"SCRAM-SHA-512=[name={name},password={password}]" for name, password in self.passwords.items()]

    def login(self, service: str) -> dict[str, Any]:
        """Return the settings with which a service logs in by name and password."""
        login = {"kafka_security": "SASL_SSL", "kafka_username": service, "kafka_password": self.passwords[service]}
        return {"kafka_bootstrap": self.sasl, **login, "kafka_ca_file": self.authority.file}

    def certificate(self, service: str) -> dict[str, Any]:
        """Return the settings with which a service shows a certificate of its name."""
        shown = self.authority.issue(service)
        files = {"kafka_ca_file": self.authority.file, "kafka_cert_file": shown.cert, "kafka_key_file": shown.key}
        return {"kafka_bootstrap": self.mutual, "kafka_security": "SSL", **files}


async def open_to_services(kafka: SecuredKafka, *, bootstrap: str, namespace: str) -> None:
    """Make every topic of a platform, and allow each service what the contracts say: none may make or change a topic."""
    admin, client = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaClient(bootstrap_servers=bootstrap)
    await admin.start()
    await client.bootstrap()
    try:
        await admin.create_topics([NewTopic(topic_name(topic.name, namespace=namespace), 1, 1) for topic in every_topic()])
        answer = await client.send(client.get_random_node(), Allow(namespace))
        assert {code for code, _ in answer.creation_responses} == {0}
    finally:
        await client.close()
        await admin.close()
    await asyncio.gather(*(_allowed(kafka, service, namespace) for service in SERVICES))


async def _allowed(kafka: SecuredKafka, service: str, namespace: str) -> None:
    """Return when a service sees its topics: a rule that the broker has taken holds a moment later."""
    unused = {"mongo_url": "mongodb://unused", "redis_url": "redis://unused", "artifacts_url": "unused"}
    admin = AIOKafkaAdminClient(**client_arguments(SharedSettings(**unused, **kafka.login(service))))
    await admin.start()
    try:

        async def sees_all() -> bool:
            access = access_of(service)
            seen = {*(topic.name for topic in access.topics), *access.describes}
            return set(await admin.list_topics()) == {topic_name(name, namespace=namespace) for name in seen}

        await until(sees_all, what=f"the rights of {service}")
    finally:
        await admin.close()


class Allow(CreateAclsRequest):  # type: ignore[misc]  # untyped library
    """Gives every service what it needs, in one request."""

    def __init__(self, namespace: str) -> None:
        super().__init__(TOPIC, "", LITERAL, "", "*", READ, ALLOW)
        self._namespace = namespace

    def build(self, request_struct_class: Any) -> Any:
        """Return the request; the library's own has room for one rule."""
        rights = [(service, *right) for service in SERVICES for right in _rights(service)]
        rights += [(CONSUMER, TOPIC, name, READ) for name in HEARD]
        allowed = [(kind, topic_name(name, namespace=self._namespace), user, right) for user, kind, name, right in rights]
        allowed.append((GROUP, CONSUMER_GROUP, CONSUMER, READ))
        return request_struct_class([(kind, name, LITERAL, f"User:{user}", "*", right, ALLOW) for kind, name, user, right in allowed])


def _rights(service: str) -> Iterator[tuple[int, str, int]]:
    access = access_of(service)
    yield from ((TOPIC, name, READ) for name in access.reads)
    yield from ((TOPIC, name, WRITE) for name in (*access.writes, *access.replays))
    yield from ((GROUP, name, READ) for name in access.groups)
    yield from ((TOPIC, name, DESCRIBE) for name in access.describes)
    yield from ((GROUP, name, DESCRIBE) for name in access.describes_groups)
