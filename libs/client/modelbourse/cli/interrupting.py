"""Ctrl-C that is always heeded."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def heeding_ctrl_c() -> Iterator[Callable[[object], None]]:
    """Give a function to be called now and then, which raises a KeyboardInterrupt that got lost.

    Python raises it wherever the process happens to be; where that is a finalizer or a callback of the garbage collector, it is printed
    and forgotten, and whoever waits would wait on.
    """
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.default_int_handler(number, frame)

    def look(_: object) -> None:
        if pressed:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield look
    finally:
        signal.signal(signal.SIGINT, before)
