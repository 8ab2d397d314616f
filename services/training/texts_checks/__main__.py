"""Checks a file of texts without a platform: `python -m services.training.texts_checks DATA [--report FILE]`.

It ends with 0 where a model can be trained on the file, with 1 where it cannot, and with 2 where it cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from libs.chassis.errors import InvalidError
from libs.contracts.text_checks import CheckTextsResult
from libs.texts.rows import FORMATS
from services.training.texts_checks.local import check_file

EXAMPLES: int = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Check as the command line says, and print what was found. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m services.training.texts_checks", description="Check a file of labelled texts.")
    parser.add_argument("data", type=Path, help="a file of JSON, JSON lines, CSV, Parquet, or sentence@label lines")
    parser.add_argument("--format", choices=FORMATS, help="what the file is; default: as its content tells")
    parser.add_argument("--encoding", metavar="NAME", help="how it is encoded, such as cp1252; default: as its bytes tell")
    parser.add_argument("--text-column", metavar="NAME", help="the texts; default: text, headline, title, ...")
    parser.add_argument("--label-column", metavar="NAME", help="their labels; default: label, sentiment, class, ...")
    parser.add_argument("--max-length", type=int, default=128, metavar="TOKENS", help="tokens that a model reads of a text; default: 128")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write an HTML page with charts")
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    given = vars(parser.parse_args(arguments))
    as_json, path = given.pop("json"), given.pop("data")
    try:
        result = check_file(path, **given)
    except InvalidError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    told = json.dumps(result.model_dump(mode="json"), indent=2, ensure_ascii=False) if as_json else "\n".join(_lines(result, **given))
    sys.stdout.write(f"{told}\n")
    return 0 if result.valid else 1


def _lines(result: CheckTextsResult, *, report: Path | None, **_: object) -> Iterator[str]:
    """Say what was found, for people."""
    encoding = "" if result.encoding is None else f", {result.encoding}{' (a guess)' if result.encoding_assumed else ''}"
    columns = f"texts in {result.text_column}, labels in {result.label_column or 'no column'}"
    yield f"{result.rows:,} rows of {result.format}{encoding}; {columns}"
    if result.label_distribution:
        yield "labels: " + ", ".join(f"{label} {count:,}" for label, count in result.label_distribution.items())
    if result.token_lengths is not None:
        yield f"tokens: {result.token_lengths.median:,} in the median, {result.token_lengths.longest:,} at most"
    yield from (f"note: {note}" for note in result.notes)
    for finding in result.findings:
        yield f"\n{finding.severity}: {finding.code.value} ({finding.count:,}, {finding.share:.1%})"
        yield f"  {finding.message} {finding.suggestion}"
        yield from (f"  {each.place:>8,}  {each.text[:80]}  {each.why}".rstrip() for each in finding.examples[:EXAMPLES])
    yield f"\n{'A model can be trained on it.' if result.valid else 'No model can be trained on it as it is.'}"
    if report is not None:
        yield f"wrote {report}"


if __name__ == "__main__":
    raise SystemExit(main())
