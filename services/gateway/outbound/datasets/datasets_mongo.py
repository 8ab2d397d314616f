"""Datasets in MongoDB: one document each, with its newest version and the newest usable one, and a document for each version.

A unique index decides which of an account's datasets has a symbol and timeframe. A deleted one stays as a trace, so that an event that
comes late does not bring it back; what was only looked at is forgotten by the store itself.
"""

from collections.abc import Collection as Ids
from datetime import datetime, timedelta
from json import loads
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection, Database
from libs.chassis.stores.parts import Page, Part
from libs.contracts.datasets import DatasetKind, ValidateResult
from libs.contracts.envelope import now
from libs.contracts.live import PLATFORM
from services.gateway.domain.datasets.dataset import DRY_RUN_LIFE, Dataset, DatasetStatus, DatasetVersion, read_spec
from services.gateway.domain.datasets.errors import (
    DatasetChangedError,
    DatasetNotFoundError,
    DatasetVersionNotFoundError,
    SymbolTakenError,
)
from services.gateway.domain.datasets.ports import DatasetFilter, Stored
from services.gateway.outbound.outage import store_outages

TRACE_LIFE: Final = timedelta(days=7)
NEWEST_FIRST: Final = (("created_at", DESCENDING), ("_id", DESCENDING))
HAS_CLAIM: Final[dict[str, Any]] = {"claim": {"$type": "string"}}
EMPTY: Final = '{"preview": []}'
# Deleted, and not yet all of its versions.
UNFINISHED: Final[dict[str, Any]] = {"versions_left": True}
CHOSEN: Final = ("kind", "status")
CHECKING: Final[dict[str, Any]] = {"status": DatasetStatus.CHECKING.value}


