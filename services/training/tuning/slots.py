"""Where the steps of trials run side by side: threads of this process, or for networks processes of their own.

Trees, boosters and linear models let go of Python's lock while they fit, so that threads share the rows and a warm process. PyTorch draws
from one generator a process, and works much in Python: two networks in one process would disturb each other's numbers, and gain nothing.
"""

import os
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, Final

LOOKS_EVERY_S: Final = 1.0
ENDS_WITHIN_S: Final = 5.0
Step = Callable[..., Any]


class StoppedError(Exception):
    """The search is over; whoever fits lets go."""


@dataclass(slots=True)
class Slots:
    """`count` steps at a time. `own` is what every step is given first: sent once to each process, and not with each step."""

    count: int
    own: Any
    apart: bool
    _pool: Executor | None = field(default=None, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)

    def begin(self, step: Step, *given: Any) -> Future[Any]:
        """Have `step(own, *given, check)` done; `check()` raises StoppedError once it is to be stopped."""
        if isinstance(self._pool, ProcessPoolExecutor) and self._pool._broken:  # noqa: SLF001 - it has no other way
            self.stop()  # A process was killed, as for its memory: what ran there has failed, and others go on in new ones.
        if self._pool is None:
            self._pool, self._stopped = self._made(), threading.Event()
        if self.apart:
            return self._pool.submit(_do, step, given)
        return self._pool.submit(_do_quietly, step, (self.own, *given, Check(self._stopped)))

    def stop(self) -> None:
        """End what runs: threads at the next epoch that they tell of, processes at once. What is begun afterwards begins anew."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        self._stopped.set()
        children = dict(pool._processes or {}) if isinstance(pool, ProcessPoolExecutor) else {}  # noqa: SLF001 - it has no other way
        pool.shutdown(wait=False, cancel_futures=True)
        for child in children.values():
            with suppress(ProcessLookupError):
                child.terminate()
        for child in children.values():
            child.join(ENDS_WITHIN_S)  # What it has used counts from then on.

    def close(self) -> None:
        """Let go of threads and processes, whatever they do."""
        self.stop()

    def _made(self) -> Executor:
        if not self.apart:
            return ThreadPoolExecutor(self.count, thread_name_prefix="trial")
        return ProcessPoolExecutor(self.count, mp_context=get_context("spawn"), initializer=_settle_in, initargs=(self.own, os.getpid()))


@dataclass(frozen=True, slots=True)
class Check:
    """Called after each epoch: raises StoppedError once it is to be stopped."""

    stopped: threading.Event

    def __call__(self) -> None:
        """Raise StoppedError, or nothing."""
        if self.stopped.is_set():
            raise StoppedError


_OWN: Any = None


def _settle_in(own: Any, parent: int) -> None:
    """Keep what all steps are given, and end with the process that has started this one, however that ends."""
    global _OWN  # noqa: PLW0603 - a pool's initializer has nowhere else to put it
    _OWN = own

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOKS_EVERY_S)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _do_quietly(step: Step, given: tuple[Any, ...]) -> Any:
    """Do a step without warnings: scikit-learn sets the process's filters of them in each fit, and here each finds those of others."""
    warnings.simplefilter("ignore")
    return step(*given)


def _do(step: Step, given: tuple[Any, ...]) -> Any:
    return step(_OWN, *given, _never)


def _never() -> None:
    """Go on: a process is ended from outside."""
