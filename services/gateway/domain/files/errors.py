"""Why a file, or a folder, of an account's data root cannot be had, or cannot be put there."""

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


class OutputTakenError(PlatformError, kind=ErrorKind.CONFLICT):
    """A folder holds another job's model, or is where a job at work puts what it makes."""

    def __init__(self, folder: str, *, by: str | None = None) -> None:
        why = "holds a trained model already" if by is None else f"is where {by} puts what it makes"
        message = f"'{folder}' {why}: name another output_dir" + (", or delete what is there." if by is None else ".")
        super().__init__(message, details={"output_dir": [message]})
