"""The connection to Redis, which holds only what may be lost: rate limits, metrics, short-lived keys."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from libs.chassis.settings import SharedSettings


def connect_redis(settings: SharedSettings, service: str) -> Redis:
    """Return a client that connects at first use and fails within 2 s when the server does not answer."""
    return Redis.from_url(
        settings.redis_url,
        client_name=f"modelbourse-{service}",
        socket_connect_timeout=1.0,
        socket_timeout=2.0,
        # One attempt more, at once: a connection that died while idle. The library's default waits for seconds on a request's way.
        retry=Retry(NoBackoff(), 1),
        health_check_interval=15,
        max_connections=256,
    )


async def memory_share(redis: Redis) -> float | None:
    """Return the share (0 to 1) of its memory that Redis uses; None when nothing bounds it. Raises when it is away."""
    return share_of(await redis.info("memory"))


def share_of(memory: Mapping[str, Any]) -> float | None:
    """Return the share of memory that is used, from what `INFO memory` answers."""
    most = int(memory.get("maxmemory", 0))
    return int(memory["used_memory"]) / most if most else None
