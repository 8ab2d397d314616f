"""Synthetic examples in MongoDB: a document for each recipe of each account; what users name is kept as text."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from services.gateway.domain.recipes.example import Example, ExampleNotFoundError
from services.gateway.outbound.outage import store_outages

PLAIN: Final = ("account_id", "recipe_id", "recipe_version_id", "asked_at", "created_at", "source", "job_id")
TEXTS: Final = ("row_schema", "rows", "example_run", "about", "reasons")


class ExamplesMongo:
    """Implements the port Examples, and forgets."""

    def __init__(self, collection: Collection) -> None:
        self._examples = collection

    async def prepare(self) -> None:
        """Make an index for each way of looking them up."""
        await self._examples.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])

    async def get(self, recipe_id: str, *, account_id: str) -> Example:
        """Return the example of a recipe. Raise ExampleNotFoundError."""
        with store_outages():
            found = await self._examples.find_one({"_id": _key(recipe_id, account_id)})
        if found is None:
            raise ExampleNotFoundError(recipe_id)
        return _from_document(found)

    async def put(self, example: Example) -> None:
        """Keep an example in place of the one before; one that was asked for before that stays away."""
        key = _key(example.recipe_id, example.account_id)
        with store_outages():
            try:
                await self._examples.replace_one({"_id": key, "asked_at": {"$lte": example.asked_at}}, _to_document(example), upsert=True)
            except DuplicateKeyError:
                return  # There is one that was asked for later.

    async def remove(self, recipe_id: str, *, account_id: str) -> None:
        """Take the example of a recipe away, if there is one."""
        with store_outages():
            await self._examples.delete_one({"_id": _key(recipe_id, account_id)})

    async def forget(self, account_id: str) -> None:
        """Remove all of an account; the second time there is none."""
        with store_outages():
            await self._examples.delete_many({"account_id": account_id})


def _key(recipe_id: str, account_id: str) -> str:
    return f"{account_id}/{recipe_id}"


def _to_document(example: Example) -> dict[str, Any]:
    plain = {name: getattr(example, name) for name in PLAIN}
    return {"example_id": example.id} | plain | {name: json.dumps(getattr(example, name), ensure_ascii=False) for name in TEXTS}


def _from_document(document: Mapping[str, Any]) -> Example:
    return Example(
        id=document["example_id"],
        **{name: document[name] for name in PLAIN},
        **{name: json.loads(document[name]) for name in TEXTS},
    )
