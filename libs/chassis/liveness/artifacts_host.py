"""The one host whose folder holds a platform's artifacts: the first process makes it so, and one that comes to another host is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from redis.asyncio import Redis

from libs.chassis.errors import StartRefusedError
from libs.chassis.liveness.failures import report_failure
from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.artifact_store import is_folder
from libs.chassis.tasks import beside

LIVE_S: Final = 30
EVERY_S: Final = 10.0
KEY: Final = "artifacts-host"
# Looks and enters in one step: of two hosts that start at the same moment one is told of the other. By Redis's clock: hosts' own differ.
ENTER: Final = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local host = string.match(member, '^([^/]*)/')
  if host ~= ARGV[1] then return host end
end
redis.call('ZADD', KEYS[1], now, ARGV[1] .. '/' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return false
"""


@asynccontextmanager
async def artifacts_on_one_host(redis: Redis, settings: SharedSettings, *, host: str, instance: str) -> AsyncIterator[None]:
    """Keep a production's folder of artifacts to one host. Raise StartRefusedError when a process of another host uses its own.

    While Redis is away nobody can tell: the start goes on, and what is found later is logged, for then both hosts have files.
    """
    opens_folder = settings.opens_artifacts and is_folder(settings.artifacts_url)
    if settings.profile != "production" or not opens_folder or "local_artifacts" in settings.allow_insecure:
        yield
        return
    place = _Place(redis, settings.key(KEY), host=host, instance=instance)
    try:
        other = await place.enter()
    except Exception as error:
        if not is_passing(error):
            raise
        log().warning("whether another host has artifacts of its own cannot be told", error=type(error).__name__)
    else:
        if other is not None:
            raise StartRefusedError(_sentence(other, host=host))
    try:
        async with beside(place.staying()):
            yield
    finally:
        with suppress(Exception):  # It expires by itself.
            await place.leave()


class _Place:
    """A process among those whose artifacts lie in a folder."""

    def __init__(self, redis: Redis, key: str, *, host: str, instance: str) -> None:
        self._redis, self._key, self._host, self._instance = redis, key, host, instance

    async def enter(self) -> str | None:
        """Enter this process, or say that it is there still; return the host of another one that keeps it out."""
        # Its script and arguments, not a name on the server: a server that was started anew knows no names.
        found = await self._redis.eval(ENTER, 1, self._key, self._host, self._instance, str(LIVE_S))
        return found.decode() if isinstance(found, bytes) else found

    async def leave(self) -> None:
        """Make room for a platform that moves."""
        await self._redis.zrem(self._key, f"{self._host}/{self._instance}")

    async def staying(self) -> None:
        """Say again and again that this process is there."""
        known: str | None = None
        away = False
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                other = await self.enter()
                away = False
            except Exception as error:  # noqa: BLE001  # a service that runs goes on
                report_failure(error, work="looking for artifacts on another host", reported=away)
                away = True
                continue
            if other is not None and other != known:
                log().error("the artifacts lie on two hosts", why=_sentence(other, host=self._host))
            known = other


def _sentence(other: str, *, host: str) -> str:
    return (
        f"the artifacts lie in a folder of another host ({other}; this is {host}), which a process there used less than {LIVE_S} s ago:"
        " set ARTIFACTS_URL=s3://bucket/prefix, or allow local_artifacts where all hosts have mounted the same folder."
        " See docs/guides/production.md."
    )
