"""How fast a signal reaches a thousand sockets at `/ws` of one gateway, and what that costs it."""

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psutil
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from services.gateway.domain.broadcasts import Broadcast
from services.gateway.outbound.broadcasts_redis import BroadcastsRedis
from tests.bench.usage import processes
from tests.conftest import find_kafka_home
from tests.journeys.platform import Platform, platform_running

SOCKETS = 1000
BROADCASTS = 30
OPENED_AT_ONCE = 50
# Of the size of a signal with its reasoning and scores.
TEXT = '{{"type": "AISignalReceived", "number": {number}, "data": "' + "x" * 700 + '"}}'


def measure_sockets(broker: str) -> dict[str, Any]:
    """Start a platform with one gateway, and measure on it."""
    home = find_kafka_home() if broker == "apache-kafka" else None
    with (
        tempfile.TemporaryDirectory(prefix="mb-bench-") as folder,
        platform_running(Path(folder), broker=broker, kafka_home=home) as platform,
    ):
        return {"sockets_1000": asyncio.run(_measured(platform))}


async def _measured(platform: Platform) -> dict[str, float]:
    address = platform.gateway.replace("http", "ws", 1) + "/ws"
    gateway = next(process for name, process in processes(platform) if name.startswith("gateway"))
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(Redis.from_url(platform.status()["redis"]))
        broadcasts = BroadcastsRedis(redis, namespace="")
        began, memory = time.perf_counter(), gateway.memory_info().rss
        sockets: list[ClientConnection] = []
        while len(sockets) < SOCKETS:
            sockets += await asyncio.gather(*(stack.enter_async_context(connect(address)) for _ in range(OPENED_AT_ONCE)))
        await asyncio.gather(*(socket.recv() for socket in sockets))
        opened_s, grown = time.perf_counter() - began, gateway.memory_info().rss - memory
        cpu, first, last = _cpu(gateway), list[float](), list[float]()
        for number in range(BROADCASTS):
            began = time.perf_counter()
            await broadcasts.publish(Broadcast(f"bench-{began}", "AISignalReceived", TEXT.format(number=number)))
            heard = await asyncio.gather(*(_heard(socket) for socket in sockets))
            first.append(1000 * (min(heard) - began))
            last.append(1000 * (max(heard) - began))
        used = _cpu(gateway) - cpu
    return {
        "opened_s": round(opened_s, 2),
        "first_p50_ms": round(sorted(first)[BROADCASTS // 2], 1),
        "last_p50_ms": round(sorted(last)[BROADCASTS // 2], 1),
        "last_worst_ms": round(max(last), 1),
        "gateway_cpu_ms": round(1000 * used / BROADCASTS, 1),
        "kib_a_socket": round(grown / 1024 / SOCKETS, 1),
    }


async def _heard(socket: ClientConnection) -> float:
    await socket.recv()
    return time.perf_counter()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
