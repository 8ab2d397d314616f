"""What production does not start with: each danger has a name, a sentence that says what to do, and an explicit way around."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias, get_args
from urllib.parse import unquote, urlsplit

from libs.chassis.connection_checks import kafka_is_encrypted
from libs.chassis.connection_settings import ConnectionSettings
from libs.chassis.store_addresses import StoreAddress, mongo_address, redis_address
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
    "mlflow",
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
    mongo, redis = mongo_address(settings.mongo_url), redis_address(settings.redis_url)
    mongo_named = mongo.user or settings.mongo_username or settings.mongo_cert_file
    redis_named = redis.password or settings.redis_password or settings.redis_cert_file
    yield from _dangers("mongodb", MONGODB, stays_here=_is_here(mongo), wrong=_wrong_store(mongo, anonymous=not mongo_named))
    yield from _dangers("redis", REDIS, stays_here=_is_here(redis), wrong=_wrong_store(redis, anonymous=not redis_named))
    for variable, address in (("MONGO_URL", mongo), ("REDIS_URL", redis)):
        if address.password and (why := weakness(address.password)):
            yield weak_key(f"the password in {variable}", why)


def _wrong_store(address: StoreAddress, *, anonymous: bool) -> dict[str, bool]:
    return {
        "plaintext": not address.is_encrypted,
        "anonymous": anonymous,
        "taken on trust (its certificate is not checked)": address.is_unchecked,
    }


def _is_here(address: StoreAddress) -> bool:
    return not address.is_looked_up and _stay_here(address.hosts)


def ray_dangers(address: str, *, environ: Mapping[str, str]) -> Iterator[Danger]:
    """Yield what Ray's own variables leave open. Who reaches the cluster runs programs on it: a token in plain text will not do."""
    asks = environ.get("RAY_AUTH_MODE") == "token"
    variable, token = _ray_token(environ) if asks else ("", "")
    stays_here = _stay_here(address)
    yield from _dangers(
        "ray",
        RAY,
        stays_here=stays_here,
        wrong={
            "plaintext": environ.get("RAY_USE_TLS", "").lower() not in YES,
            "anonymous": not asks,
            f"without a token (none can be read from {variable})": asks and not token,
        },
    )
    if token and not stays_here and (why := weakness(token)):
        yield weak_key(variable, why)


def mlflow_dangers(uri: str) -> Iterator[Danger]:
    """Yield what is wrong with the way to a tracker of experiments, which is told of every account's jobs."""
    parts = urlsplit(uri)
    if parts.scheme == "http" and not _is_loopback(parts.netloc.rpartition("@")[2]):
        yield Danger("mlflow", "MLFLOW_TRACKING_URI sends what models are made of in plain text: begin it with https://")


def _ray_token(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return where Ray takes its token from, and the token: the first place that is named, whether there is one or not."""
    if token := environ.get("RAY_AUTH_TOKEN", "").strip():
        return "RAY_AUTH_TOKEN", token
    path = environ.get("RAY_AUTH_TOKEN_PATH")
    try:
        token = Path(path or "~/.ray/auth_token").expanduser().read_text(errors="replace").strip()
    except OSError:
        token = ""
    return "RAY_AUTH_TOKEN_PATH" if path else "~/.ray/auth_token", token


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
            near = get_close_matches(name.lower(), WAYS_AROUND, n=1)
            nearest = f"did you mean '{near[0]}'? " if near else ""
            message = f"'{name[:40]}' is not a name that is known here; {nearest}the names are {', '.join(WAYS_AROUND)}"
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
