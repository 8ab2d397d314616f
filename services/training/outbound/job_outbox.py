"""What is written down to be published of a job, bounded: while nobody can publish, its progress is told once and not twice a second.

A progress event that finds no room is left out; the next one that has room says how far the job has come and brings the lines of the log
that were left out. The document counts those (`untold_lines`), so that whoever looks after the job next knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import entry_of
from libs.contracts.envelope import Event
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed, JobProgressed
from libs.contracts.training import LogLine, TrainingCancelled, TrainingCompleted, TrainingFailed, TrainingProgressed

# Bytes of events that wait to be published: a document has 16 MB, its log 1 MB of them.
PENDING_BYTES: Final = 1_000_000
# Bytes of log lines in one event, of the 1 MB that the bus carries.
LINES_BYTES: Final = 200_000
PROGRESS: Final = (TrainingProgressed, JobProgressed)
WITH_LINES: Final = (*PROGRESS, TrainingCompleted, TrainingFailed, TrainingCancelled, JobCompleted, JobFailed, JobCancelled)
STANDING: Final[dict[str, Any]] = {
    "state": 1,
    "untold_lines": 1,
    "pending_bytes": {"$bsonSize": {"events": {"$ifNull": ["$pending_events", []]}}},
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job's outbox stood when it was looked at last."""

    is_full: bool
    untold_lines: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a write adds to the outbox, and what must still be so for it."""

    told: Sequence[Event]
    unchanged: dict[str, Any]
    change: dict[str, dict[str, Any]]
    pushes: dict[str, Any]
    untold_lines: int | None = None


class JobOutbox:
    """Decides for each write of jobs_mongo.py. What it remembers was in the documents that it was shown (`written`)."""

    def __init__(self, jobs: Collection) -> None:
        self._jobs = jobs
        self._known: dict[str, Standing] = {}

    async def plan(self, job_id: str, events: Sequence[Event], lines: Sequence[LogLine]) -> Plan:
        """Return what to write for these events and new lines of the log."""
        if not events:
            return Plan((), {}, {}, {})
        standing = self._known.get(job_id) or _standing(await self._jobs.find_one({"_id": job_id}, STANDING))
        unchanged = {"untold_lines": standing.untold_lines or None}
        if standing.is_full and all(isinstance(event, PROGRESS) for event in events):
            change = {"$inc": {"untold_lines": len(lines)}} if lines else {}
            return Plan((), unchanged, change, {}, standing.untold_lines + len(lines))
        left_out = await self._left_out(job_id, standing.untold_lines)
        told = [_with_lines(event, left_out if place == 0 else ()) for place, event in enumerate(events)]
        entries = {"pending_events": {"$each": [entry_of(event, source="training") for event in told]}}
        return Plan(told, unchanged, {"$unset": {"untold_lines": ""}} if standing.untold_lines else {}, entries, 0)

    def written(self, before: dict[str, Any], plan: Plan, *, job_id: str) -> None:
        """Remember how a job's outbox stands after a planned write, by the fields of STANDING before it."""
        standing = _standing(before)
        self._known[job_id] = standing if plan.untold_lines is None else replace(standing, untold_lines=plan.untold_lines)

    def forget(self, job_id: str) -> None:
        """Look again before the next write: the job has ended, or others have written it."""
        self._known.pop(job_id, None)

    async def _left_out(self, job_id: str, count: int) -> tuple[LogLine, ...]:
        """Return the last lines of the job's log, oldest first."""
        if not count:
            return ()
        document = await self._jobs.find_one({"_id": job_id}, {"logs": {"$slice": -count}})
        return tuple(LogLine.model_validate(line) for line in (document or {}).get("logs", ()))


def _standing(document: dict[str, Any] | None) -> Standing:
    seen = document or {}
    return Standing(seen.get("pending_bytes", 0) > PENDING_BYTES, seen.get("untold_lines") or 0)


def _with_lines(event: Event, left_out: Sequence[LogLine]) -> Event:
    if not isinstance(event, WITH_LINES):
        return event
    return event.model_copy(update={"logs": fitting((*left_out, *event.logs))})


def fitting(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """Return the newest lines that fit into one event, and a line that says how many are left out."""
    kept: list[LogLine] = []
    size = 0
    for line in reversed(lines):
        size += len(line.model_dump_json())
        if size > LINES_BYTES:
            missing = len(lines) - len(kept)
            kept.append(LogLine(timestamp=line.timestamp, level="WARNING", message=f"{missing} earlier lines are too much for one event."))
            break
        kept.append(line)
    return tuple(reversed(kept))
