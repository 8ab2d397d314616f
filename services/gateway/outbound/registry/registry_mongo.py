"""The registry in MongoDB: one document for each name with its versions, so that of two promotions at once one is first."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from operator import itemgetter
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import write_with_events
from libs.chassis.stores.parts import Page, Part
from libs.contracts.registry import RegistryChanged
from libs.contracts.training import MARKET
from services.gateway.domain.registry.errors import (
    NameNotFoundError,
    RegisteredElsewhereError,
    RegistryChangedError,
    RegistryFullError,
)
from services.gateway.domain.registry.gate import Finding, Gate, Rule
from services.gateway.domain.registry.history import REFUSALS_MOST, Refusal, Transition
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import ListedVersion, VersionFilter
from services.gateway.domain.registry.reference import Reference
from services.gateway.domain.registry.version import Approval, Decision, Lineage, RegisteredVersion, Status
from services.gateway.outbound.outage import store_outages
from services.gateway.outbound.substrings import containing

SOURCE: Final = "gateway"
SHOWN: Final = {"pending_events": 0}
# What is looked up by each use of a name has neither.
SERVING: Final = {**SHOWN, "history": 0, "refusals": 0}
# What a list of names leaves where it is: all that is of a version alone, and may be long.
OF_VERSIONS: Final = ("lineage.libraries", "lineage.datasets", "metrics", "reported", "metadata", "description", "tags")
NAMES: Final = {**SERVING, **dict.fromkeys((f"versions.{each}" for each in OF_VERSIONS), 0)}
UNLISTED: Final = {**SERVING, "turns": 0}
BLANK: Final[dict[str, Any]] = {"metrics": {}, "reported": (), "description": "", "tags": ()}
PENDING: Final = "pending_since"
BY_NAME: Final = (("name", ASCENDING), ("_id", ASCENDING))
BY_WAIT: Final = ((PENDING, ASCENDING), ("_id", ASCENDING))
NEAR_MOST: Final = 200
# Has a version: what was deleted leaves the name, its gate and the numbers that were given.
FILLED: Final[dict[str, Any]] = {"versions.number": {"$gt": 0}}
IS_PENDING: Final[dict[str, Any]] = {PENDING: {"$type": "date"}}


class RegistryMongo:
    """Implements the port Registry. `on_write` is called after every write that has events."""

    def __init__(self, names: Collection, *, on_write: Callable[[], None]) -> None:
        self._names, self._on_write = names, on_write

    async def prepare(self) -> None:
        """Make indexes."""
        await self._names.create_index([("account_id", ASCENDING), ("name", ASCENDING)], unique=True)
        await self._names.create_index([("account_id", ASCENDING), *BY_NAME])
        # Of two documents: within one, several versions may be of the same model.
        await self._names.create_index([("versions.model_id", ASCENDING)], unique=True)
        await self._names.create_index(list(BY_WAIT), partialFilterExpression=IS_PENDING)

    async def get(self, name: str, *, account_id: str) -> RegisteredName:
        """Return an account's name. Raise NameNotFoundError with the nearest that there is."""
        return await self._get(name, account_id=account_id, shown=SHOWN)

    async def referred(self, reference: Reference, *, account_id: str) -> RegisteredVersion:
        """Return the version that a reference names; what has become of the name is not read."""
        return (await self._get(reference.name, account_id=account_id, shown=SERVING)).referred(reference)

    async def _get(self, name: str, *, account_id: str, shown: Mapping[str, int]) -> RegisteredName:
        with store_outages():
            document = await self._names.find_one({"account_id": account_id, "name": name}, shown)
            if document is None:
                near = self._names.find({"account_id": account_id}, {"name": 1}).sort("name", ASCENDING).limit(NEAR_MOST)
                raise NameNotFoundError(name, known=[each["name"] async for each in near])
        return name_of(document)

    async def of_model(self, model_id: str) -> RegisteredName | None:
        """Return the name that a model is registered under; None where there is none."""
        with store_outages():
            document = await self._names.find_one({"versions.model_id": model_id}, SHOWN)
        return None if document is None else name_of(document)

    async def find(self, account_id: str, part: Part, *, search: str | None = None) -> Page[RegisteredName]:
        """Return a part of an account's names that have versions, by the alphabet; of versions alone that in production is whole.

        `search`: those with this in them, whatever the case, which the index by name answers.
        """
        query = {"account_id": account_id, **FILLED} | ({"name": {**containing(search), "$options": "i"}} if search else {})
        page = await read_part(self._names, query, part, order=BY_NAME, read=name_of, shown=NAMES)
        return Page(page.count, await self._with_figures(page.items))

    async def _with_figures(self, names: Sequence[RegisteredName]) -> list[RegisteredName]:
        """Return names with what is said of the figures of their versions in production."""
        serving = _of_versions({"$eq": ["$$this.status", Status.PRODUCTION.value]})
        pipeline: list[dict[str, Any]] = [
            {"$match": {"_id": {"$in": [each.id for each in names]}}},
            {"$project": {"versions": serving}},
            {"$project": {"versions.number": 1, "versions.metrics": 1, "versions.reported": 1}},
        ]
        with store_outages():
            found = await self._names.aggregate(pipeline).to_list(None)
        told = {(row["_id"], each["number"]): each for row in found for each in row["versions"]}
        return [_with_told(name, told) for name in names]

    async def versions(self, wanted: VersionFilter, part: Part) -> Page[ListedVersion]:
        """Return a part of the versions, by the alphabet of their names and the newest of each first; what is not shown is not read."""
        names = {"account_id": wanted.account_id} | ({} if wanted.name is None else {"name": wanted.name})
        rows = [{"$skip": part.skipped}, {"$limit": part.size}, {"$project": UNLISTED}]
        pipeline: list[dict[str, Any]] = [
            {"$match": names},
            {"$sort": {"name": ASCENDING}},
            {"$set": {"production": _of_versions({"$eq": ["$$this.status", Status.PRODUCTION.value]})}},
            {"$set": {"versions": {"$reverseArray": _of_versions(_chosen(wanted))}}},
            {"$unwind": "$versions"},
            {"$facet": {"rows": rows, "count": [{"$count": "all"}]}},
        ]
        with store_outages():
            found = await self._names.aggregate(pipeline).to_list(1)
        counts = found[0]["count"]
        return Page(counts[0]["all"] if counts else 0, [_listed(each) for each in found[0]["rows"]])

    async def pending(self, part: Part) -> Page[RegisteredName]:
        """Return a part of the names, of all accounts, with a version that waits for an admin; the one that waits longest first."""
        return await read_part(self._names, IS_PENDING, part, order=BY_WAIT, read=name_of, shown=SHOWN)

    async def add(self, name: RegisteredName, event: RegistryChanged, *, most: int) -> None:
        """Keep a new name. Raise RegistryChangedError for one that there is, RegisteredElsewhereError, or RegistryFullError."""
        with store_outages():
            if await self._names.count_documents({"account_id": name.account_id}, limit=most) >= most:
                raise RegistryFullError(most, "names")
        await self.save(name, event)

    async def save(self, name: RegisteredName, event: RegistryChanged) -> None:
        """Write a name and what tells of it, in one write. Raise RegistryChangedError for a lost race, or RegisteredElsewhereError."""
        unchanged = {"_id": name.id, "version": name.version}
        # Refusals are written beside what guards the rest, and go with the number that was deleted; those before a number have none.
        kept = [None, *(each.number for each in name.versions)]
        change = {"$set": _to_document(name), "$pull": {"refusals": {"number": {"$nin": kept}}}}
        try:
            with store_outages():
                written = await write_with_events(self._names, unchanged, change, [event], source=SOURCE, upsert=name.version == 0)
        except DuplicateKeyError as error:
            twice = (error.details or {}).get("keyValue", {}).get("versions.model_id")
            there = None if twice is None else await self.of_model(twice)
            if there is not None and there.id != name.id:
                raise RegisteredElsewhereError(str(twice), there.name) from error
            raise RegistryChangedError(name.name) from error
        if not written:
            raise RegistryChangedError(name.name)
        self._on_write()

    async def refused(self, name: RegisteredName, refusal: Refusal) -> None:
        """Keep a refused promotion with its name, the newest of them; the name is otherwise as it was, and nothing is told."""
        kept = asdict(refusal) | {"was": refusal.was and refusal.was.value, "wanted": refusal.wanted.value}
        there = {"_id": name.id} | ({} if refusal.number is None else {"versions.number": refusal.number})
        with store_outages():
            await self._names.update_one(there, {"$push": {"refusals": {"$each": [kept], "$slice": -REFUSALS_MOST}}})

    async def forget(self, account_id: str) -> None:
        """Remove an account's names."""
        with store_outages():
            await self._names.delete_many({"account_id": account_id})


