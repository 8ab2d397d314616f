"""Why a file of an account's data root cannot be had, or cannot be put there."""

from libs.chassis.errors import ErrorKind, PlatformError
from services.gateway.domain.errors import NotFoundError


class StoredFileNotFoundError(NotFoundError):
    """The account has no such file."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is no file '{path[:255]}' in your data root.")


class StoredFileGoneError(NotFoundError):
    """The file is known, and its bytes are no longer in the artifact store."""

    def __init__(self, path: str) -> None:
        super().__init__(f"'{path}' is no longer in the artifact store: send it again to have it.")


class PathTakenError(PlatformError, kind=ErrorKind.CONFLICT):
    """What is a folder cannot be a file, and the other way round."""


class StorageFullError(PlatformError, kind=ErrorKind.CONFLICT):
    """The account's tier has no room for more files, or for such large ones."""
