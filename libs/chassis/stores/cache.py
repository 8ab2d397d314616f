"""The connection to Redis, which holds only what may be lost: rate limits, metrics, short-lived keys."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError

from libs.chassis.connection_settings import ConnectionSettings
from libs.chassis.refusals import why_tls
from libs.chassis.settings import SharedSettings
from libs.chassis.store_addresses import redis_address


def connect_redis(settings: SharedSettings, service: str) -> Redis:
    """Return a client that connects at first use and fails within 2 s when the server does not answer."""
    return Redis.from_url(
        settings.redis_url,
        **redis_security(settings),
        client_name=f"modelbourse-{service}",
        socket_connect_timeout=1.0,
        socket_timeout=2.0,
        # One attempt more, at once: a connection that died while idle. The library's default waits for seconds on a request's way.
        retry=Retry(NoBackoff(), 1),
        health_check_interval=15,
        max_connections=256,
    )


def redis_security(settings: ConnectionSettings) -> dict[str, Any]:
    """Return what a client of Redis is made with beside the address: login and certificates. What the address itself says comes first."""
    login = {"username": settings.redis_username, "password": settings.redis_password}
    given: dict[str, Any] = {name: value for name, value in login.items() if value}
    if redis_address(settings.redis_url).is_encrypted:
        files = {"ssl_ca_certs": settings.redis_ca_file, "ssl_certfile": settings.redis_cert_file, "ssl_keyfile": settings.redis_key_file}
        given |= {name: str(file) for name, file in files.items() if file} | {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    return given


def why_redis_refuses(error: BaseException) -> str | None:
    """Return in a sentence why Redis does not take us; None when it is away, or the error is about something else."""
    if why := why_tls(error, ca_file="REDIS_CA_FILE", cert_file="REDIS_CERT_FILE"):
        return f"Redis refuses us: {why}"
    if isinstance(error, AuthenticationError):
        return "Redis refuses us: it does not know this user with this password (REDIS_USERNAME, REDIS_PASSWORD, or REDIS_URL)"
    if isinstance(error, NoPermissionError):
        return "Redis does not allow this user what it needs: docs/guides/security.md lists it"
    return None


async def memory_share(redis: Redis) -> float | None:
    """Return the share (0 to 1) of its memory that Redis uses; None when nothing bounds it. Raises when it is away."""
    return share_of(await redis.info("memory"))


def share_of(memory: Mapping[str, Any]) -> float | None:
    """Return the share of memory that is used, from what `INFO memory` answers."""
    most = int(memory.get("maxmemory", 0))
    return int(memory["used_memory"]) / most if most else None
