"""How datasets are shown: what was understood of a file, what its check found, its versions."""

from collections.abc import Sequence
from typing import Any, Final

from modelbourse.answers.datasets import Dataset, DatasetColumn, DatasetHealth, DatasetPreview, DatasetRefresh, DatasetVersion
from modelbourse.cli.showing import print_facts, print_table, say

ROWS_MOST: Final = 5
GUESSED: Final = "told by its times; say another with --calendar"


def print_understood(preview: DatasetPreview | None, *, columns: Sequence[DatasetColumn] = ()) -> None:
    """Print the columns as they were understood, and the first rows."""
    known = list(columns) or (preview.columns if preview else [])
    if known:
        rows = [(each.name, each.source, each.role, each.type, each.understood) for each in known]
        print_table(("column", "in the file", "role", "type", "read as"), rows, title="understood as", drop=("type",))
        say("")
    if preview is not None and preview.rows:
        names = [each.name for each in preview.columns if any(each.name in row for row in preview.rows)]
        first = [[row.get(name) for name in names] for row in preview.rows[:ROWS_MOST]]
        print_table(names, first, title="first rows", drop=names[:0:-1])
        say("")


def print_health(health: DatasetHealth | None, *, why_none: str | None) -> None:
    """Print what a check found as a table: errors first."""
    if health is None:
        return say(f"health: {why_none or 'not checked yet'}")
    found = [("error", each) for each in health.errors] + [("warning", each) for each in health.warnings]
    if not found:
        return say("health: nothing found")
    title = f"health: {_many(len(health.errors), 'error')}, {_many(len(health.warnings), 'warning')}"
    rows = [(kind, each.code, each.count, each.first, each.message) for kind, each in found]
    return print_table(("", "code", "count", "first", "what"), rows, title=title, drop=("first", "count"))


def print_dataset(dataset: Dataset, versions: Sequence[DatasetVersion]) -> None:
    """Print all there is to say of a dataset."""
    print_facts(facts_of(dataset))
    say("")
    print_understood(dataset.preview, columns=dataset.columns)
    print_health(dataset.health, why_none=dataset.reasons.get("health"))
    if versions:
        say("")
        rows = [
            (each.version, each.status, each.rows, each.added, each.revised, each.start, each.end, each.created_at) for each in versions
        ]
        names = ("version", "status", "rows", "added", "revised", "start", "end", "sent")
        print_table(names, rows, title=_many(len(versions), "version"), drop=("revised", "start", "added", "sent"))


def facts_of(dataset: Dataset) -> list[tuple[str, Any]]:
    """Return what a dataset is, as names and values."""
    guessed = dataset.preview is not None and dataset.preview.calendar_guessed
    return [
        ("id", dataset.id),
        ("name", dataset.name),
        ("kind", dataset.kind if dataset.source == "uploaded" else f"{dataset.kind}, of the platform"),
        ("symbol", dataset.symbol),
        ("timeframe", dataset.timeframe),
        ("calendar", f"{dataset.calendar} ({GUESSED})" if dataset.calendar and guessed else dataset.calendar),
        ("status", dataset.status),
        ("version", f"{dataset.version} of {dataset.versions}" if dataset.version else None),
        ("rows", dataset.rows),
        ("from", dataset.start),
        ("to", dataset.end),
        ("bytes", dataset.size_bytes),
        ("sha256", dataset.sha256),
        ("used by", dataset.used_by or None),
        ("sent", dataset.created_at),
        *_refresh_of(dataset.refresh),
    ]


def _refresh_of(refresh: DatasetRefresh | None) -> list[tuple[str, Any]]:
    """Return how a live series stands; nothing of what is not live."""
    if refresh is None:
        return []
    asked = ("fetched from", f"{refresh.source}, {refresh.market}")
    return [asked, ("fetched last", refresh.last_ok), ("last error", refresh.last_error), ("fetched next", refresh.next)]


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
