"""The `modelbourse` command, and the `sentiment-*` commands, from their first moment: what may happen before and after they are imported.

This module imports nothing that takes time: Ctrl-C, and standard streams that are closed or missing, find it ready.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

# What a shell says of a command that Ctrl-C has ended.
INTERRUPTED: Final = 130
# What it says of one whose output nobody reads any more, as of `| head -1`: SIGPIPE has ended it.
UNREAD: Final = 141
STREAMS: Final = (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_WRONLY, "w"), ("stderr", os.O_WRONLY, "w"))


def modelbourse() -> NoReturn:
    """Run the command and end the process with its status."""

    def load() -> Callable[[], None]:
        from modelbourse.cli.main import app  # noqa: PLC0415  # takes a moment, in which Ctrl-C is pressed, too

        return app

    run(load)


def run(load: Callable[[], Callable[[], None]]) -> NoReturn:
    """Import a command and run it, and end the process with its status."""
    status: str | int | None = 0
    try:
        with importing():
            open_missing_streams()
            app = load()
        app()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except SystemExit as end:
        status = end.code
    signal.signal(signal.SIGINT, _leave)
    sys.exit(flushed(status))


@contextmanager
def importing() -> Generator[None, None, None]:
    """Import the command's modules without being held up: Ctrl-C ends the process at once, without a word, and no garbage is looked for.

    There is nothing yet that would have to be left in order, and modules and their classes are no garbage: not looking saves a tenth of
    the time that importing takes.
    """
    signal.signal(signal.SIGINT, _leave)
    gc.disable()
    yield
    gc.freeze()
    gc.enable()
    signal.signal(signal.SIGINT, signal.default_int_handler)


def open_missing_streams() -> None:
    """Put /dev/null in place of standard streams that are closed: else the next file or connection would be taken for one."""
    for number, (name, flags, mode) in enumerate(STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # The lowest number that is free, which is this one.
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # for as long as the process
    for stream in (sys.stdout, sys.stderr):
        # What an encoding does not have is shown as `?`: no reason to end.
        getattr(stream, "reconfigure", dict)(errors="replace")


def flushed(status: str | int | None) -> str | int | None:
    """Write out what is left and return the exit status: where all went well but for the writing, 141 when nobody reads it, else 1."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # So that Python's own flush at the end finds no fault.
            unread = isinstance(error, BrokenPipeError)
            if not unread and stream is sys.stdout:
                sys.stderr.write(f"✗ the output cannot be written: {error.strerror}\n")
            status = status or (UNREAD if unread else 1)
    return status


def _leave(_: int, __: FrameType | None) -> None:
    os._exit(INTERRUPTED)
