"""Show what the training of the version that serves has drawn and kept: nothing is computed again."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.contracts.tables import Table, TableFile
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import ArtifactFiles, Models


@dataclass(frozen=True, slots=True)
class Drawn:
    """A file that was drawn, by the hash of its bytes; `body` is None when the caller has them."""

    sha256: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class ShowResults:
    """All raise ModelNotFoundError, UnavailableError or ArtifactDamagedError."""

    models: Models
    files: ArtifactFiles

    async def drawn(self, model_id: str, *, account_id: str, name: str, has: Callable[[str], bool]) -> Drawn:
        """Return a plot or the report, its bytes only for who does not have them: `has` tells of a hash. Raise PlotMissingError."""
        model = await self.models.get(model_id, account_id=account_id)
        sha256 = model.drawn(name)
        return Drawn(sha256, None if has(sha256) else await self.files.drawn(sha256))

    async def table(self, model_id: str, *, account_id: str, table: Table) -> tuple[Model, TableFile]:
        """Return the model, and the table: its trades, or its curve bar by bar. Raise TableMissingError."""
        model = await self.models.get(model_id, account_id=account_id)
        return model, await self.files.table(model.table(table))
