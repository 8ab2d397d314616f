"""Why a model or job is refused."""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError


class ModelNotFoundError(PlatformError):
    """There is no such model, or it is somebody else's."""

    kind = ErrorKind.NOT_FOUND
    code = "model_not_found"

    def __init__(self, model_id: str) -> None:
        super().__init__(f"There is no model '{model_id[:80]}'.")


class PlotMissingError(PlatformError):
    """The version that serves has no such plot; the message says why."""

    kind = ErrorKind.NOT_FOUND
    code = "plot_missing"


class TableMissingError(PlatformError):
    """The version that serves has no such table; the message says why."""

    kind = ErrorKind.NOT_FOUND
    code = "table_missing"


class JobNotFoundError(PlatformError):
    """There is no such training job, or it is somebody else's."""

    kind = ErrorKind.NOT_FOUND
    code = "job_not_found"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no training job '{job_id[:80]}'.")


class JobNotSeenYetError(PlatformError):
    """News of a job came before the job itself did."""

    kind = ErrorKind.UNAVAILABLE
    code = "job_not_seen_yet"
    worth_retrying = True

    def __init__(self, job_id: str) -> None:
        super().__init__(f"{job_id} was not requested yet")


class ModelChangedError(PlatformError):
    """Somebody else changed the model in between."""

    kind = ErrorKind.CONFLICT
    code = "model_changed"
    worth_retrying = True

    def __init__(self, model_id: str) -> None:
        super().__init__(f"{model_id} was changed by another request at the same time; send yours again.")


class TooManyModelsError(PlatformError):
    """An account has all the models that it may have."""

    kind = ErrorKind.CONFLICT
    code = "too_many_models"

    def __init__(self, most: int) -> None:
        super().__init__(f"The account has {most} models already.")


class ModelBusyError(PlatformError):
    """A training job of the model has not ended."""

    kind = ErrorKind.CONFLICT
    code = "model_busy"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The model is being trained by {job_id}: wait for it to end, or cancel it.", details={"job_id": [job_id]})


class _WrongStateError(InvalidError):
    """What is wanted is not possible in the model's present state."""


class NotADraftError(_WrongStateError):
    """Only drafts can be changed or deleted."""

    code = "not_a_draft"

    def __init__(self, state: str) -> None:
        super().__init__("Only a model in DRAFT can be changed or deleted.", details={"status": [f"The model is {state}."]})


class ModelArchivedError(_WrongStateError):
    """An archived model is read alone."""

    code = "model_archived"

    def __init__(self) -> None:
        super().__init__("The model is archived: restore it first.", details={"status": ["The model is archived."]})


class ModelOfferedError(PlatformError):
    """What is in review or on sale is not archived."""

    kind = ErrorKind.CONFLICT
    code = "model_offered"

    def __init__(self, listing: str) -> None:
        where = {"in_review": "in review", "listed": "on sale"}[listing]
        super().__init__(f"The model is {where}: withdraw it from the marketplace before you archive it.")


class ModelNotTrainedError(_WrongStateError):
    """Predictions need a trained model."""

    code = "model_not_trained"

    def __init__(self, state: str) -> None:
        super().__init__("The model has not been trained yet: train it first.", details={"status": [f"The model is {state}."]})


class JobEndedError(_WrongStateError):
    """A job that has ended cannot be cancelled."""

    code = "job_ended"

    def __init__(self, state: str) -> None:
        super().__init__("Only a pending or running job can be cancelled.", details={"status": [f"The job is {state}."]})


class PriorityNotAllowedError(PlatformError):
    """A tier does not have this priority."""

    kind = ErrorKind.FORBIDDEN
    code = "subscription_required"

    def __init__(self, tier: str) -> None:
        message = f"Priority HIGH needs the tier pro or elite; this account is on {tier}."
        super().__init__(message, details={"priority": ["Allowed on this tier: LOW, NORMAL."]})


class CancellationPendingError(PlatformError):
    """A cancellation is recorded, but nobody has confirmed it in time."""

    kind = ErrorKind.TIMEOUT
    code = "cancellation_pending"
    worth_retrying = True

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The cancellation of {job_id} is recorded and will take effect; its confirmation did not come in time.")


class CancellationKeptError(UnavailableError):
    """A cancellation is recorded while the message broker is away."""

    code = "cancellation_kept"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"The cancellation of {job_id} is recorded and takes effect as soon as the message broker is there again.")


class RefundPendingError(PlatformError):
    """A job is cancelled, but the marketplace has not said in time what comes back."""

    kind = ErrorKind.TIMEOUT
    code = "refund_pending"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"{job_id} is cancelled; its refund is booked as soon as the marketplace is there again, and shown with the job.")
