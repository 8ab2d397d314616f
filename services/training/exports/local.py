"""The same without a platform: a model's folder is exported, or an exported file validated, where it lies on this machine."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean
from libs.contracts.text_exports import BOTH, FORMATS, REPORT, ExportReport, in_formats
from services.training.exports.making import Made, Tell, Wish, make_export
from services.training.exports.rows import Columns, TestRows, read_test_rows
from services.training.exports.source import load_source, read_manifest
from services.training.exports.validating import validate_file

WORDS: Final = (*FORMATS, BOTH)


def export_locally(
    model_path: Path,
    output: Path,
    *,
    format: str = "onnx",  # noqa: A002 - the option's name
    validate: bool = True,
    optimize: bool = False,
    test_data: Path | None = None,
    columns: Columns | None = None,
    name: str = "sentiment",
    tell: Tell = print,
) -> Mapping[str, Any]:
    """Export a model's folder into another folder; return `outputs` by format, `size`, `validation_passed` and the report.

    Raise InvalidError that names the field. Where a file does not answer as the model does, `validation_passed` is False and the folder has
    the report alone.
    """
    if (formats := in_formats(format)) is None:
        message = f"Unknown format '{format}'.{did_you_mean(format, WORDS)} There are {', '.join(WORDS)}; several with commas."
        raise InvalidError(message, details={"format": [message]})
    source = load_source(model_path)
    rows = _rows(model_path, test_data, columns=columns)
    wish = Wish(formats=formats, is_validated=validate, optimize=optimize, name=name)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=output) as place:
        made = make_export(source, Path(place), wish=wish, rows=rows, tell=tell)
        report = None if made.report is None else made.report.model_copy(update={"model_path": str(model_path)})
        if report is not None and not report.passed:
            (output / REPORT).write_text(report.model_dump_json(indent=2) + "\n")
            return _told(made, report, outputs={})
        for path in sorted(Path(place).rglob("*")):
            if path.is_file():
                target = output / path.relative_to(place)
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
    return _told(made, report, outputs={kind: str(output / each) for kind, each in made.outputs.items()})


def validate_locally(
    model_file: Path, *, test_data: Path | None = None, columns: Columns | None = None, output: Path | None = None
) -> ExportReport:
    """Compare an exported file with the model that lies beside it, or with what its bundle says; write the report where it is wanted.

    Raise InvalidError that names the field.
    """
    rows = _rows(model_file.parent, test_data, columns=columns)
    report = validate_file(model_file.parent, model_file.name, rows=rows).model_copy(update={"model_path": str(model_file)})
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(report.model_dump_json(indent=2) + "\n")
    return report


def _rows(folder: Path, test_data: Path | None, *, columns: Columns | None) -> TestRows | None:
    if test_data is None:
        return None
    if not test_data.is_file():
        message = f"There is no file {test_data}."
        raise InvalidError(message, details={"test_data": [message]})
    return read_test_rows(test_data, manifest=read_manifest(folder)[0], columns=columns)


def _told(made: Made, report: ExportReport | None, *, outputs: Mapping[str, str]) -> Mapping[str, Any]:
    passed = None if report is None else report.passed
    return {"outputs": dict(outputs), "size": made.size, "validation_passed": passed, "report": report}