def _to_document(name: RegisteredName) -> dict[str, Any]:
    waits = [each.approval.asked_at for each in name.versions if each.approval is not None and each.is_pending]
    return {
        "account_id": name.account_id,
        "name": name.name,
        "created_at": name.created_at,
        "updated_at": name.updated_at,
        # A name without versions has one of nobody, as an index needs something that no other name has.
        "versions": [_version_to_document(each) for each in name.versions] or [{"model_id": name.id}],
        # As pairs: a name of an alias or a metric may begin with what MongoDB takes for an operator.
        "aliases": [[alias, number] for alias, number in name.aliases.items()],
        "gate": asdict(name.gate),
        "turns": list(name.turns),
        "history": [_transition_to_document(each) for each in name.history],
        "issued": name.issued,
        "sequence": name.sequence,
        "version": name.version + 1,
        PENDING: min(waits, default=None),
    }


def _version_to_document(version: RegisteredVersion) -> dict[str, Any]:
    document = {field: getattr(version, field) for field in RegisteredVersion.__slots__}
    lineage, approval = version.lineage, version.approval
    return document | {
        "status": version.status.value,
        "tags": list(version.tags),
        "metrics": dict(version.metrics),
        "reported": [list(pair) for pair in version.reported.items()],
        "metadata": json.dumps(dict(version.metadata)),
        "approval": None if approval is None else asdict(approval) | {"decision": approval.decision.value},
        "lineage": {field: getattr(lineage, field) for field in Lineage.__slots__}
        | {
            "libraries": [list(pair) for pair in lineage.libraries.items()],
            "datasets": [[symbol, *of] for symbol, of in lineage.datasets.items()],
        },
    }


