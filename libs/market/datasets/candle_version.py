"""A version of a dataset of candles: a file's rows, and those of the version that they are appended to, checked and written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.contracts.datasets import DatasetKind, FindingCode, Timeframe, ValidateSpec
from libs.market.datasets.candle_checks import Checks
from libs.market.datasets.candle_rows import CORE, kinds_of, read_rows
from libs.market.datasets.canonical import Facts, moments, numbers, read_facts, read_groups, write
from libs.market.datasets.findings import found
from libs.market.datasets.notes import Notes
from libs.market.datasets.order import is_growing, join, note_unsorted
from libs.market.datasets.recognise import Layout
from libs.market.datasets.source import Source, UnreadableError
from libs.market.datasets.spool import Spool, give_back_memory
from libs.market.datasets.timeframes import choose_timeframe, guess_calendar, note_overlaps, to_closes
from libs.market.sessions import bars_a_year, opens_of
from libs.quant.candles import Integers

# After rows that could not be read, holes and jumps would be told that are none.
_UNREAD: Final = frozenset({FindingCode.UNPARSED_TIME, FindingCode.UNPARSED_NUMBER, FindingCode.UNREADABLE, FindingCode.ENCODING})
Report = Callable[[str, int, int], None]


@dataclass(slots=True)
class CandleVersion:
    """What came of the candles; moments are in nanoseconds since 1970. `chart` has some of the closes, `marks` what was found where."""

    rows: int = 0
    added: int = 0
    revised: int = 0
    start: int | None = None
    end: int | None = None
    timeframe: Timeframe | None = None
    calendar: str | None = None
    calendar_guessed: bool = False
    file: Path | None = None
    chart: list[tuple[int, float]] = field(default_factory=list)
    marks: dict[FindingCode, list[int]] = field(default_factory=dict)


def check_candles(
    spec: ValidateSpec, *, source: Source, layout: Layout, base: Path | None, folder: Path, notes: Notes, report: Report, now: int
) -> CandleVersion:
    """Check the file's candles, note what is wrong, and write the canonical file where nothing keeps it from being used."""
    version, facts = CandleVersion(), None if base is None else read_facts(base)
    kinds = kinds_of(layout)
    further = _further(layout, facts=facts)
    if facts is not None and not _fits(spec, layout=layout, facts=facts, notes=notes):
        return version
    kinds = {
        name: kinds.get(name, "i" if kind == "known_at" else "f")
        for name, kind in {**dict.fromkeys(("time", *CORE), ""), **further}.items()
    }
    with Spool(folder / "columns", kinds) as spool:
        if base is not None:
            _load(spool, base=base)
        before = spool.rows
        try:
            version.rows = read_rows(
                source,
                layout=layout,
                spool=spool,
                notes=notes,
                rows_most=spec.rows_most,
                report=lambda done, size: report("reading", done, size),
            )
        except UnreadableError as error:
            notes.findings.append(error.finding)
        give_back_memory()
        dated = (time := layout.named("time")) is not None and time.reading is not None and time.reading.dated
        if _tell(spec, opens=spool.read("time", before), facts=facts, dated=dated, notes=notes, version=version):
            _place(spool, before=before, dated=dated, version=version, notes=notes)
            # Candles of several lengths contradict each other in all that is told next.
            if FindingCode.MIXED_TIMEFRAME not in notes.codes:
                _join_and_check(spec, spool=spool, before=before, version=version, notes=notes, report=report, now=now)
            if not (notes.refused or spec.dry_run):
                version.file = folder / "dataset.parquet"
                _write(version.file, spec=spec, version=version, spool=spool, further=further, report=report)
    return version


def _further(layout: Layout, *, facts: Facts | None) -> dict[str, str]:
    """Return the role of each further column: those that the dataset has, then those that are new in the file."""
    known = {} if facts is None else {name: role for name, role, _ in facts.columns if role in {"feature", "known_at"}}
    new = {read.column.name: read.column.role for read in layout.reads if read.kept and read.column.role in {"feature", "known_at"}}
    return known | {name: str(role) for name, role in new.items() if name not in known}


def _fits(spec: ValidateSpec, *, layout: Layout, facts: Facts, notes: Notes) -> bool:
    """Tell whether the file can be appended; note why not."""
    there = {read.column.name for read in layout.reads if read.kept}
    missing = [name for name, role, _ in facts.columns if role in {"feature", "known_at"} and name not in there]
    if missing:
        message = f"The dataset has a column {missing[0]}, and the file has none: send it too, with empty cells where there is no value."
        notes.findings.append(found(FindingCode.MISSING_COLUMN, message, count=len(missing)))
    if spec.timeframe is not None and spec.timeframe != facts.timeframe:
        message = (
            f"The dataset has candles of {facts.timeframe}, and these are said to be of {spec.timeframe}: make a dataset of their own."
        )
        notes.findings.append(found(FindingCode.MIXED_TIMEFRAME, message))
    if spec.calendar is not None and spec.calendar != facts.calendar:
        message = (
            f"The dataset keeps the calendar {facts.calendar}, and these candles are said to keep {spec.calendar}: leave calendar out."
        )
        notes.findings.append(found(FindingCode.CONFLICT, message))
    return not notes.refused


