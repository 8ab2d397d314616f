"""A file of anybody's is a network of anything: what it may take of the process's memory and time while it is opened and asked."""

import resource
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import psutil

ROOM: Final = 2 << 30
"""Bytes that a batch of texts may take beside the weights; three times what the largest network that is taken needs."""
WEIGHTS_TIMES: Final = 4
"""A file is read, parsed, and its weights laid out for the processor, before the first two are let go."""


def most_for(size: int) -> int:
    """Return how far the process's address space may grow, in bytes, for a file of this size."""
    held: int = psutil.Process().memory_info().vms
    return held + ROOM + WEIGHTS_TIMES * size


@contextmanager
def bounded(most: int, *, seconds: float, stop: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Refuse the process what goes beyond `most` bytes of address space meanwhile, and call `stop` once it takes longer than that.

    Libraries raise their own errors for either. Where the system has no such bound (all but Linux), memory has none.
    """
    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_AS, (min((most, *(each for each in (soft, hard) if each != resource.RLIM_INFINITY))), hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        timer.cancel()
