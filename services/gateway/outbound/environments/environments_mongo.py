"""Environments in MongoDB, a document each."""

from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.contracts.environments import TradingEnvironment
from services.gateway.domain.environments.environment import Environment, EnvironmentStatus
from services.gateway.domain.environments.errors import EnvironmentNotFoundError, TooManyEnvironmentsError
from services.gateway.outbound.outage import store_outages

OLDEST_FIRST: Final = (("created_at", ASCENDING), ("_id", ASCENDING))


class EnvironmentsMongo:
    """Implements the port Environments."""

    def __init__(self, collection: Collection) -> None:
        self._environments = collection

    async def prepare(self) -> None:
        """Make indexes."""
        for chosen in ((), ("status",)):
            await self._environments.create_index([("account_id", ASCENDING), *((name, ASCENDING) for name in chosen), *OLDEST_FIRST])

    async def get(self, environment_id: str, *, account_id: str) -> Environment:
        """Return an environment of this account. Raise EnvironmentNotFoundError."""
        with store_outages():
            document = await self._environments.find_one({"_id": environment_id, "account_id": account_id})
        if document is None:
            raise EnvironmentNotFoundError(environment_id)
        return _environment_of(document)

    async def find(self, account_id: str, part: Part, *, status: EnvironmentStatus | None) -> Page[Environment]:
        """Return a part of an account's environments, the oldest first; of those in a status, where one is said."""
        query = {"account_id": account_id} | ({"status": status.value} if status else {})
        with store_outages():
            return await read_part(self._environments, query, part, order=OLDEST_FIRST, read=_environment_of)

    async def add(self, environment: Environment, *, most: int) -> Environment:
        """Keep a new environment and return it; one that is known stays as it is. Raise TooManyEnvironmentsError beyond `most`."""
        with store_outages():
            if await self._environments.count_documents({"account_id": environment.account_id}, limit=most) >= most:
                known = await self._environments.find_one({"_id": environment.id})
                if known is None:
                    raise TooManyEnvironmentsError
                return _environment_of(known)
            try:
                await self._environments.insert_one(_to_document(environment))
            except DuplicateKeyError:  # The same request, once more.
                return await self.get(environment.id, account_id=environment.account_id)
        return environment

    async def activate(self, environment_id: str, *, at: datetime) -> None:
        """Make a created environment active; another one stays as it is."""
        created = {"_id": environment_id, "status": EnvironmentStatus.CREATED.value}
        with store_outages():
            await self._environments.update_one(created, {"$set": {"status": EnvironmentStatus.ACTIVE.value, "updated_at": at}})

    async def delete(self, environment_id: str, *, account_id: str) -> None:
        """Take an environment away; the second time there is none."""
        with store_outages():
            await self._environments.delete_one({"_id": environment_id, "account_id": account_id})

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""
        with store_outages():
            await self._environments.delete_many({"account_id": account_id})


def _to_document(environment: Environment) -> dict[str, Any]:
    return {
        "_id": environment.id,
        "account_id": environment.account_id,
        "name": environment.name,
        "status": environment.status.value,
        "spec": environment.spec.model_dump(mode="json"),
        "dataset_ids": list(environment.dataset_ids),
        "created_at": environment.created_at,
        "updated_at": environment.updated_at,
    }


def _environment_of(document: dict[str, Any]) -> Environment:
    return Environment(
        id=document["_id"],
        account_id=document["account_id"],
        name=document["name"],
        status=EnvironmentStatus(document["status"]),
        # What only a later release knows of it changes nothing here.
        spec=TradingEnvironment.model_validate(document["spec"], extra="ignore"),
        dataset_ids=tuple(document["dataset_ids"]),
        created_at=document["created_at"],
        updated_at=document["updated_at"],
    )
