"""AI Engine's answers about datasets, made of what the platform has; what is null has its reason under `reasons`."""

from collections.abc import Mapping
from json import loads
from typing import Any, Final, TypeVar

from libs.contracts.datasets import Column, DatasetKind, Finding, ValidateResult
from modelbourse.answers import datasets as answers
from modelbourse.answers.answer import Answer
from services.gateway.domain.datasets.dataset import Dataset, DatasetStatus, DatasetVersion
from services.gateway.domain.datasets.live_series import is_live
from services.gateway.domain.datasets.packaged import Packaged
from services.gateway.usecases.datasets.show_datasets import DatasetView
from services.gateway.usecases.datasets.show_refreshes import Refreshing

A = TypeVar("A", bound=Answer)
CHECKING: Final = "Its check has not ended."
REFUSED: Final = "It was refused: no row of it is used."
NOTHING_KEPT: Final = "It was only looked at (dry_run): nothing of it is kept."
NONE_USABLE: Final = "No version of it can be used."
NOT_CANDLES: Final = "Candles alone have it."
NO_TIMES: Final = "Its rows have no times."
IN_LISTS: Final = "Of one dataset it is shown: `GET /v1/ai/datasets/{id}`."
PACKAGED: Final = "It comes with the platform, and has no versions."
NOT_LIVE: Final = "It is sent, and not fetched from a source."
OF_CANDLES: Final = ("symbol", "timeframe", "calendar")
OHLCV: Final = ("open", "high", "low", "close", "volume")


def dataset_of(shown: DatasetView, *, listed: bool = False) -> answers.Dataset:
    """Return a dataset as one of its versions has it; a list has no preview."""
    dataset, version = shown.dataset, shown.version or shown.dataset.newest
    result, artifact = version.result, version.result.artifact if version.result else None
    answer = answers.Dataset(
        id=dataset.id,
        name=dataset.name,
        kind=dataset.kind.value,
        source="live" if is_live(dataset.id) else "uploaded",
        symbol=dataset.symbol,
        timeframe=dataset.timeframe,
        calendar=dataset.calendar,
        status=dataset.status.value,
        version=dataset.ready.number if dataset.ready else None,
        versions=dataset.newest.number,
        job_id=dataset.newest.job_id,
        rows=result.rows if result else None,
        size_bytes=artifact.size if artifact else None,
        columns=[column_of(each) for each in result.columns] if result else [],
        start=result.start if result else None,
        end=result.end if result else None,
        sha256=artifact.sha256 if artifact else None,
        health=_health(dataset.newest),
        preview=None if listed or result is None else preview_of(result),
        used_by=list(shown.used_by),
        dry_run=dataset.is_dry_run,
        refresh=_refresh(shown.refresh) if shown.refresh else None,
        created_at=dataset.created_at,
        updated_at=dataset.updated_at,
        reasons={},
    )
    return _reasoned(answer, _why_of(dataset, version, listed=listed))


def _refresh(refreshing: Refreshing) -> answers.DatasetRefresh:
    return answers.DatasetRefresh(
        source=refreshing.source,
        market=refreshing.market,
        last_ok=refreshing.last_ok,
        last_error=refreshing.last_error,
        next=refreshing.next,
    )


def at_version(shown: DatasetView) -> answers.Dataset:
    """Return a dataset as a version has it that was asked for: its status and health are that version's, too."""
    assert shown.version is not None
    version = shown.version
    answer = dataset_of(shown)
    update = {"status": version.status.value, "version": version.number, "job_id": version.job_id, "health": _health(version)}
    whys = _why_of(shown.dataset, version, listed=False) | {"health": _why_no_result(version)}
    return _reasoned(answer.model_copy(update=update | {"reasons": {}}), whys)


def version_of(version: DatasetVersion) -> answers.DatasetVersion:
    """Return a version."""
    result, artifact = version.result, version.result.artifact if version.result else None
    answer = answers.DatasetVersion(
        version=version.number,
        status=version.status.value,
        job_id=version.job_id,
        rows=result.rows if result else None,
        added=result.added if result else None,
        revised=result.revised if result else None,
        size_bytes=artifact.size if artifact else None,
        start=result.start if result else None,
        end=result.end if result else None,
        sha256=artifact.sha256 if artifact else None,
        health=_health(version),
        created_at=version.created_at,
        reasons={},
    )
    return _reasoned(answer, _why_of_version(version))


