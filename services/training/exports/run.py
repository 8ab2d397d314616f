"""What the job kind `export` runs: a model's folder from the store to the exported files, or one exported file to its validation."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final

from pydantic import ValidationError

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.names import listed
from libs.contracts.text_exports import EXPORTED_SUFFIXES, NOT_VALID, REPORT, ExportProgress, ExportReport, ExportResult, ExportSpec
from libs.contracts.texts import MANIFEST, TextManifest
from libs.contracts.training import Artifact
from services.training.exports.bundle import libraries
from services.training.exports.checking import NO_REFERENCE
from services.training.exports.making import Made, Tell, Wish, make_export, steps_of
from services.training.exports.rows import Columns, TestRows, read_test_rows
from services.training.exports.source import Source, load_source, read_manifest
from services.training.exports.validating import validate_file
from services.training.learners.progress import Progress, Report

NOT_ASKED: Final = "The export was asked not to validate."
SHOWN: Final = 3
PROGRAM: Final = ".pt"
PLACE: Final = re.compile(r"[^/\0]+(/[^/\0]+)*")


class ExportNotValidError(PlatformError, kind=ErrorKind.INVALID):
    """An exported file does not answer as the model does; the job's last progress has the report."""


assert ExportNotValidError.__name__ == NOT_VALID


def run(spec: ExportSpec, *, artifacts: Artifacts, report: Report, **_: object) -> ExportResult:
    """Export, or validate one file. The same spec gives files that answer alike; a run that is cut off begins anew.

    Raise InvalidError where the model's files are gone or cannot be exported; ExportNotValidError where a file does not answer as the model
    does: nothing of it is kept but the report, which the last progress names. UnavailableError while the store is away.
    """
    with TemporaryDirectory(prefix="modelbourse-export-") as place:
        model = Path(place) / "model"
        report(Progress(stage="loading", step=0, total_steps=1, message=f"Loading {spec.model_path}"))
        _fetch(_files_of(spec, artifacts=artifacts), model, checks=spec.checks, artifacts=artifacts)
        rows = _test_rows(spec, model, into=Path(place) / "test_data", artifacts=artifacts)
        if spec.checks is not None:
            return _validated(spec, model, rows=rows, artifacts=artifacts, report=report)
        return _exported(spec, load_source(model), Path(place) / "exported", rows=rows, artifacts=artifacts, report=report)


def _exported(
    spec: ExportSpec, source: Source, folder: Path, *, rows: TestRows | None, artifacts: Artifacts, report: Report
) -> ExportResult:
    wish = Wish(formats=spec.formats, is_validated=spec.is_validated, optimize=spec.optimize, name=spec.name)
    made = make_export(source, folder, wish=wish, rows=rows, tell=_teller(report, steps=steps_of(wish)))
    found = None if made.report is None else made.report.model_copy(update={"model_path": spec.model_path})
    if found is not None and not found.passed:
        raise _not_valid(found, artifacts=artifacts, report=report)
    return ExportResult(
        files={path.relative_to(folder).as_posix(): artifacts.put_file(path) for path in sorted(folder.rglob("*")) if path.is_file()},
        outputs=made.outputs,
        size=made.size,
        validation_passed=None if found is None else True,
        report=found,
        reasons=found.reasons if found else dict.fromkeys(("validation_passed", "report"), NOT_ASKED),
        run_card=_run_card(source, made),
    )


def _validated(spec: ExportSpec, model: Path, *, rows: TestRows | None, artifacts: Artifacts, report: Report) -> ExportResult:
    assert spec.checks is not None
    if PurePosixPath(spec.checks).suffix == PROGRAM and not spec.is_ours:
        message = f"{spec.checks[:100]} was not exported here: TorchScript files are programs, and those of others are not opened."
        raise InvalidError(message, details={"model_path": [message]})
    report(Progress(stage="validating", step=1, total_steps=2, message=f"Comparing {spec.checks} with the model"))
    found = validate_file(model, spec.checks, rows=rows).model_copy(update={"model_path": spec.model_path})
    is_alone = found.reference == "none" and found.passed  # Nothing was there that it could differ from.
    return ExportResult(
        files={REPORT: _kept(found, artifacts=artifacts)},
        outputs={},
        size=spec.model[spec.checks].size,
        validation_passed=None if is_alone else found.passed,
        report=found,
        reasons={"validation_passed": NO_REFERENCE} if is_alone else {},
        run_card={"manifest_sha256": found.manifest_sha256, "libraries": found.libraries},
    )


