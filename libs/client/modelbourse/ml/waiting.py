"""Waiting for what ML Development does as a job: a run, a snapshot, rows that are generated."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from typing import TypeVar

from modelbourse.errors_jobs import WaitTimeoutError
from modelbourse.gateway import Gateway
from modelbourse.looking import Looks
from modelbourse.steps import Steps

T = TypeVar("T")


def wait_for(
    gateway: Gateway,
    what: str,
    look: Callable[[], Steps[T]],
    *,
    ended: Callable[[T], bool],
    stands: Callable[[T], tuple[int, str]],
    timeout: float | None,
    progress: bool,
    watch: Callable[[T], None] | None,
) -> Steps[T]:
    """Look at something until it has `ended`, and return it; `stands` tells its percentage and what it is doing. Raise WaitTimeoutError."""

    def too_late(_: T | None) -> WaitTimeoutError:
        return WaitTimeoutError(f"{what} is not waited for any longer than {timeout:g} s; it goes on", None)

    looks = Looks(gateway, look, too_late, timeout)
    with _progress_of(what) if progress else nullcontext() as show:
        while True:
            seen = yield from looks.next()
            if show is not None:
                show(*stands(seen))
            if watch is not None:
                watch(seen)
            if ended(seen):
                return seen


@contextmanager
def _progress_of(what: str) -> Generator[Callable[[int, str], None], None, None]:
    from modelbourse.progress import Standing, show_progress  # noqa: PLC0415  # rich takes a while to import

    with show_progress(what) as show:
        yield lambda percent, doing: show(Standing(percent, doing))
