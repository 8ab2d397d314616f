"""Why a model's monitoring refuses."""

from libs.chassis.errors import ErrorKind, PlatformError
from services.gateway.domain.errors import NotFoundError


class SnapshotNotFoundError(NotFoundError):
    """There is no such snapshot of the model, or it is somebody else's."""

    def __init__(self, snapshot_id: str = "") -> None:
        super().__init__(f"Snapshot not found: the model has no {snapshot_id[:60]}." if snapshot_id else "Snapshot not found")


class ReportMissingError(NotFoundError):
    """A snapshot has no page."""


class WatchChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Somebody else has changed how the model is watched; read it again."""

    def __init__(self, model_id: str) -> None:
        super().__init__(f"How {model_id} is watched was changed in between; try again.")
