"""What the platform offers to its faces about an account's data root."""

from dataclasses import dataclass

from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.files.ports import FileBytes, Files
from services.gateway.usecases.files.find_files import FindFiles
from services.gateway.usecases.files.keep_file import KeepFile, Room


@dataclass(frozen=True, slots=True)
class FileUseCases:
    """An account's data root."""

    files: Files
    bytes: FileBytes
    keep: KeepFile
    find: FindFiles
    room: Room
    limits: TierLimits
