"""`sentiment-validate-data` and `sentiment-data-report`: texts looked at before anything is trained on them."""

from pathlib import Path
from typing import Annotated, Final

import typer

from modelbourse.answers.builder.data import TextCheck, TextFinding, TextReport
from modelbourse.builder.errors import BuilderJobEndedError
from modelbourse.cli.errors import CommandError
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.sentiment.bar import job_bar
from modelbourse.cli.sentiment.data_root import bring, one_path
from modelbourse.cli.sentiment.given import FormatOption, LocalOption, json_wanted, open_builder
from modelbourse.cli.sentiment.local import options, run_local
from modelbourse.cli.showing import clean, out, print_facts, print_json, say, tell, width_of, write_line
from modelbourse.cli.tables import wrapped
from modelbourse.command import INTERRUPTED
from modelbourse.modelbourse import Modelbourse

DataPath = Annotated[str, typer.Argument(metavar="DATA", help="Labelled texts: a file, or `dataset:<id>`.")]
TextColumn = Annotated[str | None, typer.Option("--text-column", metavar="TEXT", help="Of the texts; default: as names tell.")]
LabelColumn = Annotated[str | None, typer.Option("--label-column", metavar="TEXT", help="Of the labels; default: as names tell.")]
Encoding = Annotated[str | None, typer.Option("--encoding", metavar="TEXT", help="Such as cp1252; default: as the file's bytes tell.")]

# Of a finding; --json has all, and so does the report.
EXAMPLES: Final = 3
# Of sentences in a pipe.
WIDTH: Final = 120


def validate_data(
    data: DataPath,
    *,
    format_: Annotated[
        str, typer.Option("--format", metavar="TEXT", help="What the file is: json, jsonl, csv, parquet, phrasebank; default: it tells.")
    ] = "",
    encoding: Encoding = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    labels: Annotated[
        str | None, typer.Option("--labels", metavar="TEXT", help="Labels that there may be, with commas; default: any.")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option("--max-length", metavar="TOKENS", help="Tokens that the model will read of a text; default: 128.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")] = False,
    local: LocalOption = False,
) -> None:
    """Look at texts before a model is trained on them: exit status 1 where none can be.

    sentiment-validate-data data/news_dataset.json --format json --text-column text --label-column label
    """
    path = one_path(data)
    if local:
        columns = {"text_column": text_column, "label_column": label_column}
        told = options(format=format_ or None, encoding=encoding, **columns, labels=labels, max_length=max_length)
        run_local("checks", path, *told, *options(json=json_))
    client = open_builder()
    begun = client.builder.data.validate(
        bring(client, path, option="DATA"),
        format=format_ or None,
        encoding=encoding,
        text_column=text_column,
        label_column=label_column,
        labels=None if labels is None else [label.strip() for label in labels.split(",")],
        max_length=max_length,
    )
    done = _waited(client, begun.check_id)
    if json_:
        print_json(done)
    else:
        _show(done)
    if not done.valid:
        raise SystemExit(1)


def data_report(
    data: DataPath,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PATH", help="Where the page is written.")] = Path("data_report.html"),
    encoding: Encoding = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    format_: FormatOption = "table",
    local: LocalOption = False,
) -> None:
    """Write a page about texts, with charts and what was found; it needs nothing but itself.

    sentiment-data-report data/news_dataset.json --output data_report.html
    """
    path = one_path(data)
    if local:
        told = options(report=output, encoding=encoding, text_column=text_column, label_column=label_column, json=json_wanted(format_))
        run_local("checks", path, *told)
    client = open_builder()
    begun = client.builder.data.report(
        bring(client, path, option="DATA"), encoding=encoding, text_column=text_column, label_column=label_column
    )
    try:
        with heeding_ctrl_c() as look, job_bar(begun.report_id) as bar:

            def watch(seen: TextReport) -> None:
                look(seen)
                bar(100 if seen.status == "completed" else 0, "looking at the texts")

            done = client.builder.data.wait_report(begun.report_id, watch=watch)
    except KeyboardInterrupt:
        tell(f"{begun.report_id} goes on: the report will lie at {begun.output_path} of your data root")
        raise SystemExit(INTERRUPTED) from None
    except BuilderJobEndedError as error:
        raise CommandError(str(error)) from error
    place = client.builder.files.get(done.output_path, output)
    return print_json(done) if json_wanted(format_) else say(f"wrote {place}: {done.rows} rows, {_verdict(valid=done.valid)}")


def _waited(client: Modelbourse, check_id: str) -> TextCheck:
    """Return a check that has ended well."""
    try:
        with heeding_ctrl_c() as look, job_bar(check_id) as bar:

            def watch(seen: TextCheck) -> None:
                look(seen)
                bar(100 if seen.status == "completed" else 0, "looking at the texts")

            return client.builder.data.wait_check(check_id, watch=watch)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except BuilderJobEndedError as error:
        raise CommandError(str(error)) from error


def _show(done: TextCheck) -> None:
    print_facts(
        [
            ("rows", done.rows),
            ("format", done.format),
            ("encoding", f"{done.encoding}{' (a guess)' if done.encoding_assumed else ''}" if done.encoding else None),
            ("texts", done.text_column),
            ("labels", done.label_column),
            *((f"  {label}", count) for label, count in done.label_distribution.items()),
            ("tokens", f"median {done.token_lengths.median}, longest {done.token_lengths.longest}" if done.token_lengths else None),
            ("language", done.language),
        ]
    )
    for each in done.findings:
        say("")
        _print_finding(each)
    for note in done.notes:
        tell(f"note: {note}")
    say(f"\n{_verdict(valid=done.valid)}")


def _print_finding(found: TextFinding) -> None:
    """Print what was found, what to do, and rows that show it."""
    console = out()
    width = width_of(console) or WIDTH
    write_line(f"{found.severity}: {found.code.replace('_', ' ')} ({found.count}, {found.share:.1%})", console)
    for line in wrapped(clean(f"{found.message} {found.suggestion}"), width - 2):
        write_line(f"  {line}", console)
    rows = [[each.place, "-" if each.label is None else each.label, each.text, each.why] for each in found.examples[:EXAMPLES]]
    for place, label, text, why in rows:
        shown = clean(" ".join(str(text).split()))
        room = max(width - 30 - len(str(label)) - len(str(why)), 20)
        cut = shown if len(shown) <= room else f"{shown[: room - 1]}…"
        write_line(clean(f"  {place:>8}  {label}  {cut}  {why}").rstrip(), console)


def _verdict(*, valid: bool | None) -> str:
    return "a model can be trained on it" if valid else "no model can be trained on it: mend what the errors name"
