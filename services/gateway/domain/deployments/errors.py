"""Why a version is not deployed."""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.training import JobState
from services.gateway.domain.errors import PermissionDeniedError


class NotDeployableError(InvalidError):
    """What a training has made cannot be deployed; the message says why."""


class IncompleteTrainingError(NotDeployableError):
    """A training that has not ended well has made nothing."""

    def __init__(self, state: JobState) -> None:
        super().__init__(f"Cannot deploy incomplete training job. Status: {state.value.upper()}")
        self.state = state


class LowAccuracyError(NotDeployableError):
    """A version is right too seldom, or nobody knows how often."""

    def __init__(self, accuracy: float | None, *, least: float) -> None:
        told = "unknown" if accuracy is None else f"{accuracy:.2f}"
        if accuracy is not None and float(told) >= least:
            told = f"{accuracy}"  # What is just below must not look as if it were not.
        super().__init__(f"Model accuracy ({told}) below minimum threshold ({least:.2f}). Use force_deploy=true to override.")


class DeployForbiddenError(PermissionDeniedError, code="permission_denied"):
    """Only admins put a model into production for all."""

    def __init__(self) -> None:
        super().__init__("Insufficient permissions. Admin role required for model deployment.")


class PlaceChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Somebody else deployed for the same symbol and timeframe in between."""

    def __init__(self, place: str) -> None:
        super().__init__(f"Others deployed for {place} at the same time; send the request again.")
