"""How this process connects to Kafka: the arguments of every client are made here, and a refusal is told in words."""

import asyncio
import random
import ssl
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)

from libs.chassis.certificates import context_of
from libs.chassis.connection_settings import ConnectionSettings
from libs.chassis.logs import log
from libs.chassis.refusals import RefusedError, why_tls
from libs.chassis.store_addresses import BrokerAddress, broker_addresses

NOT_ALLOWED: Final = (TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError)
ANSWERS_WITHIN_S: Final = 3.0
FIRST_LOOK_S: Final = 0.1
LAST_LOOK_S: Final = 1.5
TELL_AFTER_S: Final = 5.0
# Kafka's protocol guide: length, then the header (api key, version, correlation id, null client id); version 0 has no body.
CORRELATION: Final = 1
API_VERSIONS: Final = struct.pack(">ihhih", 10, 18, 0, CORRELATION, -1)
ANSWER: Final = struct.Struct(">ii")
PAGE: Final = "docs/guides/security.md"


def client_arguments(settings: ConnectionSettings) -> dict[str, Any]:
    """Return what every client of Kafka is made with: addresses, encryption and login. Certificates are read anew at each call."""
    given: dict[str, Any] = {"bootstrap_servers": settings.kafka_bootstrap}
    if settings.kafka_security != "PLAINTEXT":
        given |= {"security_protocol": settings.kafka_security, "ssl_context": ssl_context_of(settings)}
    if settings.kafka_security.startswith("SASL_"):
        given |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password,
        }
    return given


def ssl_context_of(settings: ConnectionSettings) -> ssl.SSLContext | None:
    """Return how the brokers' certificates are checked and ours is shown; None where nothing is encrypted."""
    if not settings.kafka_security.endswith("SSL"):
        return None
    return context_of(settings.kafka_ca_file, cert=settings.kafka_cert_file, key=settings.kafka_key_file)


@asynccontextmanager
async def refusals_told(settings: ConnectionSettings) -> AsyncIterator[None]:
    """Start a client inside. Raise RefusedError, with the reason in words, where brokers refuse us.

    Brokers that are away are a KafkaConnectionError.
    """
    try:
        yield
    except KafkaConnectionError as error:
        if why := await _why_refused(settings):
            raise RefusedError(why) from error
        raise


def not_allowed(error: BaseException, *, user: str | None = None) -> str:
    """Return a sentence about something that Kafka's access lists forbid this service."""
    named = f" the user '{user}'" if user else " this service"
    things = ", ".join(map(str, error.args)) or "something"
    return f"Kafka does not allow{named} what it needs: {type(error).__name__} ({things}); {PAGE} lists it"


async def until_reachable(settings: ConnectionSettings) -> None:
    """Return when something listens at one of the brokers' addresses.

    Looks again after a fifth of the time that it has waited, so that a start beside the broker's own loses little, and an outage costs
    next to nothing.
    """
    began, told = time.monotonic(), False
    addresses = broker_addresses(settings.kafka_bootstrap)
    while not any(await asyncio.gather(*map(_listens, addresses))):
        waited = time.monotonic() - began
        if waited > TELL_AFTER_S and not told:
            told = True
            log().warning("waiting for Kafka", at=settings.kafka_bootstrap)
        await asyncio.sleep(min(max(waited / 5, FIRST_LOOK_S), LAST_LOOK_S) * random.uniform(0.7, 1.0))  # noqa: S311 - not in step with others


async def _listens(address: BrokerAddress) -> bool:
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            _, writer = await asyncio.open_connection(*address)
    except OSError:
        return False
    writer.close()
    return True


async def greet(address: BrokerAddress, security: ssl.SSLContext | None) -> None:
    """Ask a broker which versions it speaks, on a connection of its own; every broker answers that, before a login.

    Raise OSError, EOFError or ValueError when it does not answer so.
    """
    writer = None
    try:
        reader, writer = await asyncio.open_connection(*address, ssl=security)
        writer.write(API_VERSIONS)
        _, correlation = ANSWER.unpack(await reader.readexactly(ANSWER.size))
        if correlation != CORRELATION:
            msg = f"{address} does not speak Kafka's protocol"
            raise ValueError(msg)
    finally:
        if writer is not None:
            writer.close()


async def _why_refused(settings: ConnectionSettings) -> str | None:
    """Connect to each address once; return why the first that is there refuses us, None when they are away or take us."""
    given = client_arguments(settings)
    for address in broker_addresses(given.pop("bootstrap_servers")):
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                await greet(address, given.get("ssl_context"))
                await _log_in(address, given)
        except (OSError, EOFError, ValueError, KafkaError) as error:
            if why := _meaning(error, settings):
                return f"Kafka at {address} refuses us: {why}"
    return None


async def _log_in(address: BrokerAddress, given: dict[str, Any]) -> None:
    connection = AIOKafkaConnection(*address, **given)
    try:
        await connection.connect()
    finally:
        connection.close()


def _meaning(error: Exception, settings: ConnectionSettings) -> str | None:
    if why := why_tls(error, ca_file="KAFKA_CA_FILE", cert_file="KAFKA_CERT_FILE", shown=settings.kafka_cert_file is not None):
        return why
    if isinstance(error, SaslAuthenticationFailed):
        return f"it does not know the user '{settings.kafka_username}' with this password (KAFKA_USERNAME, KAFKA_PASSWORD)"
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"it does not take KAFKA_SASL_MECHANISM={settings.kafka_sasl_mechanism}"
    if isinstance(error, ConnectionResetError | EOFError | ValueError):
        return f"it hangs up at once: it may not speak KAFKA_SECURITY_PROTOCOL={settings.kafka_security} there"
    return None
