"""Notices in a Redis stream, which every gateway reads for itself from where it is."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.chassis.logs import log
from services.gateway.domain.notices import Notice
from services.gateway.outbound.streams_redis import follow_stream

# Enough for a gateway that has to connect anew: some seconds of a busy platform, in less than a megabyte.
KEPT: Final = 5000
JOB: Final = b"job"


class NoticesRedis:
    """Implements the port Notices."""

    def __init__(self, redis: Redis, *, namespace: str) -> None:
        self._redis = redis
        self._stream = f"{namespace}:notices"

    async def publish(self, notice: Notice) -> None:
        """Add a notice to the stream. While Redis is away who watches sees the change a little later (`LOOK_EVERY_S`)."""
        try:
            await self._redis.xadd(self._stream, _fields_of(notice), maxlen=KEPT, approximate=True)
        except (RedisError, OSError) as error:
            log().info("a change is not told live", job_id=notice.job_id, error=type(error).__name__)

    async def follow(self) -> AsyncIterator[Notice]:
        """Return the notices from now on; raises RedisError when the server is away."""
        async for fields in follow_stream(self._redis, self._stream):
            if fields[b"kind"] == JOB:  # Another release may know other things.
                yield _notice_of(fields)


def _fields_of(notice: Notice) -> dict[Any, Any]:
    fields = {"kind": JOB, "id": notice.job_id, "account_id": notice.account_id, "job_kind": notice.kind}
    return fields | ({"model_id": notice.model_id} if notice.model_id else {})


def _notice_of(fields: Mapping[bytes, bytes]) -> Notice:
    # A gateway of a former release says the id alone: who watches by account looks a little later.
    account_id, kind, model_id = (fields.get(name, b"").decode() for name in (b"account_id", b"job_kind", b"model_id"))
    return Notice(fields[b"id"].decode(), account_id, kind, model_id or None)
