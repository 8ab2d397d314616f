"""Why a file, or a folder, of an account's data root cannot be had, or cannot be put there."""

from libs.chassis.errors import ErrorKind, PlatformError
from services.gateway.domain.errors import NotFoundError


class StoredFileNotFoundError(NotFoundError):
    """The account has no such file."""

    def __init__(self, path: str, *, is_folder: bool = False) -> None:
        near = " It is a folder: with ?recursive=true it goes with all that is in it." if is_folder else ""
        super().__init__(f"There is no file '{path[:255]}' in your data root.{near}")


class StoredFileGoneError(NotFoundError):
    """The file is known, and its bytes are no longer in the artifact store."""

    def __init__(self, path: str) -> None:
        super().__init__(f"'{path}' is no longer in the artifact store: send it again to have it.")


class PathTakenError(PlatformError, kind=ErrorKind.CONFLICT):
    """What is a folder cannot be a file, and the other way round."""


class StorageFullError(PlatformError, kind=ErrorKind.CONFLICT):
    """The account's tier has no room for more files, or for such large ones."""


class OutputTakenError(PlatformError, kind=ErrorKind.CONFLICT):
    """A folder holds another job's model or checkpoint (`holds`), or is where a job at work (`by`) puts what it makes."""

    def __init__(self, folder: str, *, by: str | None = None, holds: str | None = None) -> None:
        what = "a trained model already" if holds is None else "what another training can go on from"
        why = f"holds {what}" if by is None else f"is where {by} puts what it makes"
        instead = ", or delete what is there" if by is None else ""
        onward = f", or go on from there with resume_from '{holds}'" if holds else ""
        message = f"'{folder}' {why}: name another output_dir{instead}{onward}."
        super().__init__(message, details={"output_dir": [message]})
