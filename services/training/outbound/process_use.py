"""What this process and those that it has started use, such as the processes in which trials run side by side."""

import multiprocessing
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """Return the CPU time of this process, all of its threads, and of its children, those that have ended among them."""
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system + sum(map(_cpu_seconds_of, _children()))


def rss_bytes() -> int:
    """Return the memory that this process and its children have."""
    return sum(map(_rss_bytes_of, (os.getpid(), *_children())))


def _children() -> list[int]:
    return [each.pid for each in multiprocessing.active_children() if each.pid is not None]


def _cpu_seconds_of(process: int) -> float:
    """Return user and system time (proc(5): fields 14 and 15 of stat, the name in brackets before them); 0 of one that is gone."""
    with suppress(OSError):
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / TICKS_A_SECOND
    return 0.0


def _rss_bytes_of(process: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_BYTES
    return 0
