"""What MongoDB did for an adapter's commands, by its own profiler, and collections with many documents to do it on."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from libs.chassis.stores.mongo import Collection, Database
from libs.chassis.stores.parts import Page, Part

# What a look-up may read beside what it returns: some that another filter takes out, and the first of a range.
SPARE: Final = 40
PROFILE_BYTES: Final = 16 * 2**20
READS: Final = ("query", "command", "update", "remove")
N: Final = "$n"
# So many parts of so many rows: the last would read more than a look-up may if it read what comes before it, too.
STEP: Final = 20
STEPS: Final = 5


@dataclass(frozen=True, slots=True)
class Work:
    """One command: how it found its documents, how many it read, and for how many; `keys` are those of indexes that it looked at."""

    name: str
    plan: str
    examined: int
    returned: int
    sorted_in_memory: bool
    counts: bool
    keys: int = 0

    def problem(self, *, reads: int, counted: int) -> str | None:
        """Say what is wrong with it; None when it is an index look-up."""
        if "COLLSCAN" in self.plan:
            return f"{self.name} scans its collection ({self.plan})"
        if self.sorted_in_memory and self.examined > SPARE:
            return f"{self.name} sorts in memory ({self.plan})"
        if self.examined > self.returned + reads + (counted if self.counts else 0):
            return f"{self.name} reads {self.examined} documents for {self.returned} ({self.plan})"
        return None


class Profiled:
    """The commands of a block, once it has ended."""

    def __init__(self) -> None:
        self.works: list[Work] = []

    def problems(self, *, reads: int = SPARE, counted: int = 0) -> list[str]:
        """Say what is wrong with the commands; `counted` is how many a count may look at, which is what it counts."""
        return [problem for work in self.works if (problem := work.problem(reads=reads, counted=counted))]


@asynccontextmanager
async def profiled(database: Database) -> AsyncIterator[Profiled]:
    """Have MongoDB note every command of the block."""
    found = Profiled()
    await database.command("profile", 0)
    await database.drop_collection("system.profile")
    await database.create_collection("system.profile", capped=True, size=PROFILE_BYTES, check_exists=False)
    await database.command("profile", 2)
    try:
        yield found
    finally:
        await database.command("profile", 0)
        async for entry in database["system.profile"].find({"op": {"$in": list(READS)}, "planSummary": {"$exists": True}}):
            found.works.append(_work(entry))


def _work(entry: dict[str, Any]) -> Work:
    command = entry.get("command", {})
    collection = entry["ns"].partition(".")[2]
    kind = next(iter(command), entry["op"]) if entry["op"] != "update" else "update"
    shape = re.sub(
        r"'[^']{25,}'", "'…'", str(command.get("filter") or command.get("q") or command.get("pipeline") or command.get("query") or "")
    )
    returned = max(entry.get(name, 0) for name in ("nreturned", "nMatched", "ndeleted"))
    return Work(
        name=f"{kind} on {collection} {shape[:200]}",
        plan=entry["planSummary"],
        examined=entry.get("docsExamined", 0),
        returned=returned,
        keys=entry.get("keysExamined", 0),
        sorted_in_memory=bool(entry.get("hasSortStage")),
        counts="'$group': {'_id': 1, 'n'" in shape,
    )


async def walked(find: Callable[[Part], Awaitable[Page[Any]]], *, steps: int = STEPS) -> int:
    """Read a list from its beginning by cursors, up to so many parts; return its rows. Each part costs no more than the first."""
    rows, part = 0, Part(STEP)
    for _ in range(steps):
        page = await find(part)
        rows += len(page.items)
        if page.after is None:
            break
        part = Part(STEP, after=page.after)
    return rows


async def multiply(collection: Collection, template: str, *, by: int, **changes: Any) -> None:
    """Make `by` copies of a document, with ids of their own; `changes` are aggregation expressions, in which `$n` counts from 1."""
    copy: dict[str, Any] = {"_id": {"$concat": [f"{template}_", numbered()]}} | changes
    await collection.aggregate(
        [
            {"$match": {"_id": template}},
            {"$set": {"n": {"$range": [1, by + 1]}}},
            {"$unwind": N},
            {"$set": copy},
            {"$unset": "n"},
            {"$merge": {"into": collection.name, "whenMatched": "replace"}},
        ]
    ).to_list(None)


def one_of(words: Iterable[str], *, each: int = 1) -> dict[str, Any]:
    """Return the expression of a word that changes with every so many copies."""
    values = [str(word) for word in words]
    return {"$arrayElemAt": [values, {"$mod": [{"$floor": {"$divide": [N, each]}}, len(values)]}]}


def numbered(prefix: str = "", *, of: int = 0) -> dict[str, Any]:
    """Return the expression of a copy's own name (`of`: so many names, again and again)."""
    number: Any = {"$toString": {"$mod": [N, of]} if of else N}
    return {"$concat": [prefix, number]}


def earlier(field: str, *, by_s: int = 60) -> dict[str, Any]:
    """Return the expression of a moment the earlier, the later a copy was made."""
    return {"$subtract": [f"${field}", {"$multiply": [N, by_s * 1000]}]}
