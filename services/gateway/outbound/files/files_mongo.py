"""Files of data roots in MongoDB: a document each, whose id is its account's and its path, so that there is one of each path."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, ReplaceOne

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.contracts.training import Artifact
from services.gateway.domain.files.errors import StoredFileNotFoundError
from services.gateway.domain.files.ports import RootUse
from services.gateway.domain.files.stored_file import StoredFile
from services.gateway.outbound.outage import store_outages

BY_PATH: Final = (("path", ASCENDING),)
LAST: Final = "\U0010ffff"


class FilesMongo:
    """Implements the port Files."""

    def __init__(self, collection: Collection) -> None:
        self._files = collection

    async def prepare(self) -> None:
        """Make indexes."""
        await self._files.create_index([("account_id", ASCENDING), ("path", ASCENDING), ("sha256", ASCENDING), ("size", ASCENDING)])

    async def get(self, path: str, *, account_id: str) -> StoredFile:
        """Return a file. Raise StoredFileNotFoundError."""
        with store_outages():
            document = await self._files.find_one({"_id": _id_of(path, account_id=account_id)})
        if document is None:
            raise StoredFileNotFoundError(path)
        return _from_document(document)

    async def under(self, folder: str, *, account_id: str) -> Sequence[StoredFile]:
        """Return all files below a folder, in the order of their paths."""
        with store_outages():
            found = await self._files.find(_below(f"{folder}/", account_id=account_id)).sort(BY_PATH).to_list()
        return [_from_document(document) for document in found]

    async def find(self, prefix: str, part: Part, *, account_id: str) -> Page[StoredFile]:
        """Return a part of the files whose paths begin so, in the order of their paths."""
        return await read_part(self._files, _below(prefix, account_id=account_id), part, order=BY_PATH, read=_from_document)

    async def put_many(self, files: Mapping[str, Artifact], *, account_id: str, made_by: str | None, at: datetime) -> None:
        """Put files there by their paths, or replace what is there, in one write of all of them."""
        documents = [
            _to_document(StoredFile(path, artifact, at, made_by), account_id=account_id, place=_id_of(path, account_id=account_id))
            for path, artifact in files.items()
        ]
        if documents:
            with store_outages():
                await self._files.bulk_write([ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in documents], ordered=False)

    async def delete(self, path: str, *, account_id: str) -> None:
        """Take a file away. Raise StoredFileNotFoundError."""
        with store_outages():
            gone = await self._files.delete_one({"_id": _id_of(path, account_id=account_id)})
        if not gone.deleted_count:
            raise StoredFileNotFoundError(path)

    async def delete_under(self, folder: str, *, account_id: str) -> int:
        """Take all files below a folder away; return how many there were."""
        with store_outages():
            return int((await self._files.delete_many(_below(f"{folder}/", account_id=account_id))).deleted_count)

    async def forget(self, account_id: str) -> None:
        """Take all files of an account away; the second time there is none."""
        with store_outages():
            await self._files.delete_many({"account_id": account_id})

    async def use(self, account_id: str) -> RootUse:
        """Return how much an account has; files with the same bytes share them."""
        stages: list[dict[str, Any]] = [
            {"$match": {"account_id": account_id}},
            {"$group": {"_id": "$sha256", "files": {"$sum": 1}, "size": {"$max": "$size"}}},
            {"$group": {"_id": None, "files": {"$sum": "$files"}, "size": {"$sum": "$size"}}},
        ]
        with store_outages():
            found = await self._files.aggregate(stages).to_list(1)
        return RootUse(found[0]["files"], found[0]["size"]) if found else RootUse(0, 0)

    async def blocks(self, path: str, *, account_id: str) -> str | None:
        """Return the path of a file that is in the way of one at this path; None where nothing is."""
        names = path.split("/")
        above = [_id_of("/".join(names[:count]), account_id=account_id) for count in range(1, len(names))]
        with store_outages():
            found = await self._files.find_one({"_id": {"$in": above}}, {"path": 1}) if above else None
            found = found or await self._files.find_one(_below(f"{path}/", account_id=account_id), {"path": 1})
        return str(found["path"]) if found else None


def _id_of(path: str, *, account_id: str) -> str:
    return f"{account_id}/{path}"


def _below(prefix: str, *, account_id: str) -> dict[str, Any]:
    """Return what finds paths that begin so: a range of the index. No path has the character that it ends with."""
    return {"account_id": account_id} | ({"path": {"$gte": prefix, "$lt": f"{prefix}{LAST}"}} if prefix else {})


def _to_document(file: StoredFile, *, account_id: str, place: str) -> dict[str, Any]:
    named = {"path": file.path, "uri": file.artifact.uri, "sha256": file.artifact.sha256, "size": file.artifact.size}
    return {"_id": place, "account_id": account_id, **named, "made_at": file.made_at, "made_by": file.made_by}


def _from_document(document: Mapping[str, Any]) -> StoredFile:
    artifact = Artifact(uri=document["uri"], sha256=document["sha256"], size=document["size"])
    return StoredFile(document["path"], artifact, document["made_at"], document["made_by"])
