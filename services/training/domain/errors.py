"""What the training service refuses, and what can go wrong under a job.

PlatformError
├── JobNotFoundError       no such job, or another account's
├── JobChangedError        someone else wrote the job first; load it again
├── IllegalMoveError       the lifecycle has no such move
├── UnknownKindError       a job of a kind that this release does not know
├── LaterSpecError         a job asks for something that only a later release knows
├── RunnerGoneError        the runner died, or does not have this run
├── RunnerTakenError       the runner has another run already
├── RunReplacedError       a run that was given up goes on, and its job has another one or has ended
├── RunRefusedError        the experiment tracker will not have a run, at whatever attempt
├── RunnerSilentError      the runner lives but does not answer in time
└── ClusterAwayError       the whole cluster does not answer
"""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError


class JobNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such job, or it belongs to another account."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id}.")


class JobChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """The job was written by someone else since it was read."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"Job {job_id} has changed meanwhile.")


class IllegalMoveError(PlatformError, kind=ErrorKind.CONFLICT):
    """A job cannot go from this state to that one."""


class UnknownKindError(InvalidError):
    """A job of a kind that this release does not know, or that is not requested as `job.requested`."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"No job of the kind {kind!r} can be requested here.")


class LaterSpecError(UnavailableError):
    """A job asks for something that this release does not know: it waits for a process of a later one."""

    def __init__(self, said: str) -> None:
        super().__init__(f"A release that does not know what was asked for cannot do this job; a later one can: {said}")


class RunnerGoneError(PlatformError):
    """The runner is dead, or knows nothing of the run."""


class RunnerTakenError(PlatformError, kind=ErrorKind.CONFLICT):
    """The runner has taken another run already."""


class RunReplacedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """A run that was given up for lost goes on, while its job has another one or has ended: it may write no more."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"Another run has {job_id} now, or it has ended.")


class RunRefusedError(PlatformError):
    """The experiment tracker refuses a run, and would at every attempt."""


class RunnerSilentError(PlatformError, kind=ErrorKind.TIMEOUT, worth_retrying=True):
    """The runner has not answered in time, which a busy one may not."""


class ClusterAwayError(UnavailableError):
    """No runner can be reached at the moment: the cluster is away or being connected to again."""
