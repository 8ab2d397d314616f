"""How waiting for a job of Model Builder can end otherwise than well."""

from modelbourse.answers.answer import Answer
from modelbourse.errors import ModelbourseError


class BuilderJobEndedError(ModelbourseError):
    """A job that was waited for ended otherwise than well; `job` is what was seen of it last."""

    def __init__(self, message: str, job: Answer) -> None:
        super().__init__(message)
        self.job = job


class BuilderJobFailedError(BuilderJobEndedError):
    """The job failed; the message says why."""


class BuilderJobCancelledError(BuilderJobEndedError):
    """The job was cancelled."""
