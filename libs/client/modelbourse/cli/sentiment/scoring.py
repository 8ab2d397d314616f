"""`sentiment-predict` and `sentiment-score`: what a model says of texts, and the sentiment of a file of them as a column of candles."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from modelbourse.answers.builder.scores import TextScores
from modelbourse.answers.texts import LabelledTexts
from modelbourse.builder.errors import BuilderJobEndedError
from modelbourse.cli.errors import CommandError
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.sentiment.bar import job_bar
from modelbourse.cli.sentiment.data_root import bring, one_path
from modelbourse.cli.sentiment.given import FormatOption, json_wanted, open_builder
from modelbourse.cli.showing import print_facts, print_json, print_table, say, tell
from modelbourse.cli.spending import Amounts
from modelbourse.command import INTERRUPTED
from modelbourse.modelbourse import Modelbourse

VersionOption = Annotated[str | None, typer.Option("--version", metavar="TEXT", help="Its version; default: as the model's name tells.")]
StageOption = Annotated[str | None, typer.Option("--stage", metavar="TEXT", help="In place of a version, such as Production.")]


def predict(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="`models:/name/Production`, a registered name, an experiment or a run's id.")
    ],
    texts: Annotated[list[str] | None, typer.Argument(metavar="TEXT…", help="Texts; without any, the lines of stdin.")] = None,
    *,
    version: VersionOption = None,
    stage: StageOption = None,
    explain: Annotated[bool, typer.Option("--explain", help="Tell what each word contributed, too.")] = False,
    format_: FormatOption = "table",
) -> None:
    """Label texts by a model.

    sentiment-predict models:/crypto-sentiment-v1/Production "ACME beats estimates" --explain

    sentiment-predict crypto-sentiment-v1 --stage Staging --format json < headlines.txt
    """
    if not texts and sys.stdin.isatty():
        msg = "no text is given: name some, or send them a line each by stdin"
        raise CommandError(msg, status=2)
    wanted = texts or [line.strip() for line in sys.stdin if line.strip()]
    said = open_builder().builder.predictions.create(model, wanted, version=version, stage=stage, explain=explain)
    return print_json(said) if json_wanted(format_) else _show_labels(wanted, said)


def score(
    data: Annotated[str, typer.Argument(metavar="DATA", help="Texts with the time of their publication: a file, or `dataset:<id>`.")],
    *,
    model: Annotated[str, typer.Option("--model", "-m", metavar="TEXT", help="The model that scores, as `sentiment-predict` takes it.")],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="What the datasets are called, each with its symbol.")],
    version: VersionOption = None,
    stage: StageOption = None,
    text_column: Annotated[str | None, typer.Option("--text-column", metavar="TEXT", help="Of the texts; default: as names tell.")] = None,
    time_column: Annotated[
        str | None, typer.Option("--time-column", metavar="TEXT", help="Of their times; default: as names tell.")
    ] = None,
    symbol_column: Annotated[
        str | None, typer.Option("--symbol-column", metavar="TEXT", help="Of their symbols; default: as names tell.")
    ] = None,
    symbol: Annotated[str | None, typer.Option("--symbol", metavar="TEXT", help="The symbol of all texts, in place of a column.")] = None,
    timeframe: Annotated[str | None, typer.Option("--timeframe", metavar="TEXT", help="Of the candles; default: 1d.")] = None,
    symbol_suffix: Annotated[
        str | None, typer.Option("--symbol-suffix", metavar="TEXT", help="What the new symbols have behind their name; default: -SENT.")
    ] = None,
    tz: Annotated[str | None, typer.Option("--tz", metavar="ZONE", help="IANA zone of times without one; default: UTC.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PATH", help="Write each text's score there, as Parquet.")
    ] = None,
    format_: FormatOption = "table",
) -> None:
    """Make the sentiment of texts a column of candles, known at each candle's close, on which market models are trained.

    sentiment-score data/news.csv --model models:/crypto-sentiment-v1/Production --name "News" --symbol-column symbol --time-column time
    """
    client = open_builder()
    begun = client.builder.scores.start(
        model,
        bring(client, one_path(data), option="DATA"),
        name,
        version=version,
        stage=stage,
        text_column=text_column,
        time_column=time_column,
        symbol_column=symbol_column,
        symbol=symbol,
        timeframe=timeframe,
        symbol_suffix=symbol_suffix,
        tz=tz,
    )
    tell(f"started {begun.job_id}: {Amounts(client)(begun.estimated_cost)} at most")
    done = _waited(client, begun, name)
    if output is not None:
        place = client.builder.files.get(f"{done.output_dir}/scores.parquet", output)
        tell(f"wrote {place}")
    return print_json(done) if json_wanted(format_) else _show_scores(done)


def _waited(client: Modelbourse, begun: TextScores, name: str) -> TextScores:
    """Return a scoring that has ended well."""
    try:
        with heeding_ctrl_c() as look, job_bar(begun.job_id) as bar:

            def watch(seen: TextScores) -> None:
                look(seen)
                bar(seen.progress, seen.stage)

            return client.builder.scores.wait(begun.job_id, watch=watch)
    except KeyboardInterrupt:
        tell(f"{begun.job_id} goes on: its datasets will be called {name!r}, and each text's score will lie in {begun.output_dir}")
        raise SystemExit(INTERRUPTED) from None
    except BuilderJobEndedError as error:
        raise CommandError(str(error)) from error


def _show_labels(texts: list[str], said: LabelledTexts) -> None:
    rows = [[each.label, each.probability, each.score, text] for each, text in zip(said.predictions, texts, strict=True)]
    print_table(["label", "probability", "score", "text"], rows, caption=f"{said.model} {said.version}, {said.stage}")
    for each, text in zip(said.predictions, texts, strict=True):
        if each.attribution is not None:
            spans = sorted(each.attribution.spans, key=lambda span: -abs(span.contribution))
            facts = [("as nothing but masks", each.attribution.base_value), *((span.text, f"{span.contribution:+.4f}") for span in spans)]
            say("")
            print_facts(facts, title=f"{each.attribution.label}: {text}")


def _show_scores(done: TextScores) -> None:
    print_facts(
        [
            ("model", f"{done.model_id} {done.version}"),
            ("rows", done.rows),
            ("scored", done.scored),
            ("mean score", done.mean_score),
            *((f"  {label}", count) for label, count in done.labels.items()),
            *((f"left out: {why.replace('_', ' ')}", count) for why, count in done.left_out.items()),
            ("without candles", done.without_candles or None),
        ]
    )
    say("")
    rows = [[each.dataset_symbol, each.dataset_id, each.timeframe, each.texts, each.bars, each.rows] for each in done.datasets]
    print_table(["symbol", "dataset", "timeframe", "texts", "candles with texts", "candles"], rows)
    for note in done.notes:
        tell(f"note: {note}")
