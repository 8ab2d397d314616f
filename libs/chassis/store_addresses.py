"""What an address of Kafka, MongoDB or Redis says, read as its own driver reads it: two readings would differ where it matters."""

import warnings
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from aiokafka.conn import collect_hosts
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_userinfo, split_hosts, split_options
from redis.asyncio.connection import parse_url

SRV: Final = "mongodb+srv"
ESCAPED: Final = "what is special in a name or a password is written %XX"
LAST_PORT: Final = 65_535
# These log in without a password.
WITHOUT_PASSWORD: Final = frozenset({"MONGODB-X509", "MONGODB-AWS", "MONGODB-OIDC", "GSSAPI"})


class StoreAddress(NamedTuple):
    """Hosts as they are written (a socket's path is one), the login, options as the driver understands them, and what follows from them."""

    hosts: str
    user: str
    password: str
    options: Mapping[str, Any]
    is_encrypted: bool
    # Encrypted, but for whoever answers.
    is_unchecked: bool
    # What it is reached by is asked of the network first.
    is_looked_up: bool = False

    @property
    def needs_password(self) -> bool:
        """Whether its users log in by one."""
        return self.options.get("authMechanism") not in WITHOUT_PASSWORD


class BrokerAddress(NamedTuple):
    """Where a Kafka broker listens; as text, `host:port`."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def broker_addresses(bootstrap: str) -> tuple[BrokerAddress, ...]:
    """Read the addresses of Kafka's brokers; without a port it is Kafka's own, 9092. Raise ValueError with what is allowed."""
    message = "it is no `host:port[,host:port]`; without a port 9092 is taken, and an IPv6 address stands in brackets"
    try:
        read = tuple(BrokerAddress(host, port) for host, port, _ in collect_hosts(bootstrap, randomize=False))
    except ValueError as error:
        raise ValueError(message) from error
    if not all(host and "/" not in host and 0 < port <= LAST_PORT for host, port in read):
        raise ValueError(message)
    return read


def mongo_address(url: str) -> StoreAddress:
    """Read an address of MongoDB. Raise ValueError with what is wrong, without parts of it: one may be a password."""
    scheme, separator, rest = url.partition("://")
    if scheme not in ("mongodb", SRV) or not separator:
        message = "it begins with mongodb:// or mongodb+srv://"
        raise ValueError(message)
    place, _, more = rest.partition("?")
    place, _, database = place.partition("/")
    login, at, hosts = place.rpartition("@")
    if "@" in database:
        message = f"it has a `/` before its hosts; {ESCAPED}"
        raise ValueError(message)
    options = _mongo_options(more)
    try:
        split_hosts(hosts, default_port=None)
        user, password = parse_userinfo(login) if at else ("", "")
    except (PyMongoError, ValueError) as error:
        message = f"it is no `{scheme}://[user:password@]host[:port][,host[:port]]`; {ESCAPED}"
        raise ValueError(message) from error
    trusts = options.get("tlsAllowInvalidCertificates") or options.get("tlsAllowInvalidHostnames")
    return StoreAddress(
        hosts,
        user,
        password or "",
        options,
        is_encrypted=bool(options.get("tls", scheme == SRV)),
        is_unchecked=bool(trusts),
        is_looked_up=scheme == SRV,
    )


def _mongo_options(given: str) -> Mapping[str, Any]:
    """Return options by name, whatever their case. What the driver does not know it passes over, with a warning when it connects."""
    if not given:
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return split_options(given, validate=True, warn=True)
    except (PyMongoError, ValueError, TypeError) as error:
        message = "its options cannot be read: after `?` stand `name=value`, separated by `&`"
        raise ValueError(message) from error


def redis_address(url: str) -> StoreAddress:
    """Read an address of Redis. Raise ValueError with what is wrong, without parts of it: one may be a password."""
    scheme = url.partition("://")[0]
    if scheme not in ("redis", "rediss", "unix"):
        message = "it begins with redis://, rediss:// or unix://"
        raise ValueError(message)
    try:
        read: Mapping[str, Any] = dict(parse_url(url))
    except ValueError as error:
        message = f"it is no `{scheme}://host[:port][/number]`, with options that the driver knows; {ESCAPED}"
        raise ValueError(message) from error
    host = str(read.get("host", "localhost"))
    trusts = str(read.get("ssl_cert_reqs", "")).lower() == "none" or not read.get("ssl_check_hostname", True)
    return StoreAddress(
        str(read.get("path", "")) if scheme == "unix" else f"[{host}]" if ":" in host else host,
        str(read.get("username") or ""),
        str(read.get("password") or ""),
        read,
        is_encrypted=scheme == "rediss",
        is_unchecked=trusts,
    )
