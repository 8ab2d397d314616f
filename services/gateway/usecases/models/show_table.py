"""Show a table of the version that serves: its trades, or its curve bar by bar."""

from dataclasses import dataclass

from libs.contracts.tables import Table, TableFile
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Models, Tables


@dataclass(frozen=True, slots=True)
class ShowTable:
    """What training has kept is shown; nothing is computed again."""

    models: Models
    tables: Tables

    async def __call__(self, model_id: str, *, account_id: str, table: Table) -> tuple[Model, TableFile]:
        """Return the model, and the table of its version that serves.

        Raise ModelNotFoundError, TableMissingError, UnavailableError or ArtifactDamagedError.
        """
        model = await self.models.get(model_id, account_id=account_id)
        return model, await self.tables.get(model.table(table))
