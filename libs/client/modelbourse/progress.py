"""What is said on stderr meanwhile: how a training goes on, how the connection of a watch stands.

A training is a bar in a terminal, elsewhere a line whenever it is at something else.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from modelbourse.answers.trainings import JobDetails
from modelbourse.errors import ModelbourseError
from modelbourse.outages import OUTAGE_MOST_S

COLUMNS: Final = (
    TextColumn("{task.description:<34}"),
    BarColumn(bar_width=24),
    TextColumn("{task.percentage:>3.0f} %"),
    TextColumn("{task.fields[epoch]}"),
    TextColumn("{task.fields[loss]}"),
    TimeElapsedColumn(),
)
WIDE: Final = 34


class Standing(NamedTuple):
    """How something stands: in percent, and what it is doing."""

    progress: int
    doing: str
    epoch: str = ""
    loss: str = ""


@contextmanager
def progress_of(job_id: str, *, console: Console | None = None) -> Generator[Callable[[JobDetails], None], None, None]:
    """Give a function that shows a training as it stands: stage, percent, epoch and loss."""
    with show_progress(job_id, console=console) as show:
        yield lambda job: show(Standing(job.progress, _doing(job), *_told(job)))


@contextmanager
def show_progress(name: str, *, console: Console | None = None) -> Generator[Callable[[Standing], None], None, None]:
    """Give a function that shows how something stands."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Progress(*COLUMNS, console=console) as bars:
        yield _Bar(bars, bars.add_task(name[:WIDE], total=100, epoch="", loss=""))


def shown_connection(*, console: Console | None = None) -> Callable[[ModelbourseError | None], None]:
    """Give a function that says how a connection stands: it is told why there is none, and None when there is one."""
    return _Connection(console or Console(stderr=True))


class _Bar:
    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars, self._task = bars, task

    def __call__(self, now: Standing) -> None:
        self._bars.update(self._task, completed=now.progress, description=escape(now.doing[:WIDE]), epoch=now.epoch, loss=now.loss)


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._doing = ""

    def __call__(self, now: Standing) -> None:
        if now.doing == self._doing:
            return
        self._doing = now.doing
        told = "  ".join(part for part in (f"{now.progress:>3} %", now.doing, now.epoch, now.loss) if part)
        self._console.print(told, markup=False, highlight=False, soft_wrap=True)


class _Connection:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._away: bool | None = None

    def __call__(self, problem: ModelbourseError | None) -> None:
        before, self._away = self._away, problem is not None
        if self._away == before:
            return
        if problem is not None:
            self._print(f"{problem}; it is tried again for {OUTAGE_MOST_S / 60:.0f} minutes")
        elif before is not None:
            self._print("connected again")
        elif self._console.is_terminal:
            self._print("connected; waiting for jobs to change")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _doing(job: JobDetails) -> str:
    return job.stage if job.status == "RUNNING" and job.stage else job.status.lower()


def _told(job: JobDetails) -> tuple[str, str]:
    loss = job.current_metrics.get("loss")
    epoch = f"epoch {job.current_epoch}/{job.total_epochs}" if job.total_epochs else ""
    return epoch, "" if loss is None else f"loss {loss:.4f}"
