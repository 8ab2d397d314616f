"""The connection to Redis, which holds only what may be lost: rate limits, metrics, short-lived keys."""

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
