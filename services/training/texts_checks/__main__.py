"""Checks a file of texts without a platform: `python -m services.training.texts_checks DATA [--report FILE]`.

It ends with 0 where a model can be trained on the file, with 1 where it cannot, and with 2 where it cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from libs.chassis.errors import InvalidError
from services.training.texts_checks.local import check_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Check as the command line says; print the result as JSON. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m services.training.texts_checks", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--format", choices=("json", "jsonl", "csv", "parquet", "phrasebank"))
    parser.add_argument("--text-column")
    parser.add_argument("--label-column")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--report", type=Path)
    given = parser.parse_args(arguments)
    try:
        result = check_file(
            given.data,
            format=given.format,
            text_column=given.text_column,
            label_column=given.label_column,
            max_length=given.max_length,
            report=given.report,
        )
    except InvalidError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    sys.stdout.write(json.dumps(result.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
    return 0 if result.valid else 1


if __name__ == "__main__":
    raise SystemExit(main())
