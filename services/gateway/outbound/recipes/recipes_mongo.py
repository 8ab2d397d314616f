"""Recipes in MongoDB: one document with its versions, so that of two changes at once one is first. A deleted one leaves a trace."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import write_with_events
from libs.chassis.stores.parts import Page, Part
from libs.contracts.recipes import RecipeChanged
from services.gateway.domain.recipes.errors import (
    RecipeChangedError,
    RecipeNotFoundError,
    RecipeVersionNotFoundError,
    TooManyRecipesError,
)
from services.gateway.domain.recipes.ports import RecipeFilter
from services.gateway.domain.recipes.recipe import Recipe, RecipeVersion, VersionRef
from services.gateway.outbound.outage import store_outages
from services.gateway.outbound.substrings import containing

SOURCE: Final = "gateway"
NEWEST_FIRST: Final = (("created_at", DESCENDING), ("_id", DESCENDING))
# What lists choose by, one index each: an account has few enough for the others to be looked at.
CHOSEN: Final[tuple[tuple[str, ...], ...]] = ((), ("family",), ("level",), ("status",), ("tags",))
SHOWN: Final = {"pending_events": 0, "versions": 0}
# Until its deletion was told, whatever that waits for.
TRACE_LIFE: Final = timedelta(days=7)


class RecipesMongo:
    """Implements the port Recipes. `on_write` is called after every write that has events."""

    def __init__(self, recipes: Collection, *, on_write: Callable[[], None]) -> None:
        self._recipes, self._on_write = recipes, on_write

    async def prepare(self) -> None:
        """Make indexes."""
        for chosen in CHOSEN:
            fields = [(field, ASCENDING) for field in ("account_id", *chosen)]
            await self._recipes.create_index([*fields, *NEWEST_FIRST])
        await self._recipes.create_index([("account_id", ASCENDING), ("parent_id", ASCENDING)])
        await self._recipes.create_index("deleted_at", expireAfterSeconds=int(TRACE_LIFE.total_seconds()))

    async def get(self, recipe_id: str, *, account_id: str) -> Recipe:
        """Return a recipe of this account. Raise RecipeNotFoundError."""
        with store_outages():
            document = await self._recipes.find_one({"_id": recipe_id, "account_id": account_id}, SHOWN)
        if document is None:
            raise RecipeNotFoundError(recipe_id)
        return recipe_of(document)

    async def find(self, wanted: RecipeFilter, part: Part) -> Page[Recipe]:
        """Return a part of an account's recipes, the newest first."""
        chosen = {"family": wanted.family, "level": wanted.level, "status": wanted.status, "tags": wanted.tag}
        query: dict[str, Any] = {"account_id": wanted.account_id} | {field: word for field, word in chosen.items() if word is not None}
        if wanted.search is not None:
            query["folded"] = containing(wanted.search)
        with store_outages():
            return await read_part(self._recipes, query, part, order=NEWEST_FIRST, read=recipe_of, shown=SHOWN)

    async def version(self, recipe_id: str, version_id: str, *, account_id: str) -> RecipeVersion:
        """Return a version of a recipe of this account. Raise RecipeVersionNotFoundError."""
        one = {"versions": {"$elemMatch": {"id": version_id}}}
        with store_outages():
            document = await self._recipes.find_one({"_id": recipe_id, "account_id": account_id}, one)
        if document is None or not document.get("versions"):
            raise RecipeVersionNotFoundError(version_id)
        return _version_of(document["versions"][0], recipe_id)

    async def versions(self, recipe_id: str, part: Part, *, account_id: str) -> Page[RecipeVersion]:
        """Return a part of a recipe's versions, the newest first. Raise RecipeNotFoundError."""
        rows = {"$slice": [{"$reverseArray": "$versions"}, part.skipped, part.size]}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"_id": recipe_id, "account_id": account_id}},
            {"$project": {"count": 1, "rows": rows}},
        ]
        with store_outages():
            found = await self._recipes.aggregate(pipeline).to_list(1)
        if not found:
            raise RecipeNotFoundError(recipe_id)
        return Page(found[0]["count"], [_version_of(each, recipe_id) for each in found[0]["rows"]])

    async def children(self, recipe_id: str, *, account_id: str) -> int:
        """Return how many recipes of this account inherit from one."""
        with store_outages():
            return await self._recipes.count_documents({"account_id": account_id, "parent_id": recipe_id})

    async def add(self, recipe: Recipe, version: RecipeVersion, event: RecipeChanged, *, most: int) -> Recipe:
        """Keep a new recipe and return it; one that is known stays as it is. Raise TooManyRecipesError beyond `most`."""
        assert recipe.account_id is not None
        with store_outages():
            if await self._recipes.count_documents({"account_id": recipe.account_id}, limit=most) >= most:
                known = await self._recipes.find_one({"_id": recipe.id, "account_id": recipe.account_id}, SHOWN)
                if known is None:
                    message = "The account has as many recipes as it may."
                    raise TooManyRecipesError(message)
                return recipe_of(known)
            change = {"$set": _to_document(recipe) | {"versions": [_version_to_document(version)]}}
            try:
                await write_with_events(self._recipes, {"_id": recipe.id, "revision": 0}, change, [event], source=SOURCE, upsert=True)
            except DuplicateKeyError:  # The same request, once more.
                return await self.get(recipe.id, account_id=recipe.account_id)
        self._on_write()
        return replace(recipe, revision=recipe.revision + 1)

    async def save(self, recipe: Recipe, event: RecipeChanged, *, version: RecipeVersion | None = None) -> None:
        """Write a changed recipe, and its new version where it has one. Raise RecipeChangedError for a lost race."""
        more = {} if version is None else {f"versions.{recipe.versions - 1}": _version_to_document(version)}
        await self._write(recipe, {"$set": _to_document(recipe) | more}, event)

    async def remove(self, recipe: Recipe, event: RecipeChanged) -> None:
        """Take a recipe away with its versions, and tell it. Raise RecipeChangedError for a lost race."""
        gone = dict.fromkeys((*_to_document(recipe).keys() - {"sequence", "revision"}, "versions"), "")
        await self._write(recipe, {"$set": {"deleted_at": event.occurred_at, "revision": recipe.revision + 1}, "$unset": gone}, event)

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""
        with store_outages():
            await self._recipes.delete_many({"account_id": account_id})

    async def _write(self, recipe: Recipe, change: Mapping[str, Any], event: RecipeChanged) -> None:
        unchanged = {"_id": recipe.id, "account_id": recipe.account_id, "revision": recipe.revision}
        with store_outages():
            written = await write_with_events(self._recipes, unchanged, change, [event], source=SOURCE)
        if not written:
            raise RecipeChangedError(recipe.id)
        self._on_write()


