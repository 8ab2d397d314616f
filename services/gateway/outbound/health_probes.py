"""Looks at the stores for the page of health: what they say of themselves, as far as our user may know it."""

import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from libs.chassis.stores.mongo import Database, MongoRefusal
from libs.contracts.envelope import now
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.health import LETTER_YOUNG, JobFigures, StoreFigures

MEGABYTE: Final = 2**20
PAST: Final = timedelta(hours=1)
FORBIDDEN: Final = "The gateway's user of MongoDB may not read it: it needs the role clusterMonitor."
FORBIDDEN_BY_REDIS: Final = "The gateway's user of Redis may not read it: it needs the commands INFO and DBSIZE."
LEFT_OUT: Final = dict.fromkeys(("repl", "metrics", "locks", "wiredTiger", "tcmalloc", "transactions", "security"), 0)
OPERATIONS: Final = ("insert", "query", "update", "delete", "getmore", "command")
UNAUTHORIZED: Final = 13
# Not so long apart that a rate is of long ago, nor so short that one operation makes it.
SAMPLES_APART_S: Final = (0.5, 300.0)


class MongoProbe:
    """Figures of the gateway's MongoDB; the rate of operations is since the look before."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._before: tuple[float, int] | None = None

    async def __call__(self) -> StoreFigures:
        """Raise what the driver raises when it is away."""
        admin = self._database.client.get_database("admin")
        reasons: dict[str, str] = {}
        figures: dict[str, float | int | None] = {}
        try:
            status = await admin.command({"serverStatus": 1, **LEFT_OUT})
            connections = status["connections"]
            figures |= {"connections": connections["current"], "connections_available": connections["available"]}
            figures["operations_per_second"] = self._rate(status["opcounters"])
            if figures["operations_per_second"] is None:
                reasons["operations_per_second"] = "It is counted from one look to the next: ask again."
        except MongoRefusal:
            await self._database.command("ping")
            reasons |= dict.fromkeys(("connections", "connections_available", "operations_per_second"), FORBIDDEN)
        figures["replication_lag_ms"], why = await self._lag(admin)
        reasons |= {"replication_lag_ms": why} if why else {}
        sizes = await self._database.command("dbStats")
        figures["database_size_mb"] = (sizes["storageSize"] + sizes["indexSize"]) / MEGABYTE
        return StoreFigures(figures, reasons)

    def _rate(self, counters: Mapping[str, int]) -> float | None:
        at, count = time.monotonic(), sum(counters.get(name, 0) for name in OPERATIONS)
        before, self._before = self._before, (at, count)
        shortest, longest = SAMPLES_APART_S
        if before is None or not shortest <= at - before[0] <= longest or count < before[1]:
            return None
        return (count - before[1]) / (at - before[0])

    async def _lag(self, admin: Any) -> tuple[float | None, str | None]:
        try:
            members = (await admin.command("replSetGetStatus"))["members"]
        except MongoRefusal as error:
            return None, FORBIDDEN if error.code == UNAUTHORIZED else "It is no replica set."
        heads = [each["optimeDate"] for each in members if each.get("stateStr") == "PRIMARY"]
        behind = [each["optimeDate"] for each in members if each.get("stateStr") == "SECONDARY"]
        if not heads:
            return None, "The replica set has no primary."
        return max((max((heads[0] - each).total_seconds(), 0.0) for each in behind), default=0.0) * 1000, None


class RedisProbe:
    """Figures of Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def __call__(self) -> StoreFigures:
        """Raise what the client raises when it is away."""
        try:
            said, keys = await self._redis.info(), await self._redis.dbsize()
        except NoPermissionError:
            await self._redis.ping()
            names = ("memory_usage_mb", "memory_max_mb", "memory_utilization", "connected_clients", "keys_count", "hit_rate")
            return StoreFigures(dict.fromkeys(names), dict.fromkeys(names, FORBIDDEN_BY_REDIS))
        used, most = int(said["used_memory"]), int(said.get("maxmemory", 0))
        hits, misses = int(said.get("keyspace_hits", 0)), int(said.get("keyspace_misses", 0))
        reasons = {} if most else dict.fromkeys(("memory_max_mb", "memory_utilization"), "Nothing bounds its memory (maxmemory).")
        if not hits + misses:
            reasons["hit_rate"] = "Nothing has been looked up yet."
        figures: dict[str, float | int | None] = {
            "memory_usage_mb": used / MEGABYTE,
            "memory_max_mb": most / MEGABYTE if most else None,
            "memory_utilization": used / most if most else None,
            "connected_clients": int(said["connected_clients"]),
            "keys_count": int(keys),
            "hit_rate": hits / (hits + misses) if hits + misses else None,
        }
        return StoreFigures(figures, reasons)


class PastHourMongo:
    """What of the last while counts for health, in the gateway's own collections."""

    def __init__(self, database: Database) -> None:
        self._jobs, self._letters = database["jobs"], database["dead_letters"]

    async def jobs(self) -> JobFigures:
        """Return figures of the jobs that ended within the last hour."""
        ran = {"$dateDiff": {"startDate": "$started_at", "endDate": "$ended_at", "unit": "millisecond"}}
        waited = {"$dateDiff": {"startDate": "$created_at", "endDate": "$started_at", "unit": "millisecond"}}
        failed = {"$cond": [{"$eq": ["$state", "failed"]}, 1, 0]}
        counted = {"ended": {"$sum": 1}, "failed": {"$sum": failed}, "ran": {"$avg": ran}, "waited": {"$avg": waited}}
        steps: list[dict[str, Any]] = [{"$match": {"ended_at": {"$gte": now() - PAST}}}, {"$group": {"_id": None} | counted}]
        found = [each async for each in self._jobs.aggregate(steps)]
        if not found:
            return JobFigures(0, 0, None, None)
        means = [None if found[0][name] is None else found[0][name] / 1000 for name in ("ran", "waited")]
        return JobFigures(found[0]["ended"], found[0]["failed"], *means)

    async def running(self, kinds: Collection[JobKind]) -> int:
        """Return how many jobs of these kinds run now, of all accounts."""
        running = {"kind": {"$in": [kind.value for kind in kinds]}, "state": JobState.RUNNING.value}
        return int(await self._jobs.count_documents(running))

    async def young_letters(self) -> int:
        """Return how many messages were set aside lately that nobody has dealt with."""
        wanted = {"dealt_with": None, "kept_at": {"$gte": now() - LETTER_YOUNG}}
        return int(await self._letters.count_documents(wanted, limit=1000))
