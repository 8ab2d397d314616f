"""Readable names that no other document of an account has, in MongoDB: a unique index decides, this finds one that is free."""

from itertools import count
from typing import Any, Final

from libs.chassis.stores.mongo import Collection

NAMED: Final[dict[str, Any]] = {"slug": {"$type": "string"}}


async def free_slug(collection: Collection, slug: str, *, account_id: str) -> str:
    """Return the name, or the first of `…-2`, `…-3` that no document of the account has."""
    # The dot comes right after the dash: all that begins with `slug-` is below it.
    alike = {"account_id": account_id, "slug": {"$gte": slug, "$lt": f"{slug}.", **NAMED["slug"]}}
    taken = {document["slug"] async for document in collection.find(alike, {"_id": 0, "slug": 1})}
    return slug if slug not in taken else next(name for number in count(2) if (name := f"{slug}-{number}") not in taken)
