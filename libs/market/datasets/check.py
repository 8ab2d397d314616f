"""The health check of a dataset: a file as it was sent becomes the canonical file of a version, or is refused with sentences."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from libs.contracts.datasets import PREVIEW_ROWS, Column, DatasetKind, Finding, ValidateResult, ValidateSpec
from libs.contracts.envelope import JsonObject
from libs.market.datasets.candle_version import CandleVersion, check_candles
from libs.market.datasets.canonical import last_close
from libs.market.datasets.csv_source import open_csv
from libs.market.datasets.findings import ordered
from libs.market.datasets.head import preview_row
from libs.market.datasets.notes import Notes
from libs.market.datasets.page import write_page
from libs.market.datasets.parquet_source import open_parquet
from libs.market.datasets.recognise import Layout, recognise, settle_order
from libs.market.datasets.source import Source, UnreadableError
from libs.market.datasets.table_version import TableVersion, check_table

Report = Callable[[str, int, int], None]
"""Called with what is done (reading, checking, writing), how much of it, and how much there is."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check. `file` is the canonical file (None where it was refused or only looked at), `page` the check as HTML."""

    result: ValidateResult
    file: Path | None
    page: Path | None


@dataclass(slots=True)
class _Understood:
    """What is known so far; what nothing is known of is empty."""

    columns: tuple[Column, ...] = ()
    preview: tuple[JsonObject, ...] = ()
    version: CandleVersion | TableVersion = field(default_factory=CandleVersion)


def check_dataset(
    spec: ValidateSpec,
    *,
    upload: Path,
    base: Path | None,
    folder: Path,
    report: Report,
    now: int | None = None,
    known: Sequence[Finding] = (),
) -> Checked:
    """Check a file and write what comes of it into the folder. `base` is the canonical file of the version that is appended to.

    `known` is what was found already, by who has fetched the rows; `now` the moment (nanoseconds since 1970) at which the data's age is
    told, None for the clock's. A bad file raises nothing: it is refused with findings. Raise `CanonicalError` for a base that is no
    canonical file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    notes, understood = Notes(), _Understood()
    findings: list[Finding] = []
    try:
        source = _open(spec, upload=upload)
        layout = _look(spec, source=source, base=base, notes=notes, understood=understood)
    except UnreadableError as error:
        findings = [error.finding]
    else:
        if not notes.refused:
            moment = time.time_ns() if now is None else now
            _read(
                spec, source=source, layout=layout, base=base, folder=folder, notes=notes, report=report, now=moment, understood=understood
            )
        findings = [*notes.located(source.locate), *known]
    return _answer(spec, findings=findings, understood=understood, folder=folder)


def _open(spec: ValidateSpec, *, upload: Path) -> Source:
    if spec.upload.format == "parquet":
        return open_parquet(upload)
    return open_csv(upload, multiline=spec.kind is not DatasetKind.CANDLES)


def _look(spec: ValidateSpec, *, source: Source, base: Path | None, notes: Notes, understood: _Understood) -> Layout:
    """Tell what the columns are."""
    sample = source.sample
    layout = recognise(source.header, rows=sample, kind=spec.kind, columns=spec.columns, tz=spec.tz, delimiter=source.delimiter)
    end = None if base is None or spec.kind is not DatasetKind.CANDLES else last_close(base)
    layout = layout if end is None else settle_order(layout, rows=sample, end=end)
    notes.findings += layout.findings
    understood.columns = layout.columns
    understood.preview = tuple(preview_row(row, layout=layout) for row in sample[:PREVIEW_ROWS])
    return layout


def _read(
    spec: ValidateSpec,
    *,
    source: Source,
    layout: Layout,
    base: Path | None,
    folder: Path,
    notes: Notes,
    report: Report,
    now: int,
    understood: _Understood,
) -> None:
    check = check_candles if spec.kind is DatasetKind.CANDLES else check_table
    understood.version = check(spec, source=source, layout=layout, base=base, folder=folder, notes=notes, report=report, now=now)


def _answer(spec: ValidateSpec, *, findings: list[Finding], understood: _Understood, folder: Path) -> Checked:
    version, in_order = understood.version, ordered(findings)
    refused = any(finding.severity == "error" for finding in in_order)
    result = ValidateResult(
        status="refused" if refused else "ready",
        artifact=None,
        page=None,
        rows=version.rows,
        added=version.added,
        revised=version.revised,
        columns=understood.columns,
        start=_moment(version.start),
        end=_moment(version.end),
        timeframe=version.timeframe,
        calendar=version.calendar,
        calendar_guessed=version.calendar_guessed,
        tz=spec.tz or "UTC",
        preview=understood.preview,
        findings=in_order,
    )
    page = folder / "health.html"
    write_page(page, spec=spec, result=result, chart=version.chart, marks=version.marks)
    return Checked(result, None if refused else version.file, page)


def _moment(nanoseconds: int | None) -> datetime | None:
    return None if nanoseconds is None else datetime.fromtimestamp(nanoseconds / 10**9, UTC)