def health_of(result: ValidateResult) -> answers.DatasetHealth:
    """Return what a check found."""
    return answers.DatasetHealth(errors=[_finding(each) for each in result.errors], warnings=[_finding(each) for each in result.warnings])


def preview_of(result: ValidateResult) -> answers.DatasetPreview:
    """Return what a file was understood as."""
    return answers.DatasetPreview(
        columns=[column_of(each) for each in result.columns],
        rows=loads(result.model_dump_json(include={"preview"}))["preview"],
        tz=result.tz,
        timeframe=result.timeframe,
        calendar=result.calendar,
        calendar_guessed=result.calendar_guessed,
    )


def packaged_of(packaged: Packaged) -> answers.Dataset:
    """Return candles that come with the platform."""
    instrument, extent = packaged.instrument, packaged.extent
    answer = answers.Dataset(
        id=packaged.id,
        name=instrument.name,
        kind="candles",
        source="packaged",
        symbol=instrument.symbol,
        timeframe=packaged.timeframe,
        calendar=packaged.calendar,
        status="ready",
        version=None,
        versions=0,
        job_id=None,
        rows=extent.rows,
        size_bytes=None,
        columns=[_shipped(name) for name in ("time", *OHLCV)],
        start=extent.start,
        end=extent.end,
        sha256=None,
        health=None,
        preview=None,
        used_by=[],
        dry_run=False,
        refresh=None,
        created_at=None,
        updated_at=None,
        reasons={},
    )
    return _reasoned(answer, dict.fromkeys(answers.Dataset.model_fields, PACKAGED))


def _shipped(name: str) -> answers.DatasetColumn:
    return answers.DatasetColumn(name=name, source=name, role=name, type="time" if name == "time" else "number")


def column_of(column: Column) -> answers.DatasetColumn:
    """Return a column as it was understood."""
    return answers.DatasetColumn(**column.model_dump(mode="json"))


def _health(version: DatasetVersion) -> answers.DatasetHealth | None:
    return health_of(version.result) if version.result else None


def _finding(finding: Finding) -> answers.DatasetFinding:
    return answers.DatasetFinding(code=finding.code.value, count=finding.count, first=finding.first, message=finding.message)


def _why_of(dataset: Dataset, version: DatasetVersion, *, listed: bool) -> dict[str, str]:
    """Return why each value may be null."""
    newest = dataset.newest
    whys = _why_of_version(version) | {
        "version": CHECKING if not newest.has_ended else NOTHING_KEPT if dataset.is_dry_run else NONE_USABLE,
        "health": _why_no_result(newest),
        "preview": IN_LISTS if listed else _why_no_result(version),
        "refresh": NOT_LIVE,
    }
    unknown = NOT_CANDLES if dataset.kind is not DatasetKind.CANDLES else _why_no_result(version)
    return whys | dict.fromkeys(OF_CANDLES, unknown)


def _why_of_version(version: DatasetVersion) -> dict[str, str]:
    no_result = _why_no_result(version)
    if version.result is None:
        return dict.fromkeys(answers.DatasetVersion.model_fields, no_result)
    no_file = NOTHING_KEPT if version.spec.dry_run else REFUSED
    is_refused = version.status is DatasetStatus.REFUSED
    no_time = REFUSED if is_refused else NO_TIMES
    return {"size_bytes": no_file, "sha256": no_file, "start": no_time, "end": no_time}


def _why_no_result(version: DatasetVersion) -> str:
    return version.reason or (REFUSED if version.has_ended else CHECKING)


def _reasoned(answer: A, whys: Mapping[str, str]) -> A:
    """Return an answer with the reason of each null."""
    values: dict[str, Any] = dict(answer)
    return answer.model_copy(update={"reasons": {name: why for name, why in whys.items() if values.get(name, why) is None}})