def _chosen(wanted: VersionFilter) -> dict[str, Any]:
    """Return the condition of a version that is wanted, of `$filter`; one that says no kind is of a market model."""
    conditions: list[dict[str, Any]] = [{"$gt": ["$$this.number", 0]}]
    if wanted.status is not None:
        conditions.append({"$eq": ["$$this.status", wanted.status.value]})
    if wanted.kind is not None:
        conditions.append({"$eq": [{"$ifNull": ["$$this.kind", MARKET]}, wanted.kind]})
    return {"$and": conditions}


def _of_versions(condition: dict[str, Any]) -> dict[str, Any]:
    return {"$filter": {"input": "$versions", "cond": condition}}


def _with_told(name: RegisteredName, told: Mapping[tuple[str, int], Mapping[str, Any]]) -> RegisteredName:
    def whole(version: RegisteredVersion) -> RegisteredVersion:
        figures = told.get((name.id, version.number))
        return version if figures is None else replace(version, metrics=dict(figures["metrics"]), reported=dict(figures["reported"]))

    return replace(name, versions=tuple(map(whole, name.versions)))


def _listed(row: Mapping[str, Any]) -> ListedVersion:
    """Return a row of a list: with the version in production, as a gate may measure against it."""
    one = row["versions"]
    others = [each for each in row["production"] if each["number"] != one["number"]]
    name = name_of({**row, "versions": sorted([one, *others], key=itemgetter("number")), "turns": ()})
    return ListedVersion(name, one["number"])


def _transition_to_document(each: Transition) -> dict[str, Any]:
    was = None if each.was is None else each.was.value
    return {"number": each.number, "at": each.at, "was": was, "now": each.now.value, "by": each.by, "comment": each.comment}


def _transition_of(document: Mapping[str, Any]) -> Transition:
    was = None if document["was"] is None else Status(document["was"])
    return Transition(**dict(document) | {"was": was, "now": Status(document["now"])})


def _refusal_of(document: Mapping[str, Any]) -> Refusal:
    failing = tuple(Finding(**each | {"rule": Rule(**each["rule"])}) for each in document["failing"])
    was = None if document["was"] is None else Status(document["was"])
    return Refusal(**dict(document) | {"was": was, "wanted": Status(document["wanted"]), "failing": failing})


def name_of(document: Mapping[str, Any]) -> RegisteredName:
    """Return the name of a document as it is stored."""
    gate = document["gate"]
    return RegisteredName(
        id=document["_id"],
        account_id=document["account_id"],
        name=document["name"],
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        versions=tuple(_version_of(each) for each in document["versions"] if "number" in each),
        aliases=dict(document["aliases"]),
        gate=Gate(tuple(Rule(**rule) for rule in gate["rules"]), gate["approval"]),
        turns=tuple(document["turns"]),
        history=tuple(_transition_of(each) for each in document.get("history", ())),
        refusals=tuple(_refusal_of(each) for each in document.get("refusals", ())),
        issued=document.get("issued", 0),
        sequence=document["sequence"],
        version=document["version"],
    )


def _version_of(stored: Mapping[str, Any]) -> RegisteredVersion:
    document = {**BLANK, **stored}
    known = {field: document[field] for field in RegisteredVersion.__slots__ if field in document}
    lineage, approval = document["lineage"], document["approval"]
    version = RegisteredVersion(**known)
    return replace(
        version,
        status=Status(document["status"]),
        tags=tuple(document["tags"]),
        reported=dict(document["reported"]),
        metadata=json.loads(document.get("metadata", "{}")),
        approval=None if approval is None else Approval(**approval | {"decision": Decision(approval["decision"])}),
        lineage=Lineage(
            **{field: lineage[field] for field in Lineage.__slots__ if field in lineage}
            | {
                "libraries": dict(lineage.get("libraries", ())),
                "datasets": {symbol: (dataset, number) for symbol, dataset, number in lineage.get("datasets", ())},
            }
        ),
    )
