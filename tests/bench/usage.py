"""What a platform has used so far: CPU by service, writes and bytes of its stores; two looks tell what something cost."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from pymongo import MongoClient
from redis import Redis

from tests.journeys.platform import Platform

WRITES = ("insert", "update", "remove")


@dataclass(frozen=True)
class Usage:
    """Counters since the start, by process or by store."""

    cpu_s: Mapping[str, float]
    mongo_writes: Mapping[str, int]
    mongo_reads: Mapping[str, int]
    mongo_bytes: float
    redis_commands: Mapping[str, int]
    kafka_bytes: int

    def since(self, before: "Usage") -> "Usage":
        """Return what was used between two looks."""
        return Usage(
            cpu_s={name: used - before.cpu_s.get(name, 0.0) for name, used in self.cpu_s.items()},
            mongo_writes=_less(self.mongo_writes, before.mongo_writes),
            mongo_reads=_less(self.mongo_reads, before.mongo_reads),
            mongo_bytes=self.mongo_bytes - before.mongo_bytes,
            redis_commands=_less(self.redis_commands, before.redis_commands),
            kafka_bytes=self.kafka_bytes - before.kafka_bytes,
        )


def look(platform: Platform) -> Usage:
    """Read all counters."""
    with MongoClient(platform.status()["mongodb"]) as mongo:
        totals = mongo.admin.command("top")["totals"]
        names = [name for name in mongo.list_database_names() if name.startswith("modelbourse_")]
        size = sum(mongo[name].command("dbStats")["dataSize"] for name in names)
    writes, reads = Counter[str](), Counter[str]()
    for place, counted in totals.items():
        if isinstance(counted, dict) and place.startswith("modelbourse_"):
            service = place.partition(".")[0].removeprefix("modelbourse_")
            writes[service] += sum(counted[kind]["count"] for kind in WRITES)
            reads[service] += counted["queries"]["count"] + counted["getmore"]["count"]
    with Redis.from_url(platform.status()["redis"]) as redis:
        commands = Counter[str]()
        for client in redis.client_list():
            commands[client["name"].removeprefix("modelbourse-")] += int(client.get("tot-cmds", 0))
    cpu = Counter[str]()
    for name, process in processes(platform):
        times = process.cpu_times()
        cpu[service_of(name)] += times.user + times.system
    return Usage(cpu, writes, reads, size, commands, _kafka_bytes(platform.run_dir))


def processes(platform: Platform) -> list[tuple[str, psutil.Process]]:
    """Return every process of the platform but Ray's, with its name (`gateway-2`)."""
    status = platform.status()
    found = {entry["name"]: entry["pid"] for entry in status["processes"] if not entry["name"].startswith("ray")}
    return [(name, psutil.Process(pid)) for name, pid in (found | {"supervisor": status["supervisor"]}).items()]


def service_of(name: str) -> str:
    """Return the service of a replica's name."""
    return re.sub(r"-\d+$", "", name)


def _less(after: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {name: count - before.get(name, 0) for name, count in after.items()}


def _kafka_bytes(run_dir: Path) -> int:
    """Return the bytes of the logs of the platform's own topics; both brokers keep them in their data folder."""
    folders = [run_dir / "data" / "broker", run_dir / "data" / "kafka"]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file() and "__consumer_offsets" not in str(file)]
    return sum(file.stat().st_blocks * 512 for file in files if file.suffix not in {".index", ".timeindex"})