def _not_valid(found: ExportReport, *, artifacts: Artifacts, report: Report) -> ExportNotValidError:
    """Keep the report, tell it as the last that is known, and return the error."""
    told = ExportProgress(report=found, files={REPORT: _kept(found, artifacts=artifacts)})
    report(Progress(stage="failed", step=1, total_steps=1, partial=told.model_dump(mode="json")))
    others = f" {len(found.problems) - SHOWN} more are in {REPORT}." if len(found.problems) > SHOWN else f" {REPORT} has the figures."
    return ExportNotValidError(" ".join(found.problems[:SHOWN]) + others)


def _kept(found: ExportReport, *, artifacts: Artifacts) -> Artifact:
    return artifacts.put((found.model_dump_json(indent=2) + "\n").encode())


def _teller(report: Report, *, steps: int) -> Tell:
    """Return what tells each step of so many at most."""
    done = 0

    def tell(words: str) -> None:
        nonlocal done
        done = min(done + 1, steps)
        report(Progress(stage=words[0].lower() + words[1:], step=done, total_steps=steps + 1, message=words))

    return tell


def _files_of(spec: ExportSpec, *, artifacts: Artifacts) -> Mapping[str, str]:
    """Return the sha256 of each of the model's files, by name. Raise InvalidError (`model_path`) where a version's manifest is gone."""
    if spec.version is None:
        return {name: artifact.sha256 for name, artifact in spec.model.items()}
    try:
        manifest = TextManifest.model_validate_json(artifacts.get(spec.version), extra="ignore")
    except (ArtifactMissingError, ValidationError) as error:
        message = f"The manifest of {spec.model_path} is no longer in the artifact store."
        raise InvalidError(message, details={"model_path": [message]}) from error
    return {name: file.sha256 for name, file in manifest.files.items()} | {MANIFEST: spec.version}


def _fetch(files: Mapping[str, str], folder: Path, *, checks: str | None, artifacts: Artifacts) -> None:
    """Write files of the store under a folder. Raise InvalidError (`model_path`) for one that is gone, or whose name leads elsewhere."""
    for name, sha256 in files.items():
        if PurePosixPath(name).suffix in EXPORTED_SUFFIXES and name != checks:
            continue  # What else was exported is none of the model.
        if not PLACE.fullmatch(name) or ".." in PurePosixPath(name).parts:
            message = f"'{name[:100]}' is no name of a file below the model's folder."
            raise InvalidError(message, details={"model_path": [message]})
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            artifacts.fetch(sha256, folder / name)
        except ArtifactMissingError as error:
            message = f"{name[:100]} of the model is no longer in the artifact store."
            raise InvalidError(message, details={"model_path": [message]}) from error


def _test_rows(spec: ExportSpec, model: Path, *, into: Path, artifacts: Artifacts) -> TestRows | None:
    if spec.test_data is None:
        return None
    try:
        artifacts.fetch(spec.test_data.artifact.sha256, into)
    except ArtifactMissingError as error:
        message = f"{spec.test_data.path} is no longer in the artifact store: send it again."
        raise InvalidError(message, details={"test_data": [message]}) from error
    columns = Columns(text=spec.text_column, label=spec.label_column, format=spec.test_data.format)
    return read_test_rows(into, manifest=read_manifest(model)[0], columns=columns)


def _run_card(source: Source, made: Made) -> dict[str, Any]:
    return {
        "manifest_sha256": source.sha256,
        "labels": listed(source.manifest.labels, most=20),
        "parameters": source.parameters,
        "libraries": libraries(),
        "durations": made.durations,
    }
