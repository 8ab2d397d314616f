"""Freezing a process: it is there, holds its connections, and does nothing."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

STOPPED_OR_DEAD: Final = frozenset("TZX")


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop every thread of a process (SIGSTOP) for the length of the block; it may be killed meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        # On a busy machine a signal takes its time: until then the process works, and answers.
        deadline = time.monotonic() + 60
        while not (states := _states(pid)) <= STOPPED_OR_DEAD:
            assert time.monotonic() < deadline, f"process {pid} was not stopped within 60 s: {states}"
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _states(pid: int) -> set[str]:
    """Return the states that a process's threads are in, as Linux tells them."""
    states = set()
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # The thread has ended.
            states.add(stat.read_text().rpartition(")")[2].split()[0])  # A program's name may hold spaces and parentheses.
    return states
