"""How a training of an agent goes on, on stderr: a bar in a terminal, elsewhere a line whenever it is at something else."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from rich.console import Console

from modelbourse.answers.engine.agents import AgentTraining
from modelbourse.progress import Standing, show_progress

WHOLE: Final = 100


@contextmanager
def progress_of_agent(job_id: str, *, console: Console | None = None) -> Generator[Callable[[AgentTraining], None], None, None]:
    """Give a function that shows a training as it stands: stage, percent, steps and the last evaluation's mean reward."""
    with show_progress(job_id, console=console) as show:

        def shown(training: AgentTraining) -> None:
            now, running = training.progress, training.status == "running"
            done = WHOLE if training.status == "completed" else now.percent
            steps = f"{now.timesteps:,}/{now.total_timesteps:,} steps" if running else ""
            mean = now.metrics.mean_reward
            reward = f"mean reward {mean:.4g}" if running and mean is not None else ""
            show(Standing(done, now.stage if running else training.status, steps, reward))

        yield shown
