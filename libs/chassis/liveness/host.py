"""How busy the host of a process is: processor, memory, disk and network, as psutil reads them of the operating system.

In a container the figures are those of the machine that it runs on; where several processes of one host tell them, they are the same.
"""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, TypeAlias

import psutil
from prometheus_client import Gauge
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

Resource: TypeAlias = Literal["cpu", "memory", "disk"]
# As they are named below.
HOST_USED: Final = "modelbourse_host_used_percent"
HOST_NETWORK: Final = "modelbourse_host_network_megabits"
BITS: Final = 8
MEGA: Final = 1e6
# Between two looks at counters that only grow: less, and what is read is noise.
LEAST_S: Final = 0.2


class HostMeter(Collector):
    """Reads the host when somebody looks. Processor and network are means since the look before, and absent at the first one."""

    def __init__(self, folder: Path) -> None:
        """`folder` lies on the disk that is looked at."""
        self._folder = folder
        self._host = socket.gethostname()
        self._used = Gauge(
            "modelbourse_host_used_percent",
            "Of the host's processors, memory and disk, in percent: take max over instances.",
            ["host", "resource"],
            registry=None,
        )
        self._network = Gauge(
            "modelbourse_host_network_megabits",
            "Megabits a second that the host sends and receives: take max over instances.",
            ["host"],
            registry=None,
        )
        self._seen: tuple[float, float] | None = None
        psutil.cpu_percent(interval=None)  # The first call has nothing to compare with.

    def collect(self) -> Iterator[Metric]:
        """Return both families."""
        used: dict[Resource, float] = {
            "memory": psutil.virtual_memory().percent,
            "disk": psutil.disk_usage(str(self._folder)).percent,
        }
        at, carried = time.monotonic(), _bytes_carried()
        self._network.clear()
        self._used.clear()
        if self._seen is not None and at - self._seen[0] >= LEAST_S:
            used["cpu"] = psutil.cpu_percent(interval=None)
            if carried is not None:
                self._network.labels(self._host).set(max(carried - self._seen[1], 0.0) * BITS / MEGA / (at - self._seen[0]))
        for resource, percent in used.items():
            self._used.labels(self._host, resource).set(percent)
        self._seen = at, carried or 0.0
        yield from self._used.collect()
        yield from self._network.collect()

    def describe(self) -> Iterator[Metric]:
        """Return the families without looking."""
        yield from self._used.describe()
        yield from self._network.describe()


def _bytes_carried() -> float | None:
    """Return what the host has sent and received since it was started; None where it has no network, or does not say."""
    counters = psutil.net_io_counters()
    return None if counters is None else float(counters.bytes_sent + counters.bytes_recv)
