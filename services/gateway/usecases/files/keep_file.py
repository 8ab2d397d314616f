"""Keep a file that an account has sent in its data root."""

from contextlib import suppress
from dataclasses import dataclass

from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.files.errors import PathTakenError, StorageFullError, StoredFileNotFoundError
from services.gateway.domain.files.ports import FileBytes, Files, Folders
from services.gateway.domain.files.stored_file import StoredFile
from services.gateway.domain.models.ports import Clock


@dataclass(frozen=True, slots=True)
class Room:
    """How much a data root may hold, by its account's tier."""

    files: Files
    limits: TierLimits

    async def check(self, account_id: str, *, tier: Tier, more: int = 0, count: int = 1) -> None:
        """Raise StorageFullError where `count` files of `more` bytes in all would be too many, or too much."""
        used = await self.files.use(account_id)
        wanted = {Limit.FILES: used.files + count, Limit.FILE_BYTES: used.size + more}
        passed = [limit for limit, much in wanted.items() if much > self.limits.most(limit, tier)]
        if passed:
            refusal = self.limits.refusal(*passed, tier=tier)
            message = f"{refusal.message} Delete files that are no longer used."
            raise StorageFullError(message, details=refusal.details)


@dataclass(frozen=True, slots=True)
class KeepFile:
    """A file is replaced by one of the same path."""

    files: Files
    bytes: FileBytes
    room: Room
    folders: Folders
    clock: Clock

    async def check(self, path: str, *, caller: Caller, size: int = 0) -> StoredFile | None:
        """Return what is to be replaced, None for nothing. Raise PathTakenError, or StorageFullError for a file of this size."""
        if (other := await self.files.blocks(path, account_id=caller.account_id)) is not None:
            message = f"'{path}' cannot be a file beside '{other}': what is a file is no folder."
            raise PathTakenError(message, details={"path": [message]})
        names = path.split("/")[:-1]
        above = ["/".join(names[:count]) for count in range(1, len(names) + 1)]
        if (busy := await self.folders.writer(above, account_id=caller.account_id)) is not None:
            message = f"'{busy[1]}' is where {busy[0]} puts what it makes, over what is there: send it elsewhere, or when that has ended."
            raise PathTakenError(message, details={"path": [message]})
        known = await self.known(path, account_id=caller.account_id)
        freed = known.artifact.size if known else 0
        await self.room.check(caller.account_id, tier=caller.tier, more=size - freed, count=0 if known else 1)
        return known

    async def __call__(self, path: str, *, staged: str, sha256: str, size: int, caller: Caller) -> tuple[StoredFile, bool]:
        """Return the file, and whether there was none at its path. Raise as `check` does, and UnavailableError."""
        known = await self.check(path, caller=caller, size=size)
        artifact = await self.bytes.adopt(staged, sha256=sha256, size=size)
        # The same bytes are what was made there, whoever brings them back.
        made_by = known.made_by if known and known.artifact.sha256 == sha256 else None
        file = StoredFile(path, artifact, self.clock(), made_by)
        await self.files.put_many({path: artifact}, account_id=caller.account_id, made_by=made_by, at=file.made_at)
        try:
            await self.room.check(caller.account_id, tier=caller.tier, count=0)
        except StorageFullError:  # Others came between looking and writing: of those at once none goes beyond the bound.
            await self._undo(file, known, account_id=caller.account_id)
            raise
        return file, known is None

    async def _undo(self, file: StoredFile, before: StoredFile | None, *, account_id: str) -> None:
        """Take a file away again, or put back what it has replaced, unless another one is there by now."""
        now = await self.known(file.path, account_id=account_id)
        if now is None or now.artifact != file.artifact:
            return
        if before is None:
            with suppress(StoredFileNotFoundError):
                await self.files.delete(file.path, account_id=account_id)
            return
        await self.files.put_many({before.path: before.artifact}, account_id=account_id, made_by=before.made_by, at=before.made_at)

    async def known(self, path: str, *, account_id: str) -> StoredFile | None:
        """Return what there is at a path."""
        try:
            return await self.files.get(path, account_id=account_id)
        except StoredFileNotFoundError:
            return None
