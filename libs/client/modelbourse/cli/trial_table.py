"""Trials of a search while it runs: a table that lives in a terminal, elsewhere a line for each that has ended; on stderr."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.table import Table

from modelbourse.answers.engine.experiments import Experiment, Progress, Trial, TrialFound
from modelbourse.cli.showing import clean, shown, tell

ROWS: Final = 12
MARKS: Final = {"completed": "green", "running": "cyan", "pruned": "yellow", "failed": "red"}


@contextmanager
def trials_shown(trials_of: Callable[[], Sequence[Trial]]) -> Generator[Callable[[Experiment], None], None, None]:
    """Give a function that shows an experiment as it stands; `trials_of` returns its newest trials."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(trials_of)
        return
    with Live(console=console, refresh_per_second=4) as live:
        yield lambda seen: live.update(_table(seen, trials_of() if seen.status != "created" else ()))


class _Lines:
    """Says each trial once, when it has ended."""

    def __init__(self, trials_of: Callable[[], Sequence[Trial]]) -> None:
        self._trials_of = trials_of
        self._said: set[str] = set()
        self._ended = 0

    def __call__(self, seen: Experiment) -> None:
        if seen.progress.completed_trials <= self._ended:
            return
        self._ended = seen.progress.completed_trials
        for trial in sorted(self._trials_of(), key=lambda each: each.number):
            if trial.status != "running" and trial.trial_id not in self._said:
                self._said.add(trial.trial_id)
                words = (f"trial {trial.number} {trial.status}", _pairs(trial.metrics), _pairs(trial.hyperparameters), trial.reason or "")
                tell(" ".join(word for word in words if word))


def progress_line(name: str, status: str, progress: Progress) -> str:
    """Say how far a search has come, and its best trial."""
    best = f", best {_pairs(progress.best_trial.metrics)}" if progress.best_trial else ""
    return f"{name} {status}: {progress.completed_trials} of {progress.total_trials} trials{best}"


def rows_of(trials: Sequence[Trial]) -> list[tuple[Any, ...]]:
    """Return trials as rows of a table: number, status, metrics, hyperparameters, why."""
    return [(each.number, each.trial_id, each.status, _pairs(each.metrics), _pairs(each.hyperparameters), each.reason) for each in trials]


def trial_words(trial: TrialFound | None) -> str | None:
    """Say a trial in one line; None for none."""
    return None if trial is None else f"{trial.trial_id}: {_pairs(trial.metrics)} with {_pairs(trial.hyperparameters)}"


def _table(seen: Experiment, trials: Sequence[Trial]) -> Table:
    table = Table(title=clean(progress_line(seen.name, seen.status, seen.progress)), title_justify="left")
    for column in ("#", "status", "measured", "tried"):
        table.add_column(column)
    for each in trials[:ROWS]:
        table.add_row(str(each.number), each.status, _pairs(each.metrics), clean(_pairs(each.hyperparameters)), style=MARKS[each.status])
    return table


def _pairs(values: dict[str, Any]) -> str:
    return " ".join(f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={shown(value)}" for name, value in values.items())
