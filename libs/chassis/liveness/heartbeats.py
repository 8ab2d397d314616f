"""Heartbeats: every process says every few seconds that it lives and whether what it depends on answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from redis.asyncio import Redis

from libs.chassis.bus.port import Bus
from libs.chassis.errors import PlatformError
from libs.chassis.liveness.failures import report_failure
from libs.chassis.liveness.outages import is_passing
from libs.chassis.liveness.pulse import Pulse
from libs.chassis.refusals import tell
from libs.chassis.stores.cache import why_redis_refuses
from libs.chassis.stores.mongo import Database, why_mongo_refuses
from libs.chassis.stores.set_aside import describe_set_aside
from libs.contracts.envelope import now
from libs.contracts.monitoring import HeartbeatSent, Process

EVERY_S: Final = 3.0
CHECK_WITHIN_S: Final = 1.0
SEND_WITHIN_S: Final = 2.0
OK: Final = "ok"
Check: TypeAlias = Callable[[], Awaitable[Any]]


class Heart:
    """Beats for one process: `beating()` until cancelled, `last_beat()` when it leaves."""

    def __init__(
        self,
        *,
        bus: Bus,
        database: Database,
        redis: Redis,
        pulse: Pulse,
        service: str,
        instance: str,
        clock: Callable[[], datetime] = now,
        checks: Mapping[str, Check] | None = None,
        process: Process | None = None,
    ) -> None:
        """Prepare it; `checks` are the service's own, and may be added to until it beats. `process` is what the process is."""
        self._bus, self._database, self._clock = bus, database, clock
        self._pulse = pulse
        self._service = service
        self._instance = instance
        self._process = process
        self._sequence = 0
        self._away = False
        self._checks: Mapping[str, Check] = {"mongodb": lambda: database.command("ping"), "redis": redis.ping}
        self._more: Mapping[str, Check] = checks if checks is not None else {}

    async def beating(self) -> None:
        """Beat every 3 s from when the process is ready; a beat that cannot be sent is left out."""
        await self._pulse.served.wait()
        while True:
            checks = await self._check()
            await self._beat("ready" if all(found == OK for found in checks.values()) else "degraded", checks)
            await asyncio.sleep(EVERY_S)

    async def last_beat(self) -> None:
        """Say that the process leaves of its own will."""
        await self._beat("stopping", {})

    async def _beat(self, state: Literal["ready", "degraded", "stopping"], checks: dict[str, str]) -> None:
        at = self._clock()
        # An instance keeps its name when it is started again: counted from the clock, its numbers grow all the same.
        self._sequence = max(self._sequence + 1, int(at.timestamp() * 1000))
        beat = HeartbeatSent(
            occurred_at=at,
            sequence=self._sequence,
            service=self._service,
            instance=self._instance,
            started_at=self._pulse.started_at,
            every_s=EVERY_S,
            state=state,
            checks=checks,
            process=self._process,
        )
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                await self._bus.publish(beat)
        except Exception as error:  # noqa: BLE001  # heartbeats end no process
            report_failure(error, work="sending heartbeats", reported=self._away)
            self._away = True
        else:
            self._away = False

    async def _check(self) -> dict[str, str]:
        checks = {**self._checks, **self._more}
        answers = await asyncio.gather(*(_answers(check) for check in checks.values()))
        found = dict(zip(checks, answers, strict=True)) | ({"bus": self._bus.trouble} if self._bus.trouble else {})
        documents = await self._documents() if found["mongodb"] == OK else None
        return found | ({"documents": documents} if documents else {})

    async def _documents(self) -> str | None:
        """Return a sentence about documents that people have to look at."""
        try:
            async with asyncio.timeout(CHECK_WITHIN_S):
                return await describe_set_aside(self._database)
        except Exception as error:  # noqa: BLE001  # a store that is away is reported by its own check
            report_failure(error, work="looking for documents that are set aside", reported=self._away)
            return None


async def _answers(check: Callable[[], Awaitable[Any]]) -> str:
    """Return `ok`, or a sentence that says what is wrong."""
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            await check()
    except TimeoutError:
        return f"no answer within {CHECK_WITHIN_S:.0f} s"
    except PlatformError as error:
        return error.message
    except Exception as error:  # noqa: BLE001  # whatever it is, that is what the heartbeat says
        if why := why_mongo_refuses(error) or why_redis_refuses(error):
            tell(why)
            return why
        # The class says enough; the text of a connection error may hold an address with a password.
        return f"{'away' if is_passing(error) else 'refuses'} ({type(error).__name__})"
    return OK
