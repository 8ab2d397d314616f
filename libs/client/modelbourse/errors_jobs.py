"""How waiting for a training can end otherwise than well."""

from modelbourse.answers.trainings import JobDetails
from modelbourse.errors import ModelbourseError


class JobEndedError(ModelbourseError):
    """A training that was waited for ended otherwise than well."""

    def __init__(self, message: str, job: JobDetails) -> None:
        super().__init__(message)
        self.job = job


class TrainingFailedError(JobEndedError):
    """The training failed; `job.error` says why."""


class ComputeLimitError(TrainingFailedError):
    """The training has used up its reserved hours or its time by the clock; the next one of the unchanged model goes on from there."""


class TrainingCancelledError(JobEndedError):
    """The training was cancelled."""


class WaitTimeoutError(ModelbourseError, TimeoutError):
    """The training (`job`), or the check of a dataset, goes on, but is not waited for any longer."""

    def __init__(self, message: str, job: JobDetails | None) -> None:
        super().__init__(message)
        self.job = job
