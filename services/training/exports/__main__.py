"""`python -m services.training.exports export MODEL_PATH …` and `… validate MODEL_FILE …`: exports without a platform."""

import argparse
import sys
from pathlib import Path

from libs.chassis.errors import PlatformError
from libs.contracts.text_exports import REPORT
from services.training.exports.local import export_locally, validate_locally
from services.training.exports.rows import Columns

FAILED, MISUSED = 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Export or validate. Return 0, FAILED where a file does not answer as the model does, MISUSED for what cannot be used."""
    asked = _parser().parse_args(arguments)
    columns = Columns(text=asked.text_column, label=asked.label_column)
    try:
        return _export(asked, columns) if asked.command == "export" else _validate(asked, columns)
    except PlatformError as error:
        sys.stderr.write(f"{error.message}\n")
        return MISUSED


def _export(asked: argparse.Namespace, columns: Columns) -> int:
    made = export_locally(
        asked.model_path,
        asked.output,
        format=asked.format,
        validate=asked.validate,
        optimize=asked.optimize,
        test_data=asked.test_data,
        columns=columns,
        name=asked.name,
        tell=lambda words: print(words, file=sys.stderr),  # noqa: T201 - it is a program
    )
    report = made["report"]
    if report is not None and not report.passed:
        sys.stderr.write("".join(f"{problem}\n" for problem in report.problems) + f"The figures are in {asked.output / REPORT}.\n")
        return FAILED
    sys.stdout.write("".join(f"{kind}  {place}\n" for kind, place in made["outputs"].items()))
    return 0


def _validate(asked: argparse.Namespace, columns: Columns) -> int:
    report = validate_locally(asked.model_file, test_data=asked.test_data, columns=columns, output=asked.output)
    if asked.output is None:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    sys.stderr.write("".join(f"{problem}\n" for problem in report.problems))
    return 0 if report.passed else FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.training.exports", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="make a trained model into files for other servers")
    export.add_argument("model_path", type=Path, help="the folder `model` of a training")
    export.add_argument("--output", "-o", type=Path, default=Path("exported"), help="the folder that the bundle goes into")
    export.add_argument("--format", "-f", default="onnx", help="onnx, torchscript, triton, both, or several with commas")
    export.add_argument("--validate", action=argparse.BooleanOptionalAction, default=True, help="compare the files with the model")
    export.add_argument("--optimize", action=argparse.BooleanOptionalAction, default=False, help="a fused graph and int8 weights, too")
    export.add_argument("--name", default="sentiment", help="what Triton calls the model")
    validate = commands.add_parser("validate", help="compare an exported file with the model")
    validate.add_argument("model_file", type=Path, help="an exported file in its bundle, such as model.onnx")
    validate.add_argument("--output", "-o", type=Path, help="the file that the report goes into; without one it is printed")
    for command in (export, validate):
        command.add_argument("--test-data", type=Path, help="labelled texts")
        command.add_argument("--text-column", help="of the test data")
        command.add_argument("--label-column", help="of the test data")
    return parser


if __name__ == "__main__":
    sys.exit(main())
