"""Why something about an experiment is refused."""

from collections.abc import Collection

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.names import did_you_mean
from services.gateway.domain.problems import Problems


class ExperimentNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such experiment, or it is somebody else's."""

    def __init__(self, experiment_id: str) -> None:
        super().__init__(f"There is no experiment '{experiment_id[:80]}'.")


class TooManyExperimentsError(PlatformError, kind=ErrorKind.CONFLICT):
    """The account has as many as its tier may have; who asked for one more says how many those are."""

    def __init__(self) -> None:
        super().__init__("There are too many experiments: delete some of them.")


class TuningNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The model has no such tuning job."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The model has no hyperparameter tuning job '{job_id[:80]}'.")


class ExperimentStateError(PlatformError, kind=ErrorKind.CONFLICT):
    """What is wanted is not possible in the present state."""

    def __init__(self, message: str, *, state: str) -> None:
        super().__init__(message, details={"status": [f"The experiment is {state}."]})


class ResultsNotReadyError(PlatformError, kind=ErrorKind.CONFLICT):
    """A search has results when it has ended well."""

    def __init__(self, *, state: str) -> None:
        super().__init__("There are no results before the job has completed.", details={"status": [f"The job is {state}."]})


class TrialNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The experiment has no such trial."""

    def __init__(self, trial_id: str, *, known: Collection[str]) -> None:
        super().__init__(f"The experiment has no trial '{trial_id[:80]}'.{did_you_mean(trial_id, known)}")


class NoTrialError(PlatformError, kind=ErrorKind.CONFLICT):
    """There is no trial that a model could be made of."""

    def __init__(self, why: str) -> None:
        super().__init__(why)


class TooFewTrialsError(InvalidError):
    """There are as many trials already."""

    def __init__(self, wanted: int, *, ended: int) -> None:
        why = f"Must be above {ended}, as so many trials have ended: max_trials counts them all, and {wanted} leaves none to make."
        super().__init__("The experiment cannot go on like this: see max_trials.", details={"max_trials": [why]})


class NothingToMeasureError(InvalidError):
    """No trials are asked for, and what was found cannot be measured without any."""

    def __init__(self, *, is_measured: bool) -> None:
        found = "What was found is measured already" if is_measured else "No trial has ended well, so there is none to measure"
        super().__init__(
            "The experiment cannot go on like this: see max_trials.", details={"max_trials": [f"{found}: say how many trials."]}
        )


class UnsearchableError(InvalidError):
    """What is asked for cannot be searched; `details` names the fields."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(f"The search cannot be made like this: see {', '.join(problems)}.", details=problems)