def _to_document(recipe: Recipe) -> dict[str, Any]:
    return {
        "account_id": recipe.account_id,
        "name": recipe.name,
        "folded": recipe.name.casefold(),
        "family": recipe.family,
        "level": recipe.level,
        "status": recipe.status,
        "parent_id": recipe.parent_id,
        "tags": list(recipe.tags),
        "created_at": recipe.created_at,
        "updated_at": recipe.updated_at,
        "newest": {"id": recipe.newest.version_id, "number": recipe.newest.number},
        "count": recipe.versions,
        "approved_at": recipe.approved_at,
        "approved": recipe.approved and {"id": recipe.approved.version_id, "number": recipe.approved.number},
        "sequence": recipe.sequence,
        "revision": recipe.revision + 1,
    }


def recipe_of(document: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a document as it is stored."""
    approved = document.get("approved")
    return Recipe(
        id=document["_id"],
        account_id=document["account_id"],
        name=document["name"],
        family=document["family"],
        level=document["level"],
        status=document["status"],
        parent_id=document["parent_id"],
        tags=tuple(document["tags"]),
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        newest=VersionRef(document["_id"], document["newest"]["id"], document["newest"]["number"]),
        versions=document["count"],
        approved_at=document.get("approved_at"),
        approved=approved and VersionRef(document["_id"], approved["id"], approved["number"]),
        sequence=document["sequence"],
        revision=document["revision"],
    )


def _version_to_document(version: RecipeVersion) -> dict[str, Any]:
    return {
        "id": version.ref.version_id,
        "number": version.ref.number,
        # As text: a key may begin with what MongoDB takes for an operator, and numbers stay as they were written.
        **{name: json.dumps(getattr(version, name), ensure_ascii=False) for name in ("manifest", "resolved", "diff")},
        "ancestors": [[each.recipe_id, each.version_id, each.number] for each in version.ancestors],
        "created_by": version.created_by,
        "created_at": version.created_at,
        "change_note": version.change_note,
    }


def _version_of(document: Mapping[str, Any], recipe_id: str) -> RecipeVersion:
    diff = json.loads(document["diff"])
    return RecipeVersion(
        ref=VersionRef(recipe_id, document["id"], document["number"]),
        manifest=json.loads(document["manifest"]),
        resolved=json.loads(document["resolved"]),
        ancestors=tuple(VersionRef(*each) for each in document["ancestors"]),
        diff=None if diff is None else tuple(diff),
        created_by=document["created_by"],
        created_at=document["created_at"],
        change_note=document["change_note"],
    )
