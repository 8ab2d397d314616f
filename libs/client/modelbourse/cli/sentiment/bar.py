"""How far a job is: a bar in a terminal, and the lines of a training's log, on stderr."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from modelbourse.answers.builder.trainings import LogLevel, TextTraining
from modelbourse.modelbourse import Modelbourse

# As many as the platform keeps of a log.
LINES: Final = 500

# So long a job may wait for a runner before it is said that it does.
LONG_S: Final = 8.0


class Patience:
    """Says once that a job is not taken up, when that takes long: a platform without a runner looks like one that is busy."""

    def __init__(self, job_id: str, console: Console) -> None:
        self._job_id, self._console = job_id, console
        self._until: float | None = time.monotonic() + LONG_S

    def look(self, *, is_taken: bool) -> None:
        """Note whether a runner has taken the job up."""
        if is_taken:
            self._until = None
        elif self._until is not None and time.monotonic() >= self._until:
            self._until = None
            told = f"{self._job_id} waits for a runner; `sentiment-health` says whether there is one"
            self._console.print(told, markup=False, soft_wrap=True)


@contextmanager
def training_bar(client: Modelbourse, job_id: str, *, level: LogLevel) -> Iterator[Callable[[TextTraining], None]]:
    """Give what shows a training as it is seen; new lines of its log stand above the bar."""
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description:<44}"), BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(job_id, total=100.0)
        told: set[tuple[object, str]] = set()
        patience = Patience(job_id, console)

        def show(seen: TextTraining) -> None:
            patience.look(is_taken=seen.status != "started")
            bars.update(task, completed=seen.progress.percentage, description=escape(_said(seen)))
            offset = len(told) if len(told) < LINES else 0  # Of a longer log the oldest lines are no longer kept.
            for line in client.builder.trainings.logs(job_id, level=level, limit=LINES, offset=offset).items:
                if (line.timestamp, line.message) not in told:
                    told.add((line.timestamp, line.message))
                    console.print(f"{line.timestamp:%H:%M:%S} {line.level:<7} {escape(line.message)}", soft_wrap=True)

        yield show


@contextmanager
def job_bar(job_id: str) -> Iterator[Callable[[int, str], None]]:
    """Give what shows how far a job is, in percent, and what it does; it is gone when it is over."""
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description:<44}"), BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(job_id, total=100.0)
        patience = Patience(job_id, console)

        def show(percent: int, stage: str) -> None:
            patience.look(is_taken=percent > 0)
            bars.update(task, completed=percent, description=escape(stage or job_id)[:44])

        yield show


def _said(seen: TextTraining) -> str:
    epoch = seen.progress.current_epoch
    where = f"epoch {epoch}/{seen.progress.total_epochs}" if epoch and seen.progress.total_epochs else seen.stage or seen.status
    loss = seen.metrics.train_loss
    return f"{where}{'' if loss is None else f', loss {loss:.3f}'}"[:44]
