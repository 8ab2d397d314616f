"""Trading AI's words for tasks and trainings, both ways: names of kinds, of states and of algorithms, and what a training takes."""

from collections.abc import Mapping
from typing import Final

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from modelbourse.answers.trading_ai.tasks import TaskName, TaskStatus
from modelbourse.answers.trading_ai.trainings import ModelTypeName, TrainingStatus
from services.gateway.domain.jobs.errors import JobEndedError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.tasks import TaskFilter, TaskOrder

TASK_NAMES: Final[Mapping[JobKind, TaskName]] = {
    JobKind.TRAIN: "ml_tasks.train_model_async",
    JobKind.BACKTEST: "backtest_tasks.run_backtest_async",
}
KINDS: Final[Mapping[TaskName, JobKind]] = {name: kind for kind, name in TASK_NAMES.items()}
STATUSES: Final[Mapping[JobState, TaskStatus]] = {
    JobState.QUEUED: "PENDING",
    JobState.RUNNING: "STARTED",
    JobState.SUCCEEDED: "SUCCESS",
    JobState.FAILED: "FAILURE",
    JobState.CANCELLED: "REVOKED",
}
# What an ended task is called where it cannot be cancelled.
ENDED: Final[Mapping[JobState, str]] = {JobState.SUCCEEDED: "completed", JobState.FAILED: "failed", JobState.CANCELLED: "cancelled"}
ORDERS: Final[Mapping[str, TaskOrder]] = {"created_at": "created_at", "started_at": "started_at", "completed_at": "ended_at"}
# The document has no word for a cancelled training: it has failed, and its error says why.
TRAINING_STATUSES: Final[Mapping[JobState, TrainingStatus]] = {
    JobState.QUEUED: "PENDING",
    JobState.RUNNING: "TRAINING",
    JobState.SUCCEEDED: "COMPLETED",
    JobState.FAILED: "FAILED",
    JobState.CANCELLED: "FAILED",
}
MODEL_TYPES: Final[Mapping[ModelTypeName, str]] = {"lstm": "LSTM", "gru": "GRU", "transformer": "TRANSFORMER", "ensemble": "ENSEMBLE"}
TYPE_WORDS: Final[Mapping[str, ModelTypeName]] = {name: word for word, name in MODEL_TYPES.items()}
# What a training's hyperparameters are called here.
PARAMETERS: Final[Mapping[str, str]] = {
    "epochs": "max_epochs",
    "batch_size": "batch_size",
    "learning_rate": "learning_rate",
    "hidden_units": "hidden_size",
    "dropout_rate": "dropout",
    "sequence_length": "sequence_length",
}


class TaskEndedError(JobEndedError):
    """A task that has ended is not cancelled."""

    def __init__(self, job_id: str, *, state: JobState) -> None:
        super().__init__(state.value)
        self.job_id, self.ended_as = job_id, state


def status_of(job: Job) -> TaskStatus:
    """Return a task's status: one that runs again, as a runner or an attempt before was lost, is RETRY."""
    return "RETRY" if job.state is JobState.RUNNING and job.attempt > 1 else STATUSES[job.state]


def filter_of(status: TaskStatus | None, name: TaskName | None) -> TaskFilter:
    """Return the tasks that are shown in a status and by a name."""
    kinds = [KINDS[name]] if name else list(TASK_NAMES)
    if status == "RETRY":
        return TaskFilter(kinds=kinds, states=[JobState.RUNNING], again=True)
    states = [state for state, word in STATUSES.items() if word == status]
    return TaskFilter(kinds=kinds, states=states, again=False if status == "STARTED" else None)
