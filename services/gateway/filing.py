"""The gateway's wiring of accounts' data roots."""

from dataclasses import dataclass

from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.outbound.files.file_bytes_artifacts import FileBytesArtifacts
from services.gateway.outbound.files.files_mongo import FilesMongo
from services.gateway.outbound.jobs.folders_mongo import FoldersMongo
from services.gateway.usecases.files.find_files import FindFiles
from services.gateway.usecases.files.find_output import FindOutput
from services.gateway.usecases.files.keep_file import KeepFile, Room
from services.gateway.usecases.nouns import FileUseCases


@dataclass(frozen=True, slots=True)
class FileParts:
    """What keeps files, finds folders for what jobs make, and what handlers call."""

    files: FilesMongo
    output: FindOutput
    use: FileUseCases


def make_files(database: Database, artifacts: Artifacts, *, limits: TierLimits) -> FileParts:
    """Wire them."""
    files, content = FilesMongo(database["files"]), FileBytesArtifacts(artifacts)
    room = Room(files, limits)
    use = FileUseCases(files, content, KeepFile(files, content, room, FoldersMongo(database["jobs"]), now), FindFiles(files), room, limits)
    return FileParts(files, FindOutput(files), use)
