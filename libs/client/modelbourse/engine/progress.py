"""How a training of AI Engine goes on, on stderr: a bar in a terminal, elsewhere a line whenever it is at something else."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from rich.console import Console

from modelbourse.answers.engine.models import EngineTraining
from modelbourse.progress import Standing, show_progress

WHOLE: Final = 100


@contextmanager
def progress_of_training(job_id: str, *, console: Console | None = None) -> Generator[Callable[[EngineTraining], None], None, None]:
    """Give a function that shows a training as it stands: stage, percent, epoch and losses."""
    with show_progress(job_id, console=console) as show:

        def shown(training: EngineTraining) -> None:
            now, running = training.progress, training.status == "running"
            done = WHOLE if training.status == "completed" else now.percent
            epoch = f"epoch {now.current_epoch}/{now.total_epochs}" if running and now.total_epochs else ""
            show(Standing(done, now.stage if running else training.status, epoch, _losses(training) if running else ""))

        yield shown


def _losses(training: EngineTraining) -> str:
    known = [(name, training.progress.metrics.get(name)) for name in ("loss", "val_loss")]
    return "  ".join(f"{name} {value:.4g}" for name, value in known if value is not None)
