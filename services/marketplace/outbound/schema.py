"""The versions of the marketplace's database: what a release brings over before it serves."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.stores.migrations import Schema, migrate
from libs.chassis.stores.mongo import Database

SCHEMA: Final = Schema()


@dataclass(frozen=True, slots=True)
class MarketplaceSchema:
    """Brings the database to this release's version, as the first of the marketplace's stores."""

    database: Database

    async def prepare(self) -> None:
        """Do it, or wait until another process has. Raise SchemaTooNewError."""
        await migrate(self.database, SCHEMA)
