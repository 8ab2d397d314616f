"""Names of the registry, as they were told last, for an experiment tracker: one document a name."""

from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.registry import RegisteredVersionTold, RegistryChanged
from services.training.domain.mirrored import MirroredName, MirroredVersion
from services.training.outbound.errors_mongo import translated

INDEXES: Final = (
    IndexModel([("is_due", ASCENDING)], name="due", partialFilterExpression={"is_due": True}),
    IndexModel([("account_id", ASCENDING)], name="of_account"),
)
PRODUCTION: Final = "production"
# Longer than writing one name takes; who dies meanwhile has it written by another then.
LEASE: Final = timedelta(minutes=10)


class MirroredNamesMongo:
    """Implements `MirroredNames`."""

    def __init__(self, database: Database) -> None:
        self._names = database["mirrored_names"]

    async def prepare(self) -> None:
        """Make the indexes."""
        async with translated():
            await self._names.create_indexes(list(INDEXES))

    async def note(self, event: RegistryChanged) -> None:
        """Keep what an event tells; one that came before changes nothing, nor does one of an account that was erased."""
        at = {PRODUCTION: event.production} if event.production is not None else {}
        told: dict[str, Any] = {
            "account_id": event.account_id,
            "name": event.name,
            "aliases": [[alias, number] for alias, number in (event.aliases | at).items()],
            "sequence": event.sequence,
            "is_due": True,
        }
        told |= {f"versions.{each.number}": _version_document(each) for each in event.changed}
        change: dict[str, Any] = {"$set": told}
        if event.removed:
            change |= {
                "$unset": {f"versions.{number}": "" for number in event.removed},
                "$addToSet": {"removed": {"$each": list(event.removed)}},
            }
        later = {"_id": event.registry_id, "gone": {"$ne": True}, "sequence": {"$not": {"$gte": event.sequence}}}
        async with translated():
            try:
                await self._names.update_one(later, change, upsert=True)
            except DuplicateKeyError:
                return  # What is kept is newer, or gone.

    async def forget_account(self, account_id: str) -> None:
        """Take the words out of an account's names, which are gone."""
        async with translated():
            gone = {"gone": True, "is_due": True, "name": "", "versions": {}, "aliases": []}
            await self._names.update_many({"account_id": account_id}, {"$set": gone})

    async def claim(self, *, owner: str) -> MirroredName | None:
        """Take a name that the tracker is still to be told of, for a while; None when there is none."""
        at = now()
        due = {"is_due": True, "$or": [{"mirroring.until": None}, {"mirroring.until": {"$lte": at}}, {"mirroring.owner": owner}]}
        change = {"$set": {"mirroring": {"owner": owner, "until": at + LEASE}}}
        async with translated():
            found = await self._names.find_one_and_update(due, change, return_document=ReturnDocument.AFTER)
        return None if found is None else _name(found)

    async def mirrored(self, name: MirroredName, *, owner: str) -> None:
        """Note that the tracker has it as it was then, where its claim is still the owner's; what was told of it meanwhile stays due."""
        claimed = {"_id": name.id, "mirroring.owner": owner}
        same = claimed | {"sequence": name.sequence, "gone": True if name.gone else {"$ne": True}}
        over = {"$unset": {"mirroring": ""}}
        async with translated():
            if not (await self._names.update_one(same, {"$set": {"is_due": False}} | over)).matched_count:
                await self._names.update_one(claimed, over)


def _version_document(told: RegisteredVersionTold) -> dict[str, Any]:
    tags = {"status": told.status, "model_id": told.model_id, "model_version": told.model_version}
    tags |= {"tags": ", ".join(told.tags)} if told.tags else {}
    metrics = {f"metric.{name}": f"{value:.6g}" for name, value in told.metrics.items() if value is not None}
    reported = {f"reported.{name}": f"{value:.6g}" for name, value in told.reported.items()}
    return {
        "job_id": told.job_id,
        "description": told.description,
        "tags": [[f"modelbourse.{name}", value] for name, value in (tags | metrics | reported).items()],
    }


def _name(document: dict[str, Any]) -> MirroredName:
    versions = sorted((int(number), each) for number, each in document.get("versions", {}).items())
    return MirroredName(
        id=document["_id"],
        name=document["name"],
        versions=[
            MirroredVersion(number=number, job_id=each["job_id"], description=each["description"], tags=dict(each["tags"]))
            for number, each in versions
        ],
        aliases=dict(document["aliases"]),
        removed=frozenset(document.get("removed", ())),
        gone=bool(document.get("gone")),
        sequence=document["sequence"],
    )
