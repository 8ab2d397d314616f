"""What production does not start with: each danger has a name, a sentence that says what to do, and an explicit way around."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Final, Literal, NamedTuple, TypeAlias, get_args
from urllib.parse import parse_qs, unquote

from libs.chassis.connection_checks import kafka_is_encrypted, mongo_is_encrypted, redis_is_encrypted
from libs.chassis.connection_settings import ConnectionSettings
from libs.chassis.weak_secrets import weakness

WayAround: TypeAlias = Literal[
    "kafka",
    "mongodb",
    "redis",
    "ray",
    "keys",
    "payments",
    "auto_approve",
    "cors",
    "proxies",
    "synthetic",
    "local_artifacts",
    "metrics",
]
WAYS_AROUND: Final[tuple[WayAround, ...]] = get_args(WayAround)
YES: Final = frozenset({"1", "true"})
KAFKA: Final = (
    "Kafka is {wrong}: set KAFKA_SECURITY_PROTOCOL=SASL_SSL, KAFKA_USERNAME and KAFKA_PASSWORD, or SSL, KAFKA_CERT_FILE and KAFKA_KEY_FILE"
)
MONGODB: Final = "MongoDB is {wrong}: put tls=true into MONGO_URL, and set MONGO_USERNAME and MONGO_PASSWORD, or MONGO_CERT_FILE"
REDIS: Final = "Redis is {wrong}: begin REDIS_URL with rediss://, and set REDIS_USERNAME and REDIS_PASSWORD"
RAY: Final = (
    "Ray is {wrong}: set RAY_AUTH_MODE=token with RAY_AUTH_TOKEN_PATH, and RAY_USE_TLS=1 with RAY_TLS_SERVER_CERT, RAY_TLS_SERVER_KEY and"
    " RAY_TLS_CA_CERT, here and on every node of the cluster"
)


class Danger(NamedTuple):
    """What is not fit for production: the name that allows it, and a sentence without the values of settings, which may be secrets."""

    name: WayAround
    sentence: str


def connection_dangers(settings: ConnectionSettings) -> Iterator[Danger]:
    """Yield connections that leave this machine in plain text or without a name; what stays on it is nobody else's to hear."""
    yield from kafka_dangers(settings)
    yield from _store_dangers(settings)


def kafka_dangers(settings: ConnectionSettings) -> Iterator[Danger]:
    """Yield what is wrong with the connection to Kafka alone, for a program that speaks to nothing else."""
    yield from _dangers(
        "kafka",
        KAFKA,
        stays_here=_stay_here(settings.kafka_bootstrap),
        wrong={
            "plaintext": not kafka_is_encrypted(settings.kafka_security),
            "anonymous": not (settings.kafka_username if settings.kafka_security.startswith("SASL") else settings.kafka_cert_file),
        },
    )


def _store_dangers(settings: ConnectionSettings) -> Iterator[Danger]:
    mongo = _Url(settings.mongo_url)
    yield from _dangers(
        "mongodb",
        MONGODB,
        stays_here=mongo.stays_here,
        wrong={
            "plaintext": not mongo_is_encrypted(settings.mongo_url),
            "anonymous": not (mongo.user or settings.mongo_username or settings.mongo_cert_file),
            "taken on trust (its certificate is not checked)": mongo.is_unchecked,
        },
    )
    redis = _Url(settings.redis_url)
    yield from _dangers(
        "redis",
        REDIS,
        stays_here=redis.stays_here,
        wrong={
            "plaintext": not redis_is_encrypted(settings.redis_url),
            "anonymous": not (redis.password or settings.redis_password or settings.redis_cert_file),
            "taken on trust (its certificate is not checked)": redis.is_unchecked,
        },
    )
    for variable, url in (("MONGO_URL", mongo), ("REDIS_URL", redis)):
        if url.password and (why := weakness(url.password)):
            yield weak_key(f"the password in {variable}", why)


def ray_dangers(address: str, *, environ: Mapping[str, str]) -> Iterator[Danger]:
    """Yield what Ray's own variables leave open. Who reaches the cluster runs programs on it: a token in plain text will not do."""
    yield from _dangers(
        "ray",
        RAY,
        stays_here=_stay_here(address),
        wrong={
            "plaintext": environ.get("RAY_USE_TLS", "").lower() not in YES,
            "anonymous": environ.get("RAY_AUTH_MODE") != "token",
        },
    )


def weak_key(variable: str, why: str) -> Danger:
    """Return the danger of a key or password that anybody could guess."""
    return Danger("keys", f"{variable}: it is not fit for production: {why}; `openssl rand -base64 48` makes a good one")


def read_ways_around(given: object) -> object:
    """Return the names in `name[,name]`. Raise ValueError for one that there is not, with the nearest that there is."""
    if not isinstance(given, str):
        return given
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    for name in names:
        if name not in WAYS_AROUND:
            near = get_close_matches(name, WAYS_AROUND, n=1)
            nearest = f"did you mean '{near[0]}'? " if near else ""
            message = f"'{name[:40]}' is no danger; {nearest}there are {', '.join(WAYS_AROUND)}"
            raise ValueError(message)
    return names


def refused(dangers: Iterable[Danger], *, allowed: Iterable[str]) -> list[Danger]:
    """Return the dangers that nobody has allowed."""
    names = set(allowed)
    return [danger for danger in dangers if danger.name not in names]


def _dangers(name: WayAround, sentence: str, *, stays_here: bool, wrong: Mapping[str, bool]) -> Iterator[Danger]:
    found = [what for what, is_so in wrong.items() if is_so]
    if found and not stays_here:
        yield Danger(name, sentence.format(wrong=" and ".join(found)))


def _stay_here(addresses: str) -> bool:
    return all(_is_loopback(address) for address in addresses.split(","))


def _is_loopback(address: str) -> bool:
    """Tell whether `host`, `host:port` or a socket's path is on this machine."""
    address = unquote(address.strip())
    if address.startswith("/"):
        return True
    bracketed = re.fullmatch(r"\[(.*)\](:\d+)?", address)
    host = bracketed[1] if bracketed else address.partition(":")[0]
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class _Url:
    """What a store's address says: MongoDB's may name several hosts, which the standard library does not read."""

    def __init__(self, url: str) -> None:
        self._scheme, _, rest = url.partition("://")
        place, _, more = rest.partition("?")
        self._options = {name.lower(): values[-1].lower() for name, values in parse_qs(more).items()}
        named, _, self._hosts = place.partition("/")[0].rpartition("@")
        user, _, password = named.partition(":")
        self.user, self.password = unquote(user), unquote(password)

    @property
    def stays_here(self) -> bool:
        return self._scheme == "unix" or (self._scheme != "mongodb+srv" and _stay_here(self._hosts))

    @property
    def is_unchecked(self) -> bool:
        options = self._options
        return "true" in (options.get("tlsinsecure"), options.get("tlsallowinvalidcertificates")) or options.get("ssl_cert_reqs") == "none"
