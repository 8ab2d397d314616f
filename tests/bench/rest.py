"""What a platform costs that has nothing to do: CPU, memory, and each replica's connections, reads, writes and commands."""

import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import psutil

from tests.bench.usage import look, processes
from tests.journeys.platform import SERVICES, Platform

# What a start leaves to do is done by then.
SETTLES_S, SECONDS = 60.0, 60.0
CORES_MOST = {"embedded": 0.15, "apache-kafka": 0.25}
MIB_MOST = 1.2 * 1024


def measure_rest(platform: Platform, *, seconds: float = SECONDS) -> dict[str, Any]:
    """Return cores, MiB and what each service does a second while nobody asks for anything, a minute after the start; Ray is left out."""
    time.sleep(SETTLES_S)
    before, began = look(platform), time.perf_counter()
    time.sleep(seconds)
    used, took = look(platform).since(before), time.perf_counter() - began
    memory = sum(process.memory_info().rss for _, process in processes(platform)) / 2**20
    cores = sum(used.cpu_s.values()) / took
    rows: dict[str, Any] = {
        "idle_cores": _against(cores, CORES_MOST[platform.status()["broker"]]),
        "idle_mib_without_ray": _against(memory, MIB_MOST),
        # What the machine gives for it: libraries that several processes have mapped are counted once.
        "idle_mib_with_shared_pages_once": round(sum(process.memory_full_info().pss for _, process in processes(platform)) / 2**20),
        "idle_cores_by_process": {name: round(cpu / took, 4) for name, cpu in used.cpu_s.items()},
        "idle_mib_by_process": {name: round(process.memory_info().rss / 2**20) for name, process in processes(platform)},
    }
    connections = connections_of(platform)
    return rows | {
        f"idle_{service}": connections[service]
        | {
            "mongodb_reads_per_s": round(used.mongo_reads.get(service, 0) / took, 2),
            "mongodb_writes_per_s": round(used.mongo_writes.get(service, 0) / took, 2),
            "redis_commands_per_s": round(used.redis_commands.get(service, 0) / took, 2),
        }
        for service in SERVICES
    }


def _against(measured: float, most: float) -> dict[str, float | str]:
    """Return a figure beside its bound."""
    return {"measured": round(measured, 3), "at_most": round(most, 3), "": "met" if measured <= most else "NOT MET"}


def connections_of(platform: Platform) -> dict[str, dict[str, int]]:
    """Return how many connections the first replica of each service has open to each server."""
    status = platform.status()
    ports = {port_of(status[server]): server for server in ("kafka", "mongodb", "redis")}
    found = {}
    for name, process in processes(platform):
        remote = [each.raddr.port for each in process.net_connections(kind="tcp") if each.status == psutil.CONN_ESTABLISHED]
        counted = Counter(ports[port] for port in remote if port in ports)
        found[name] = {server: counted[server] for server in ports.values()}
    return found


def port_of(address: str) -> int:
    """Return the port of `host:port` or of a URL."""
    port = urlsplit(address if "//" in address else f"//{address}").port
    assert port is not None
    return port
