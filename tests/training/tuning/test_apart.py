"""Trials in processes of their own: the same numbers as in one process, ended when nobody waits, and counted as the job's."""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import closing

from services.training.outbound.process_use import cpu_seconds, rss_bytes
from services.training.tuning.slots import Slots
from tests.waiting import until


def spin(own: float, seconds: float, _: Callable[[], None]) -> float:
    """Use a core for so long."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return own


def sleep(_: float, seconds: float, check: Callable[[], None]) -> None:
    """Wait for so long, looking after each blink whether anybody still wants it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        check()
        time.sleep(0.01)


async def test_what_processes_use_is_counted_while_they_run_and_they_end_when_they_are_stopped() -> None:
    async def have_ended() -> bool:
        return not [each for each in multiprocessing.active_children() if each.is_alive()]

    cpu, memory = cpu_seconds(), rss_bytes()
    with closing(Slots(1, own=7.0, apart=True)) as slots:
        assert slots.begin(spin, 0.3).result() == 7.0
        assert cpu_seconds() - cpu > 0.3
        assert rss_bytes() > memory
        slots.begin(sleep, 600.0)
        slots.stop()

        # Their pool waits for them as well, and may have been told of an end that is not written down yet.
        await until(have_ended, what="the end of what was stopped")
    assert cpu_seconds() - cpu > 0.3


def test_threads_let_go_when_they_are_stopped_and_what_is_begun_afterwards_begins_anew() -> None:
    with closing(Slots(2, own=7.0, apart=False)) as slots:
        running = slots.begin(sleep, 600.0)
        slots.stop()

        assert "StoppedError" in repr(running.exception())
        assert slots.begin(spin, 0.0).result() == 7.0
