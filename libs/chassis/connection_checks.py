"""What settings of a connection must fit each other, so that a mistake is a sentence at the start and not a connection in the clear."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from libs.chassis.certificates import unusable_authorities, unusable_pair
from libs.chassis.store_addresses import StoreAddress, broker_addresses, mongo_address, redis_address

# What was given, and the settings before it; returns what is wrong.
Check: TypeAlias = Callable[[Any, Mapping[str, Any]], str | None]


def kafka_is_encrypted(security: str) -> bool:
    """Return whether a KAFKA_SECURITY_PROTOCOL encrypts."""
    return security in {"SSL", "SASL_SSL"}


def _kafka_login(given: str | None, before: Mapping[str, Any]) -> str | None:
    security = before.get("kafka_security", "")
    logs_in = security.startswith("SASL_")
    if logs_in and not given:
        return f"KAFKA_SECURITY_PROTOCOL={security} logs in and needs it"
    if given and security and not logs_in:
        return f"KAFKA_SECURITY_PROTOCOL={security} logs nobody in: choose SASL_SSL, or leave it out"
    return None


def _address(read: Callable[[str], object]) -> Check:
    def check(given: str, _before: Mapping[str, Any]) -> str | None:
        try:
            read(given)
        except ValueError as error:
            return str(error)
        return None

    return check


def _store_login(server: str, *, read: Callable[[str], StoreAddress]) -> Check:
    """Check that a name has a password, and a password a name, wherever each stands."""

    def check(given: str | None, before: Mapping[str, Any]) -> str | None:
        if (url := before.get(f"{server}_url")) is None:
            return None
        address, variable = read(url), server.upper()
        user = address.user or before.get(f"{server}_username")
        if user and address.needs_password and not (given or address.password):
            where = f"{variable}_URL" if address.user else f"{variable}_USERNAME"
            return f"the user of {where} logs in and needs it"
        if given and not user and server == "mongo":  # Redis has a user for whoever names none.
            return "MONGO_USERNAME is missing, whose password it is"
        return None

    return check


def _encrypted(before: Mapping[str, Any], server: str) -> str | None:
    """Return why a server's certificates are of no use, None when the connection has some (or is wrong itself, and reported)."""
    if server == "kafka" and not kafka_is_encrypted(security := before.get("kafka_security", "SSL")):
        return f"KAFKA_SECURITY_PROTOCOL={security} has no certificates: choose SSL or SASL_SSL"
    if server == "mongo" and (url := before.get("mongo_url")) and not mongo_address(url).is_encrypted:
        return "MONGO_URL does not encrypt: add `tls=true` to it"
    if server == "redis" and (url := before.get("redis_url")) and not redis_address(url).is_encrypted:
        return "REDIS_URL does not encrypt: begin it with `rediss://`"
    if server == "otel" and (before.get("otel_endpoint") or "http:").startswith("http:"):
        return "OTEL_EXPORTER_OTLP_ENDPOINT does not encrypt: begin it with `https://`"
    return None


def _authorities(server: str) -> Check:
    """Check a file of certificates: those of authorities, or our own whose key is in another file."""

    def check(given: Path | None, before: Mapping[str, Any]) -> str | None:
        return (_encrypted(before, server) or unusable_authorities(given)) if given else None

    return check


def _certificate(server: str) -> Check:
    """Check one whose key is in the same file."""

    def check(given: Path | None, before: Mapping[str, Any]) -> str | None:
        return (_encrypted(before, server) or unusable_pair(given, None)) if given else None

    return check


def _key(server: str) -> Check:
    def check(given: Path | None, before: Mapping[str, Any]) -> str | None:
        field = f"{server}_cert_file"
        cert: Path | None = before.get(field)
        if cert is None:  # One that is wrong itself is not among those before, and reported.
            return f"{field.upper()} is missing, of which it is the key" if given and field in before else None
        why = unusable_pair(cert, given)
        return f"it is missing, and {field.upper()} holds no key without a password (PEM)" if why and given is None else why

    return check


CHECKS: Final[Mapping[str, Check]] = {
    "kafka_bootstrap": _address(broker_addresses),
    "kafka_username": _kafka_login,
    "kafka_password": _kafka_login,
    "kafka_ca_file": _authorities("kafka"),
    "kafka_cert_file": _authorities("kafka"),
    "kafka_key_file": _key("kafka"),
    "mongo_url": _address(mongo_address),
    "mongo_password": _store_login("mongo", read=mongo_address),
    "mongo_ca_file": _authorities("mongo"),
    "mongo_cert_file": _certificate("mongo"),
    "redis_url": _address(redis_address),
    "redis_password": _store_login("redis", read=redis_address),
    "redis_ca_file": _authorities("redis"),
    "redis_cert_file": _authorities("redis"),
    "redis_key_file": _key("redis"),
    "otel_ca_file": _authorities("otel"),
}
