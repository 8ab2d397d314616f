"""How much of what a tier limits an account has, counted where it lies."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from libs.chassis.stores.mongo import Database
from services.gateway.domain.accounts.tier_limits import Limit
from services.gateway.outbound.datasets.datasets_mongo import DatasetsMongo
from services.gateway.outbound.files.files_mongo import FilesMongo
from services.gateway.outbound.models.models_mongo import of_account
from services.gateway.outbound.outage import store_outages


@dataclass(frozen=True, slots=True)
class TierUseMongo:
    """Implements the port TierUse."""

    database: Database

    async def read(self, account_id: str) -> Mapping[Limit, int]:
        """Return how many jobs wait or run, how many models, archived models, webhooks, API keys and datasets there are, and their size."""
        models, own = self.database["models"], {"account_id": account_id}
        queries = {
            Limit.JOBS: self.database["jobs"].count_documents(own | {"slot": {"$type": "number"}}),
            Limit.MODELS: models.count_documents(of_account(account_id, archived=False)),
            Limit.ARCHIVED: models.count_documents(of_account(account_id, archived=True)),
            Limit.WEBHOOKS: self.database["webhooks"].count_documents(own),
            Limit.RECIPES: self.database["recipes"].count_documents(own),
            Limit.API_KEYS: self.database["api_keys"].count_documents(own),
        }
        with store_outages():
            counts, stored, root = await asyncio.gather(
                asyncio.gather(*queries.values()),
                DatasetsMongo(self.database).stored(account_id),
                FilesMongo(self.database["files"]).use(account_id),
            )
        sizes = {Limit.FILES: root.files, Limit.FILE_BYTES: root.size}
        sizes |= {Limit.DATASETS: stored.datasets, Limit.BYTES: stored.size, Limit.ROWS: stored.rows}
        return dict(zip(queries, counts, strict=True)) | sizes
