"""What is said on stderr while a file is sent and checked: a bar in a terminal, elsewhere nothing."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from modelbourse.answers.datasets import Dataset

WIDE = 34


@dataclass
class UploadProgress:
    """The bar; without one nothing is shown."""

    bars: Progress | None = None
    task: TaskID | None = None

    def sent(self, done: int, size: int | None) -> None:
        """Say how much of the file is sent."""
        if self.bars is not None and self.task is not None:
            self.bars.update(self.task, completed=done, total=size)

    def checking(self, _: Dataset | None = None) -> None:
        """Say that it is being checked; nobody knows for how long."""
        if self.bars is not None and self.task is not None:
            self.bars.update(self.task, description="checking", total=None)


@contextmanager
def shown(name: str) -> Generator[UploadProgress, None, None]:
    """Give what shows how a file is sent and checked; it is gone when it is over."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield UploadProgress()
        return
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        yield UploadProgress(bars, bars.add_task(f"sending {escape(name)}"[:WIDE], total=None))
