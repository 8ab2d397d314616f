"""How waiting for a job of AI Engine can end otherwise than well."""

from modelbourse.answers.answer import Answer
from modelbourse.errors import ModelbourseError


class EngineJobEndedError(ModelbourseError):
    """A job that was waited for ended otherwise than well; `job` is what was seen of it last."""

    def __init__(self, message: str, job: Answer) -> None:
        super().__init__(message)
        self.job = job


class EngineJobFailedError(EngineJobEndedError):
    """The job failed; the message says why."""


class EngineJobCancelledError(EngineJobEndedError):
    """The job was cancelled."""
