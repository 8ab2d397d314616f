"""How full the cache is, for the metrics and as one of this process's own checks, so that it becomes an alert."""

from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from redis.asyncio import Redis

from libs.chassis.logs import log
from libs.chassis.stores.cache import memory_share
from services.monitoring.domain.errors import CacheNearlyFullError

ALERT_FROM: Final = 0.8


class CacheMemory:
    """Looks with each heartbeat."""

    def __init__(self, redis: Redis, *, registry: CollectorRegistry) -> None:
        self._redis = redis
        self._gauge = Gauge("modelbourse_cache_memory_ratio", "Share of the cache's memory that is used.", registry=registry)
        self._was_full = False

    async def check(self) -> None:
        """Raise CacheNearlyFullError when 80 % or more is used; a cache without a bound has room."""
        share = await memory_share(self._redis) or 0.0
        self._gauge.set(share)
        is_full = share >= ALERT_FROM
        if is_full and not self._was_full:
            log().warning("the cache is nearly full", used=f"{share:.0%}")
        self._was_full = is_full
        if is_full:
            raise CacheNearlyFullError(share)
