"""Show what the training of the version that serves has drawn and kept: nothing is computed again."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.contracts.tables import Table, TableFile
from libs.contracts.training import Plot
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import ArtifactFiles, Models


@dataclass(frozen=True, slots=True)
class ShownPlot:
    """A plot by the hash of its bytes; they are None when the caller has them."""

    sha256: str
    png: bytes | None


@dataclass(frozen=True, slots=True)
class ShowResults:
    """All raise ModelNotFoundError, UnavailableError or ArtifactDamagedError."""

    models: Models
    files: ArtifactFiles

    async def plot(self, model_id: str, *, account_id: str, plot: Plot, has: Callable[[str], bool]) -> ShownPlot:
        """Return the plot, its bytes only for who does not have them: `has` tells of a hash. Raise PlotMissingError."""
        model = await self.models.get(model_id, account_id=account_id)
        sha256 = model.plot(plot)
        return ShownPlot(sha256, None if has(sha256) else await self.files.picture(sha256))

    async def table(self, model_id: str, *, account_id: str, table: Table) -> tuple[Model, TableFile]:
        """Return the model, and the table: its trades, or its curve bar by bar. Raise TableMissingError."""
        model = await self.models.get(model_id, account_id=account_id)
        return model, await self.files.table(model.table(table))
