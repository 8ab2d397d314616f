"""Why a model's monitoring refuses."""

from libs.chassis.errors import ErrorKind, PlatformError
from services.gateway.domain.errors import NotFoundError
from services.gateway.domain.models.errors import ModelChangedError


class SnapshotNotFoundError(NotFoundError):
    """There is no such snapshot of the model, or it is somebody else's."""

    def __init__(self, snapshot_id: str = "") -> None:
        super().__init__(f"Snapshot not found: the model has no {snapshot_id[:60]}." if snapshot_id else "Snapshot not found")


class SnapshotNotDoneYetError(PlatformError, kind=ErrorKind.UNAVAILABLE, worth_retrying=True):
    """News of a model's alerts came before the snapshot that has found them was seen as done."""

    def __init__(self, snapshot_id: str) -> None:
        super().__init__(f"{snapshot_id} is not done yet")


class ReportMissingError(NotFoundError):
    """A snapshot has no page."""


class WatchChangedError(ModelChangedError):
    """Somebody else has changed how the model is watched; read it again."""


class NothingToComputeError(PlatformError, kind=ErrorKind.CONFLICT):
    """A version was reported, and not trained here: the platform cannot look at it."""

    def __init__(self, version: str) -> None:
        super().__init__(f"Version {version} was not trained here, so there are no files to look at: report what you have measured.")
