"""All that a service keeps of an account, as a person can be given it: without secrets, and without what is others'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bson.decimal128 import Decimal128
from pymongo import ASCENDING

from libs.chassis.bus.port import LARGEST_BODY
from libs.chassis.errors import InvalidError
from libs.chassis.stores.mongo import Database
from libs.contracts.exports import ExportLine, ExportPart

# The reply's other fields and its headers need little.
PART_BYTES: Final = LARGEST_BODY // 2
# How documents are kept, which says nothing of anybody.
OWN: Final = ("pending_events", "relay", "version", "revision", "uncounted", "set_aside", "schema_version")


@dataclass(frozen=True, slots=True)
class Kept:
    """A collection, the field in which it names the account, and the fields that are left out: secrets, and what is others'.

    `shown` are fields that are named as what is left out everywhere, and are something else here. `called` is the second word of a line's
    kind, where it is not the collection. With `through` the field names a thing of the account, which that collection has by its id.
    """

    collection: str
    account: str = "account_id"
    hidden: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    called: str = ""
    through: str = ""


@dataclass(frozen=True, slots=True)
class Exports:
    """What a service keeps, collection by collection; `service` is the first word of each line's kind.

    Each collection has an index by account and id, or holds no more of an account than its tier bounds.
    """

    database: Database
    service: str
    kept: Sequence[Kept]

    async def prepare(self, *collections: str) -> None:
        """Make the indexes of collections that hold as much of an account as it has done."""
        for each in self.kept:
            if each.collection in collections:
                await self.database[each.collection].create_index([(each.account, ASCENDING), ("_id", ASCENDING)])

    async def part(self, account_id: str, *, after: str, most: int) -> ExportPart:
        """Return up to `most` documents behind a place, at least one if there is one. Raise InvalidError for a place that is none."""
        begin, _, last = after.partition("/")
        if begin not in {"", *map(str, range(len(self.kept)))}:
            msg = "There is no such place in an export."
            raise InvalidError(msg, details={"after": ["Give `next_after` of the page before, or leave it out."]})
        lines: list[ExportLine] = []
        size = 0
        for number in range(int(begin or 0), len(self.kept)):
            kept = self.kept[number]
            wanted: dict[str, Any] = {kept.account: await self._whose(kept, account_id)}
            if last and kept.account != "_id":
                wanted["_id"] = {"$gt": last}
            elif last:
                wanted = {"_id": None}  # There is one, and it was told.
            shown = dict.fromkeys({*OWN, *kept.hidden}.difference(kept.shown, {"_id"}), 0)
            async for document in self.database[kept.collection].find(wanted, shown).sort("_id", ASCENDING).limit(most - len(lines) + 1):
                line = ExportLine(
                    kind=f"{self.service}.{kept.called or kept.collection}",
                    data=as_json({name: value for name, value in document.items() if name not in kept.hidden}),
                )
                size += len(line.model_dump_json())
                if len(lines) == most or (lines and size > PART_BYTES):
                    return ExportPart(lines=tuple(lines), next_after=f"{number}/{last}")
                lines.append(line)
                last = str(document["_id"])
            last = ""
        return ExportPart(lines=tuple(lines), next_after=None)

    async def _whose(self, kept: Kept, account_id: str) -> Any:
        """Return what the field has in documents of the account; its tier bounds the things that they are found through."""
        if not kept.through:
            return account_id
        return {"$in": [each["_id"] async for each in self.database[kept.through].find({"account_id": account_id}, {"_id": 1})]}


def as_json(value: Any) -> Any:
    """Return a stored value as JSON has it: moments in UTC, decimals as text, an id as `id`; bytes are left out."""
    match value:
        case Mapping():
            return {("id" if name == "_id" else name): as_json(inner) for name, inner in value.items() if not isinstance(inner, bytes)}
        case list():
            return [as_json(each) for each in value]
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case Decimal128():
            return str(value.to_decimal())
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