class DatasetsMongo:
    """Implements the port Datasets."""

    def __init__(self, database: Database) -> None:
        self._datasets: Collection = database["datasets"]
        self._versions: Collection = database["dataset_versions"]

    async def prepare(self) -> None:
        """Make indexes."""
        for chosen, behind in (((), ()), (("symbol",), CHOSEN), (CHOSEN, ())):
            fields = [(name, ASCENDING) for name in ("account_id", "is_listed", *chosen)]
            await self._datasets.create_index([*fields, *NEWEST_FIRST, *((name, ASCENDING) for name in behind)])
        unique = [("account_id", ASCENDING), ("claim", ASCENDING)]
        await self._datasets.create_index(unique, unique=True, partialFilterExpression=HAS_CLAIM)
        await self._versions.create_index([("dataset_id", ASCENDING), ("number", DESCENDING)])
        await self._versions.create_index([(name, ASCENDING) for name in ("account_id", "sha256", "size")])
        await self._versions.create_index("upload", partialFilterExpression=CHECKING)
        await self._datasets.create_index("versions_left", partialFilterExpression=UNFINISHED)
        for collection in (self._datasets, self._versions):
            await collection.create_index("expires_at", expireAfterSeconds=0)

    async def get(self, dataset_id: str, *, account_id: str | None) -> Dataset:
        """Return a dataset of this account or of the platform (of anybody, for None). Raise DatasetNotFoundError."""
        wanted: dict[str, Any] = {"_id": dataset_id, "deleted_at": None}
        with store_outages():
            document = await self._datasets.find_one(
                wanted if account_id is None else wanted | {"account_id": {"$in": [account_id, PLATFORM]}}
            )
        if document is None:
            raise DatasetNotFoundError(dataset_id)
        return _from_document(document)

    async def version(self, dataset: Dataset, number: int) -> DatasetVersion:
        """Return a version with the preview of its rows. Raise DatasetVersionNotFoundError."""
        with store_outages():
            document = await self._versions.find_one({"_id": _version_id(dataset.id, number), "dataset_id": dataset.id})
        if document is None:
            if number == dataset.newest.number:
                return dataset.newest  # It was kept in its dataset, and is kept in its own document in a moment.
            raise DatasetVersionNotFoundError(number, newest=dataset.newest.number)
        return dataset.with_end(_version_from_document(document))

    async def versions(self, dataset_id: str, part: Part) -> Page[DatasetVersion]:
        """Return a part of a dataset's versions, the newest first."""
        order = (("number", DESCENDING),)
        shown = {"preview": 0}
        return await read_part(self._versions, {"dataset_id": dataset_id}, part, order=order, read=_version_from_document, shown=shown)

    async def find(self, wanted: DatasetFilter, part: Part) -> Page[Dataset]:
        """Return a part of datasets, the newest first."""
        query: dict[str, Any] = {"account_id": wanted.account_id, "is_listed": True}
        query |= {"symbol": wanted.symbol} if wanted.symbol is not None else {}
        if (wanted.kind, wanted.status) != (None, None):
            # Each by all the words that it may be: one index has the list in its order, merged of those words' parts.
            kinds, statuses = [wanted.kind] if wanted.kind else list(DatasetKind), [wanted.status] if wanted.status else list(DatasetStatus)
            query |= {"kind": {"$in": [each.value for each in kinds]}, "status": {"$in": [each.value for each in statuses]}}
        return await read_part(self._datasets, query, part, order=NEWEST_FIRST, read=_from_document)

    async def with_claim(self, claim: str, *, account_id: str) -> str | None:
        """Return the id of the account's dataset that has this symbol and timeframe; None when none does."""
        with store_outages():
            found = await self._datasets.find_one({"account_id": account_id, "claim": {"$eq": claim, **HAS_CLAIM["claim"]}}, {"_id": 1})
        return str(found["_id"]) if found else None

    async def stored(self, account_id: str) -> Stored:
        """Return what the account's datasets take; versions with the same rows share a file."""
        of_account = {"account_id": account_id}
        files: list[dict[str, Any]] = [
            {"$match": of_account | {"sha256": {"$gt": ""}}},
            {"$group": {"_id": "$sha256", "size": {"$max": "$size"}}},
            {"$group": {"_id": None, "size": {"$sum": "$size"}}},
        ]
        listed = of_account | {"is_listed": True}
        counted = {"_id": None, "datasets": {"$sum": 1}, "rows": {"$sum": "$rows"}}
        with store_outages():
            sizes = await self._versions.aggregate(files).to_list(1)
            counts = await self._datasets.aggregate([{"$match": listed}, {"$group": counted}]).to_list(1)
        found = counts[0] if counts else {"datasets": 0, "rows": 0}
        return Stored(found["datasets"], sizes[0]["size"] if sizes else 0, found["rows"])

    async def add(self, dataset: Dataset) -> None:
        """Keep a new dataset; one that is known, or was deleted, stays as it is. Raise SymbolTakenError."""
        try:
            with store_outages():
                await self._datasets.insert_one({"_id": dataset.id} | _to_document(dataset))
        except DuplicateKeyError as error:
            with store_outages():
                known = await self._datasets.count_documents({"_id": dataset.id}, limit=1)
            if not known:
                raise await self._taken(dataset) from error

    async def keep(self, version: DatasetVersion, *, is_final: bool = True) -> None:
        """Keep a version as it stands; one whose check has ended stays as it is. It has not ended before that is `is_final`."""
        unended = {"_id": _version_id(version.dataset_id, version.number), **CHECKING}
        fields = _version_to_document(version) | {"upload": version.spec.upload.path if version.spec.upload else None}
        # As text: its keys are the file's own, which may be no names of fields here.
        fields |= {"preview": version.result.model_dump_json(include={"preview"})} if version.result else {}
        artifact = version.result.artifact if version.result else None
        fields |= {"sha256": artifact.sha256 if artifact else None, "size": artifact.size if artifact else 0}
        fields |= {"page": version.result.page.sha256} if version.result and version.result.page else {}
        fields |= {} if is_final else CHECKING
        fields |= {"expires_at": version.created_at + DRY_RUN_LIFE} if version.spec.dry_run else {}
        # One that has only begun is new, or told late: then more is known of it than that.
        change = {"$set" if version.has_ended else "$setOnInsert": fields}
        try:
            with store_outages():
                await self._versions.update_one(unended, change, upsert=True)
        except DuplicateKeyError:
            return  # Its check has ended.

    async def save(self, dataset: Dataset) -> None:
        """Write a dataset that was read. Raise DatasetChangedError for a lost race, SymbolTakenError."""
        unchanged = {"_id": dataset.id, "revision": dataset.revision, "deleted_at": None}
        change = {"$set": _to_document(dataset) | {"revision": dataset.revision + 1}}
        try:
            with store_outages():
                written = await self._datasets.update_one(unchanged, change)
        except DuplicateKeyError as error:
            raise await self._taken(dataset) from error
        if not written.matched_count:
            raise DatasetChangedError(dataset.id)

    async def delete(self, dataset: Dataset) -> None:
        """Take a dataset away with its versions. Raise DatasetChangedError for a lost race.

        If that is broken off in between, the dataset is gone, and `finish_deleting` takes its versions away.
        """
        gone = {"deleted_at": now(), "is_listed": False, "claim": None, "own": None, "rows": 0} | UNFINISHED
        with store_outages():
            left = await self._datasets.update_one(
                {"_id": dataset.id, "revision": dataset.revision, "deleted_at": None}, {"$set": gone, "$inc": {"revision": 1}}
            )
        if not left.matched_count:
            raise DatasetChangedError(dataset.id)
        await self._finish(dataset.id)

    async def finish_deleting(self) -> int:
        """Take away the versions of deleted datasets that still have any; return how many datasets that were."""
        with store_outages():
            unfinished = [document["_id"] async for document in self._datasets.find(UNFINISHED, {"_id": 1})]
        for dataset_id in unfinished:
            await self._finish(dataset_id)
        return len(unfinished)

    async def _finish(self, dataset_id: str) -> None:
        """Take away a deleted dataset's versions, and let its trace expire only then."""
        await self.forget_versions(dataset_id)
        with store_outages():
            trace = {"$set": {"expires_at": now() + TRACE_LIFE}, "$unset": {"versions_left": ""}}
            await self._datasets.update_one({"_id": dataset_id} | UNFINISHED, trace)

    async def delete_version(self, dataset_id: str, number: int) -> None:
        """Take a version away; its trace, which is in no list and names no file, keeps a late event from bringing it back."""
        trace = {"status": "deleted", "expires_at": now() + TRACE_LIFE}
        with store_outages():
            await self._versions.replace_one({"_id": _version_id(dataset_id, number), "dataset_id": dataset_id}, trace)

    async def forget_versions(self, dataset_id: str) -> None:
        """Take away versions that came after their dataset was deleted."""
        with store_outages():
            await self._versions.delete_many({"dataset_id": dataset_id})

    async def forget_old(self, dataset_id: str, *, below: int, but: Ids[int], before: datetime) -> None:
        """Take away versions with lower numbers that were made before this moment, but for these."""
        old = {"dataset_id": dataset_id, "number": {"$lt": below, "$nin": list(but)}, "created_at": {"$lt": before}}
        with store_outages():
            await self._versions.delete_many(old)

    async def uploads(self) -> set[str]:
        """Return where the files lie that wait for their check."""
        with store_outages():
            return {document["upload"] async for document in self._versions.find(CHECKING | {"upload": {"$gt": ""}}, {"upload": 1})}

    async def _taken(self, dataset: Dataset) -> SymbolTakenError | DatasetChangedError:
        """Say which dataset has the symbol; where it has left it meanwhile the request is worth another try."""
        other = await self.with_claim(dataset.claim or "", account_id=dataset.account_id)
        if other is None:
            return DatasetChangedError(dataset.id)
        return SymbolTakenError(symbol=dataset.symbol or "", timeframe=dataset.timeframe or "", dataset_id=other)


