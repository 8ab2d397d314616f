"""What the job kind `validate` runs: the file that was sent, checked and written as the canonical file of a dataset's next version."""

import tempfile
from pathlib import Path
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifact_streams import hash_of
from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from libs.contracts.datasets import ValidateResult, ValidateSpec
from libs.market.datasets.check import Checked, check_dataset
from services.training.learners.progress import Progress, Report

# A message on the bus has at most 1 MB, with what else its event says.
TOLD_MOST: Final = 400_000
TEXT_MOST: Final = 200


def run(spec: ValidateSpec, *, artifacts: Artifacts, report: Report, **_: object) -> ValidateResult:
    """Check what was sent; files lie in a folder of this machine meanwhile, and in the artifact store before the result tells of them.

    It may run twice: the same rows are the same file. What was sent is removed by who hears of the result. Raise InvalidError when that is
    not there any more, UnavailableError while the store is away.
    """

    def tell(stage: str, step: int, total_steps: int) -> None:
        report(Progress(stage=stage, step=step, total_steps=total_steps))

    with tempfile.TemporaryDirectory(prefix="modelbourse-check-") as name:
        folder = Path(name)
        upload = _fetched(spec, artifacts, into=folder / "upload")
        base = None
        if spec.base is not None:
            base = folder / "base.parquet"
            artifacts.fetch(spec.base.sha256, base)
        checked = check_dataset(spec, upload=upload, base=base, folder=folder, report=tell)
        return _told(_kept(checked, spec, artifacts))


def _fetched(spec: ValidateSpec, artifacts: Artifacts, *, into: Path) -> Path:
    """Fetch the file that was sent. Raise InvalidError when it is gone, ArtifactDamagedError when it is another one."""
    try:
        artifacts.fetch_named(spec.upload.path, into)
    except ArtifactMissingError as error:
        message = "The file that was sent is no longer there: send it again."
        raise InvalidError(message) from error
    if hash_of(into) != spec.upload.sha256:
        message = "The file that was sent is damaged: send it again."
        raise ArtifactDamagedError(message)
    return into


def _kept(checked: Checked, spec: ValidateSpec, artifacts: Artifacts) -> ValidateResult:
    """Return the result with its files in the store; nothing is kept of what was only to be looked at."""
    if spec.dry_run:
        return checked.result
    files = {"artifact": checked.file, "page": checked.page}
    return checked.result.model_copy(update={name: artifacts.put_file(path) for name, path in files.items() if path is not None})


def _told(result: ValidateResult) -> ValidateResult:
    """Return the result as a message can carry it: long names and texts are cut, and of long rows fewer are shown."""
    columns = tuple(column.model_copy(update={"source": _cut(column.source)}) for column in result.columns)
    preview = tuple({name: _cut(value) for name, value in row.items()} for row in result.preview)
    told = result.model_copy(update={"columns": columns, "preview": preview})
    while preview and len(told.model_dump_json()) > TOLD_MOST:
        preview = preview[: len(preview) // 2]
        told = told.model_copy(update={"preview": preview})
    return told


def _cut(value: Any) -> Any:
    return f"{value[:TEXT_MOST]}…" if isinstance(value, str) and len(value) > TEXT_MOST else value
