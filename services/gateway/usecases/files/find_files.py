"""Find what a request names by paths of the account's data root, before a job is started on it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import InvalidError
from libs.chassis.stores.parts import Part
from libs.contracts.names import did_you_mean
from libs.contracts.training import Artifact
from services.gateway.domain.files.errors import StoredFileNotFoundError
from services.gateway.domain.files.paths import check_path
from services.gateway.domain.files.ports import Files
from services.gateway.domain.files.stored_file import StoredFile

# Of so many names the nearest is told.
LOOKED_AT: Final = 500
HOW: Final = "Send it with PUT /api/v1/files/{path}."


@dataclass(frozen=True, slots=True)
class FindFiles:
    """What is not there is an error of the field that names it, with the nearest path that there is."""

    files: Files

    async def file(self, path: str, *, field: str, account_id: str) -> StoredFile:
        """Return the file at a path. Raise InvalidError by the field."""
        plain = check_path(path, field)
        try:
            return await self.files.get(plain, account_id=account_id)
        except StoredFileNotFoundError as error:
            why = f"{error.message}{await self._nearest(plain, account_id=account_id)} {HOW.format(path=plain)}"
            raise InvalidError(why, details={field: [why]}) from error

    async def folder(self, path: str, *, field: str, account_id: str) -> Mapping[str, Artifact]:
        """Return the files below a folder, by their paths in it. Raise InvalidError by the field where there is none."""
        plain = check_path(path, field)
        found = await self.files.under(plain, account_id=account_id)
        if not found:
            near = await self._nearest(plain, account_id=account_id, folders_alone=True)
            why = f"There is no folder '{plain}' in your data root.{near}"
            with suppress(StoredFileNotFoundError):
                await self.files.get(plain, account_id=account_id)
                why = f"'{plain}' is a file: name the folder that it lies in."
            raise InvalidError(why, details={field: [why]})
        return {file.path.removeprefix(f"{plain}/"): file.artifact for file in found}

    async def _nearest(self, path: str, *, account_id: str, folders_alone: bool = False) -> str:
        page = await self.files.find("", Part(LOOKED_AT), account_id=account_id)
        paths = [file.path for file in page.items]
        folders = {path.rpartition("/")[0] for path in paths} - {""}
        return did_you_mean(path, [*([] if folders_alone else paths), *sorted(folders)])
