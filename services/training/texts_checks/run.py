"""What the job kind `check_texts` runs: a file of texts is looked at, and a report is written where one is asked for."""

import tempfile
from pathlib import Path
from typing import Final

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.text_checks import CheckTextsResult, CheckTextsSpec
from services.training.learners.progress import Progress, Report
from services.training.texts_checks.check import check_texts
from services.training.texts_checks.report import write_report

COLUMNS_TOLD: Final = 200


def run(spec: CheckTextsSpec, *, artifacts: Artifacts, report: Report, **_: object) -> CheckTextsResult:
    """Check the file; the same file and spec give the same result and the same report. A run that is cut off begins anew.

    Raise InvalidError for a file that is gone, UnavailableError while the store is away.
    """

    def tell(stage: str, step: int, total_steps: int) -> None:
        report(Progress(stage=stage, step=step, total_steps=total_steps))

    with tempfile.TemporaryDirectory(prefix="modelbourse-texts-") as folder:
        file = Path(folder) / "texts"
        try:
            artifacts.fetch(spec.data.artifact.sha256, file)
        except ArtifactMissingError as error:
            message = f"{spec.data.path} is no longer there: send it again."
            raise InvalidError(message, details={"data_path": [message]}) from error
        try:
            checked = check_texts(file, spec=spec, tell=tell)
        except InvalidError as error:
            # That a file cannot be read is what the check has found; whoever asked learns which field it is about.
            return CheckTextsResult(valid=False, refused={field: tuple(texts) for field, texts in error.details.items()})
        result = checked.result.model_copy(update={"columns": checked.result.columns[:COLUMNS_TOLD]})
        if not spec.report:
            return result
        page = Path(folder) / "report.html"
        page.write_bytes(write_report(checked, name=spec.data.path, max_length=spec.max_length))
        return result.model_copy(update={"files": {spec.report: artifacts.put_file(page)}})