def _version_id(dataset_id: str, number: int) -> str:
    return f"{dataset_id}:{number}"


def _to_document(dataset: Dataset) -> dict[str, Any]:
    own, ready = dataset.own_candles(), dataset.ready
    document = {
        "account_id": dataset.account_id,
        "name": dataset.name,
        "kind": dataset.kind.value,
        "symbol": dataset.symbol,
        "status": dataset.status.value,
        "claim": dataset.claim,
        "is_listed": not dataset.is_dry_run,
        "own": own.model_dump(mode="json") if own else None,
        "rows": ready.result.rows if ready and ready.result else 0,
        "created_at": dataset.created_at,
        "updated_at": dataset.updated_at,
        "newest": _version_to_document(dataset.newest),
        "ready": _version_to_document(ready) if ready else None,
        "revision": dataset.revision,
        "deleted_at": None,
    }
    return document | ({"expires_at": dataset.created_at + DRY_RUN_LIFE} if dataset.is_dry_run else {})


def _from_document(document: dict[str, Any]) -> Dataset:
    return Dataset(
        id=document["_id"],
        account_id=document["account_id"],
        name=document["name"],
        kind=DatasetKind(document["kind"]),
        symbol=document["symbol"],
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        newest=_version_from_document(document["newest"]),
        ready=_version_from_document(document["ready"]) if document["ready"] else None,
        is_dry_run=not document["is_listed"],
        revision=document["revision"],
    )


def _version_to_document(version: DatasetVersion) -> dict[str, Any]:
    """Return a version without its preview, which is long, and shown of one version at a time."""
    return {
        "dataset_id": version.dataset_id,
        "number": version.number,
        "account_id": version.account_id,
        "job_id": version.job_id,
        "spec": version.spec.model_dump(mode="json"),
        "created_at": version.created_at,
        "status": version.status.value,
        "result": version.result.model_dump(mode="json", exclude={"preview"}) if version.result else None,
        "reason": version.reason,
    }


def _version_from_document(document: dict[str, Any]) -> DatasetVersion:
    result, preview = document["result"], loads(document.get("preview") or EMPTY)
    return DatasetVersion(
        account_id=document["account_id"],
        job_id=document["job_id"],
        spec=read_spec(document["spec"]),
        created_at=document["created_at"],
        status=DatasetStatus(document["status"]),
        result=ValidateResult.model_validate(result | preview) if result else None,
        reason=document["reason"],
    )