def _load(spool: Spool, *, base: Path) -> None:
    """Put the rows of the version that is appended to first."""
    for group in read_groups(base):
        count = len(group["time"])
        columns: dict[str, Any] = {}
        for name, kind in spool.kinds.items():
            if name not in group:
                columns[name] = np.full(count, np.nan) if kind == "f" else np.full(count, np.iinfo(np.int64).min)
            else:
                columns[name] = numbers(group[name]) if kind == "f" else moments(group[name])
        spool.append(columns)


def _tell(spec: ValidateSpec, *, opens: Integers, facts: Facts | None, dated: bool, notes: Notes, version: CandleVersion) -> bool:
    """Tell the timeframe and the calendar; return whether both are known."""
    if not len(opens):
        if not notes.refused:
            notes.findings.append(found(FindingCode.EMPTY, "The file has no rows."))
        return False
    note_unsorted(opens, notes=notes)
    in_order = opens if is_growing(opens) else np.sort(opens)
    given = spec.timeframe if facts is None else facts.timeframe
    version.timeframe = choose_timeframe(in_order, given=given, dated=dated, notes=notes)
    if version.timeframe is None:
        return False
    known = spec.calendar if facts is None else facts.calendar
    version.calendar = known or guess_calendar(in_order, version.timeframe)
    version.calendar_guessed = known is None
    return True


def _place(spool: Spool, *, before: int, dated: bool, version: CandleVersion, notes: Notes) -> None:
    """Write the candles' closes in the place of what the file calls their time; note candles that reach into the next one."""
    assert version.calendar is not None
    assert version.timeframe is not None
    opens = spool.read("time", before)
    closes = to_closes(opens, calendar=version.calendar, timeframe=version.timeframe, dated=dated)
    spool.write("time", np.concatenate([spool.read("time", 0, before), closes]) if before else closes, kind="i")
    if not is_growing(opens):
        order = np.argsort(opens, kind="stable")
        opens = opens[order]
        closes = closes[order]
    note_overlaps(opens, closes=closes, timeframe=version.timeframe, notes=notes)


def _join_and_check(
    spec: ValidateSpec, *, spool: Spool, before: int, version: CandleVersion, notes: Notes, report: Report, now: int
) -> None:
    assert version.calendar is not None
    assert version.timeframe is not None
    partial = any(code in _UNREAD for code in notes.codes)
    joined = join(spool, base=before, revise=spec.revise, notes=notes)
    version.rows, version.added, version.revised = spool.rows, joined.added, joined.revised
    if spool.rows > spec.rows_most and FindingCode.TOO_MANY_ROWS not in notes.codes:
        message = f"With these rows the dataset has {spool.rows:,}: a dataset of yours may have {spec.rows_most:,}."
        notes.findings.append(found(FindingCode.TOO_MANY_ROWS, message, count=spool.rows))
    first, last = int(spool.read("time", 0, 1)[0]), int(spool.read("time", spool.rows - 1)[0])
    version.start = int(opens_of(version.calendar, version.timeframe, closes=np.array([first], dtype=np.int64))[0])
    version.end = last
    checks = Checks(version.calendar, version.timeframe, now=now, stale_after=spec.stale_after_bars)
    checks.run(spool, report=lambda done, rows: report("checking", done, rows))
    version.chart = checks.chart
    if not partial:
        version.marks = {code: seen.places for code, seen in checks.seen.items() if seen.places}
        notes.findings += checks.findings(last=last)


def _write(path: Path, *, spec: ValidateSpec, version: CandleVersion, spool: Spool, further: Mapping[str, str], report: Report) -> None:
    assert version.calendar is not None
    assert version.timeframe is not None
    columns = (
        ("time", "time", "time"),
        *((name, name, "number") for name in CORE),
        ("segment", "value", "integer"),
        *((name, role, "time" if role == "known_at" else "number") for name, role in further.items()),
    )
    facts = Facts(
        kind=DatasetKind.CANDLES,
        columns=columns,
        symbol=spec.symbol,
        timeframe=version.timeframe,
        calendar=version.calendar,
        bars_per_year=bars_a_year(version.calendar, version.timeframe),
    )

    def part(start: int, stop: int) -> dict[str, Any]:
        report("writing", start, spool.rows)
        return {name: spool.read(name, start, stop) for name, _, _ in columns}

    write(path, facts=facts, rows=spool.rows, part=part)
