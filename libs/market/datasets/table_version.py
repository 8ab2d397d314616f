"""A version of a dataset of texts or a table: the types of its columns are told by all of their cells, then it is written."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from libs.contracts.datasets import FindingCode, Timeframe, ValidateSpec
from libs.market.datasets.canonical import NO_MOMENT, Facts, read_facts, read_groups, write
from libs.market.datasets.column_types import Types, cells_as, widest
from libs.market.datasets.findings import found
from libs.market.datasets.notes import Notes
from libs.market.datasets.recognise import Layout, Read
from libs.market.datasets.source import Source, UnreadableError
from libs.market.datasets.values import to_moments

Report = Callable[[str, int, int], None]
Columns = Mapping[str, Any]


@dataclass(slots=True)
class TableVersion:
    """What came of the rows; moments are in nanoseconds since 1970. Of candles alone are timeframe, calendar, chart and marks."""

    rows: int = 0
    added: int = 0
    revised: int = 0
    start: int | None = None
    end: int | None = None
    file: Path | None = None
    timeframe: Timeframe | None = None
    calendar: str | None = None
    calendar_guessed: bool = False
    chart: list[tuple[int, float]] = field(default_factory=list)
    marks: dict[FindingCode, list[int]] = field(default_factory=dict)


def check_table(
    spec: ValidateSpec, *, source: Source, layout: Layout, base: Path | None, folder: Path, notes: Notes, report: Report, now: int
) -> TableVersion:
    """Check the file's rows, note what is wrong, and write the canonical file where nothing keeps it from being used."""
    del now  # rows have no age
    version, reads = TableVersion(), [read for read in layout.reads if read.kept]
    facts = None if base is None else read_facts(base)
    types = Types(layout.comma, {read.column.name: read for read in reads})
    try:
        for cells in source.blocks(notes, places=layout.places, report=lambda done, size: report("reading", done, size)):
            types.see({read.column.name: [cells[place] for place in read.places] for read in reads}, notes=notes, start=version.added)
            version.added += len(cells[0])
            if version.added > spec.rows_most:
                break
    except UnreadableError as error:
        notes.findings.append(error.finding)
    if not version.added and not notes.refused:
        notes.findings.append(found(FindingCode.EMPTY, "The file has no rows."))
    there = (
        0
        if base is None
        else sum(len(next(iter(group.values()))) for group in read_groups(base, columns=[facts.columns[0][0]] if facts else None))
    )
    version.rows = there + version.added
    if version.rows > spec.rows_most:
        message = f"There are more than {spec.rows_most:,} rows: that is what a dataset of yours may have."
        notes.findings.append(found(FindingCode.TOO_MANY_ROWS, message, count=version.rows))
    columns = _columns(reads, types=types, facts=facts, base=base, notes=notes)
    if not notes.refused:
        _span(version, types=types, base=base, facts=facts)
        if not spec.dry_run:
            version.file = folder / "dataset.parquet"
            rows = _Rows(_all_rows(source, reads=reads, layout=layout, base=base, columns=columns, report=report))
            write(version.file, facts=Facts(kind=spec.kind, columns=columns, symbol=spec.symbol), rows=version.rows, part=rows.part)
    return version


def _columns(reads: list[Read], *, types: Types, facts: Facts | None, base: Path | None, notes: Notes) -> tuple[tuple[str, str, str], ...]:
    """Return name, role and type of each column; note those that do not fit the version that is appended to."""
    known = {} if facts is None else {name: (role, kind) for name, role, kind in facts.columns}
    empty = set[str]() if base is None else _empty_columns(base, names=list(known))
    new = {read.column.name: (str(read.column.role), types.of(read.column.name)) for read in reads}
    missing = [name for name in known if name not in new]
    if missing:
        message = f"The dataset has a column {missing[0]}, and the file has none: send it too, with empty cells where there is no value."
        notes.findings.append(found(FindingCode.MISSING_COLUMN, message, count=len(missing)))
    told = []
    for name, (role, kind) in (known | {name: value for name, value in new.items() if name not in known}).items():
        if name in known and name in new:
            both = new[name][1] if name in empty else kind if types.is_empty(name) else widest(kind, new[name][1])
            if both is None:
                message = f"The column {name} has values of type {kind} in the dataset, and other ones in this file."
                notes.findings.append(found(FindingCode.UNPARSED_NUMBER, message))
            told.append((name, role, both or kind))
        else:
            told.append((name, role, kind))
    return tuple(told)


def _empty_columns(base: Path, *, names: list[str]) -> set[str]:
    empty = set(names)
    for group in read_groups(base):
        empty &= {name for name, column in group.items() if column.null_count == len(column)}
    return empty


def _span(version: TableVersion, *, types: Types, base: Path | None, facts: Facts | None) -> None:
    """Tell the first and the last time that there is."""
    start, end = types.span
    if base is not None and facts is not None and any(name == "time" for name, _, _ in facts.columns):
        for group in read_groups(base, columns=["time"]):
            times = _nanoseconds(group["time"])
            times = times[times != NO_MOMENT]
            if len(times):
                start = int(times.min()) if start is None else min(start, int(times.min()))
                end = int(times.max()) if end is None else max(end, int(times.max()))
    version.start, version.end = start, end


def _nanoseconds(column: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - 50 MB that a process which reads no dataset need not carry

    whole = column.cast(pa.int64()).fill_null(NO_MOMENT)
    return np.asarray(whole.to_numpy(zero_copy_only=False), dtype=np.int64)


def _all_rows(
    source: Source, *, reads: list[Read], layout: Layout, base: Path | None, columns: tuple[tuple[str, str, str], ...], report: Report
) -> Iterator[Columns]:
    """Return all rows, those that were there first, as arrow arrays of the columns' types."""
    if base is not None:
        for group in read_groups(base):
            count = len(next(iter(group.values())))
            yield {name: cells_as(kind, group.get(name), count=count, comma=False) for name, _, kind in columns}
    by_name = {read.column.name: read for read in reads}
    for cells in source.blocks(Notes(), places=layout.places, report=lambda done, size: report("writing", done, size)):
        count = len(cells[0])
        made = {}
        for name, _, kind in columns:
            read = by_name.get(name)
            if read is not None and kind == "time" and read.reading is not None:
                made[name] = _as_times([cells[place] for place in read.places], read)
            else:
                made[name] = cells_as(kind, None if read is None else cells[read.places[0]], count=count, comma=layout.comma)
        yield made


def _as_times(cells: list[Any], read: Read) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - as above

    assert read.reading is not None
    moments, _, _ = to_moments(cells, read.reading)
    absent = moments == NO_MOMENT
    return pa.array(moments, mask=absent).cast(pa.timestamp("ns", tz="UTC"))


@dataclass(slots=True)
class _Rows:
    """Rows that come in pieces of any size, asked for in order in pieces of one size."""

    pieces: Iterator[Columns]
    _waiting: list[Any] = field(default_factory=list)
    _count: int = 0

    def part(self, start: int, stop: int) -> Columns:
        """Return the next rows."""
        import pyarrow as pa  # noqa: PLC0415 - as above

        wanted = stop - start
        while self._count < wanted:
            piece = pa.table(dict(next(self.pieces)))
            self._waiting.append(piece)
            self._count += len(piece)
        whole = pa.concat_tables(self._waiting)
        chosen, rest = whole.slice(0, wanted).combine_chunks(), whole.slice(wanted)
        self._waiting, self._count = [rest], len(rest)
        return {name: chosen[name] for name in chosen.column_names}
