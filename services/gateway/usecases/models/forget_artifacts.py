"""Remove files of the artifact store that no version of any model or dataset names."""

from dataclasses import dataclass
from datetime import timedelta

from services.gateway.domain.models.ports import ArtifactFiles, Clock, NamedArtifacts


@dataclass(frozen=True, slots=True)
class ForgetArtifacts:
    """`life` is how old a file must be: a version that was just made is not named yet."""

    named: NamedArtifacts
    files: ArtifactFiles
    clock: Clock
    life: timedelta

    async def __call__(self) -> int:
        """Return how many files were removed.

        None while one of the files that say what is needed cannot be read, and none while nothing names any: a database that was lost is
        restored after the files, not before.
        """
        before = self.clock() - self.life
        needed: set[bytes] = set()
        async for manifest, files in self.named.all():
            needed |= {bytes.fromhex(each) for each in files}
            if manifest is not None:
                needed |= {bytes.fromhex(each) for each in (manifest, *await self.files.named_in(manifest))}
        if not needed:
            return 0
        return await self.files.remove(but=needed, before=before)
