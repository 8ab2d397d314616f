"""How the servers of the environment are connected to, and what is wrong with a certificate: for `modelbourse doctor`."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from modelbourse.cli.certificate_files import context_of, unusable_file
from modelbourse.cli.machine import Finding

DEFAULT_SECRETS_DIR: Final = "/run/secrets"
# What OpenSSL says, and what it means. Of those that fit, the first.
MEANINGS: Final = (
    ("certificate has expired", "its certificate has expired"),
    ("not yet valid", "its certificate is not valid yet: compare the clocks"),
    ("mismatch", "its certificate is for another name than the address"),
    ("certificate verify failed", "its certificate is signed by no authority that is known here: {ca} names one"),
    ("alert", "it asks for a certificate of ours, or does not take the one that it got: {cert} names it"),
)
NO_TLS: Final = "it does not speak TLS at this address"


@dataclass(frozen=True, slots=True)
class Waits:
    """How many seconds a server is waited for."""

    answer_s: float = 3.0
    # An answer comes sooner; a server that asks for a certificate of ours says so after the handshake, where it waits for us to speak.
    alert_s: float = 0.5


DEFAULT_WAITS: Final = Waits()


@dataclass(frozen=True, slots=True)
class Connection:
    """One server as the environment describes it; `files` are variables by their use: `ca`, `cert`, `key`."""

    name: str
    addresses: tuple[tuple[str, int], ...]
    encrypted: bool
    login: str | None
    files: Mapping[str, str]


def connections(environ: Mapping[str, str], *, waits: Waits = DEFAULT_WAITS) -> Iterator[Finding]:
    """Yield how each server that the environment names is connected to: found when it is there and shows no bad certificate."""
    given = _given(environ)
    for read in (_kafka, _mongodb, _redis, _collector):
        try:
            connection = read(given)
        except ValueError as error:
            yield Finding(f"connection: {read.__name__.strip('_')}", found=False, detail=f"its address cannot be read: {error}")
            continue
        if connection is not None:
            yield from _look(connection, given, waits)


def _look(connection: Connection, given: Mapping[str, str], waits: Waits) -> Iterator[Finding]:
    name, login = f"connection: {connection.name}", f"logs in as '{connection.login}'" if connection.login else "nobody logs in"
    how = "encrypted" if connection.encrypted else "in the clear"
    if connection.encrypted and (why := unusable_file(connection.files, given)):
        yield Finding(name, found=False, detail=why)
        return
    if not connection.addresses:
        yield Finding(name, found=True, detail=f"{how}, {login}; its address names no port of a machine, so nobody was asked", needed=False)
        return
    if not connection.encrypted:
        for host, port in connection.addresses:
            problem = _call(host, port, waits)
            detail = f"{host}:{port}: {problem}" if problem else f"{host}:{port} {how}, {login}"
            yield Finding(name, found=problem is None, detail=detail)
        return
    context = context_of({use: given.get(variable) for use, variable in connection.files.items()})
    for host, port in connection.addresses:
        problem, until = _shake_hands(host, port, context, waits)
        if problem is None:
            yield Finding(name, found=True, detail=f"{host}:{port} encrypted, {login}; its certificate is good until {until}")
        else:
            names = {use: connection.files.get(use, "a setting") for use in ("ca", "cert")}
            yield Finding(name, found=False, detail=f"{host}:{port}: {problem.format(**names)}")


def _call(host: str, port: int, waits: Waits) -> str | None:
    """Return why nobody answers at an address, None when somebody does."""
    try:
        socket.create_connection((host, port), timeout=waits.answer_s).close()
    except OSError as error:
        return _away(error)
    return None


def _away(error: OSError) -> str:
    return "nothing listens there" if isinstance(error, ConnectionRefusedError) else f"it does not answer: {error.strerror or error}"


def _shake_hands(host: str, port: int, context: ssl.SSLContext, waits: Waits) -> tuple[str | None, str]:
    """Return what is wrong, None when nothing is, and until when the server's certificate is good."""
    try:
        with (
            closing(socket.create_connection((host, port), timeout=waits.answer_s)) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            until = str((secured.getpeercert() or {}).get("notAfter", "?"))
            secured.settimeout(waits.alert_s)
            with suppress(TimeoutError):  # It waits for us, so it has taken us.
                secured.recv(1)
            return None, until
    except ssl.SSLError as error:
        said = str(error).lower().replace("_", " ")
        return next((meaning for mark, meaning in MEANINGS if mark in said), NO_TLS), ""
    except ConnectionRefusedError as error:
        return _away(error), ""
    except (ConnectionError, ssl.SSLEOFError):
        return NO_TLS, ""
    except OSError as error:
        return _away(error), ""


def _kafka(given: Mapping[str, str]) -> Connection | None:
    if "KAFKA_BOOTSTRAP" not in given:
        return None
    security = given.get("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT")
    login = given.get("KAFKA_USERNAME") if security.startswith("SASL_") else given.get("KAFKA_CERT_FILE")
    places = _places(given["KAFKA_BOOTSTRAP"], default=9092)
    return Connection("kafka", places, security.endswith("SSL"), login, _files("KAFKA", "ca cert key"))


def _mongodb(given: Mapping[str, str]) -> Connection | None:
    if "MONGO_URL" not in given:
        return None
    url = urlsplit(given["MONGO_URL"])
    said = {name.lower(): value.lower() for name, value in parse_qsl(url.query)}
    by_dns = url.scheme == "mongodb+srv"
    encrypted = said.get("tls", said.get("ssl", "true" if by_dns else "false")) == "true"
    user, _, places = url.netloc.rpartition("@")
    login = user.partition(":")[0] or given.get("MONGO_USERNAME")
    return Connection(
        "mongodb", () if by_dns or "%2f" in places.lower() else _places(places, default=27017), encrypted, login, _files("MONGO", "ca cert")
    )


def _redis(given: Mapping[str, str]) -> Connection | None:
    if "REDIS_URL" not in given:
        return None
    url = urlsplit(given["REDIS_URL"])
    login = url.username or given.get("REDIS_USERNAME") or ("default" if url.password or given.get("REDIS_PASSWORD") else None)
    places = () if url.scheme == "unix" else ((url.hostname or "localhost", url.port or 6379),)
    return Connection("redis", places, url.scheme == "rediss", login, _files("REDIS", "ca cert key"))


def _collector(given: Mapping[str, str]) -> Connection | None:
    if "OTEL_EXPORTER_OTLP_ENDPOINT" not in given:
        return None
    url = urlsplit(given["OTEL_EXPORTER_OTLP_ENDPOINT"])
    login = "its headers say" if given.get("OTEL_EXPORTER_OTLP_HEADERS") else None
    places = ((url.hostname or "localhost", url.port or 4317),)
    return Connection("collector", places, url.scheme == "https", login, {"ca": "OTEL_EXPORTER_OTLP_CERTIFICATE"})


def _places(text: str, *, default: int) -> tuple[tuple[str, int], ...]:
    """Read `host:port[,host:port]`. Raise ValueError for a port that is no number."""
    urls = [urlsplit(f"//{each.strip()}") for each in text.split(",")]
    return tuple((url.hostname or "localhost", url.port or default) for url in urls)


def _files(server: str, uses: str) -> dict[str, str]:
    return {use: f"{server}_{use.upper()}_FILE" for use in uses.split()}


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment, and what lies in files of `SECRETS_DIR`, as the services read it; an empty variable is none."""
    folder = Path(environ.get("SECRETS_DIR") or DEFAULT_SECRETS_DIR)
    known = ("KAFKA_", "MONGO_", "REDIS_", "OTEL_")
    try:
        files = {file.name: file.read_text().strip() for file in folder.iterdir() if file.name.startswith(known) and file.is_file()}
    except OSError:
        files = {}
    return {name: value for name, value in (files | dict(environ)).items() if value}
