"""Checks a file of this machine without a platform: what `sentiment-validate-data --local` and `sentiment-data-report --local` call."""

from pathlib import Path

from libs.chassis.errors import InvalidError
from libs.contracts.text_checks import CheckTextsResult, CheckTextsSpec
from libs.contracts.texts import NamedFile
from libs.contracts.training import Artifact
from services.training.texts_checks.check import check_texts
from services.training.texts_checks.report import write_report


def check_file(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - the option's name
    encoding: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    max_length: int = 128,
    report: Path | None = None,
) -> CheckTextsResult:
    """Check a file of this machine, and write the report where one is asked for. Raise InvalidError for one that cannot be read."""
    if not path.is_file():
        message = f"There is no file {str(path)!r}."
        raise InvalidError(message, details={"data_path": [message]})
    here = Artifact(uri=str(path), sha256="", size=path.stat().st_size)
    spec = CheckTextsSpec.model_validate(
        {
            "data": NamedFile(path=path.name, artifact=here),
            "format": format,
            "encoding": encoding,
            "text_column": text_column,
            "label_column": label_column,
            "max_length": max_length,
        }
    )
    checked = check_texts(path, spec=spec)
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_bytes(write_report(checked, name=path.name, max_length=max_length))
    return checked.result
