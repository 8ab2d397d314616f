"""Put what a job has made into its account's data root, where it has room for it: all of it, or nothing."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from libs.contracts.envelope import Moment
from libs.contracts.training import Artifact
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.errors import NotFoundError
from services.gateway.domain.files.errors import StorageFullError, StoredFileNotFoundError
from services.gateway.domain.files.ports import Files
from services.gateway.domain.files.stored_file import StoredFile
from services.gateway.usecases.files.keep_file import Room

NO_ROOM: Final = "What the job has made does not fit into your data root any more, and nothing of it was kept. {why}"


@dataclass(frozen=True, slots=True)
class LandFiles:
    """There was room when the job was started; what was sent, or made by others, since then may have taken it."""

    files: Files
    accounts: Accounts
    room: Room

    async def __call__(self, placed: Mapping[str, Artifact], *, account_id: str, made_by: str, at: Moment) -> None:
        """Put files there by their paths. Raise StorageFullError, after which all is as before.

        They are counted when they are there, as files with the same bytes share them. What an attempt that was cut off has put there is the
        job's own, and nothing that was there before.
        """
        before = [file for file in await self._there(placed, account_id=account_id) if file.made_by != made_by]
        await self.files.put_many(placed, account_id=account_id, made_by=made_by, at=at)
        try:
            tier = (await self.accounts.get(account_id)).tier
        except NotFoundError:
            return  # It was erased meanwhile, which takes them away.
        try:
            await self.room.check(account_id, tier=tier, count=0)
        except StorageFullError as error:
            await self._take_back(placed, before, account_id=account_id)
            message = NO_ROOM.format(why=error.message)
            raise StorageFullError(message, details=error.details) from error

    async def _there(self, placed: Mapping[str, Artifact], *, account_id: str) -> list[StoredFile]:
        found = []
        for path in placed:
            with suppress(StoredFileNotFoundError):
                found.append(await self.files.get(path, account_id=account_id))
        return found

    async def _take_back(self, placed: Mapping[str, Artifact], before: list[StoredFile], *, account_id: str) -> None:
        for path in placed.keys() - {file.path for file in before}:
            with suppress(StoredFileNotFoundError):
                await self.files.delete(path, account_id=account_id)
        for (made_by, at), of_one in groupby(sorted(before, key=_origin), key=_origin):
            again = {file.path: file.artifact for file in of_one}
            await self.files.put_many(again, account_id=account_id, made_by=made_by or None, at=at)


def _origin(file: StoredFile) -> tuple[str, Moment]:
    return file.made_by or "", file.made_at
