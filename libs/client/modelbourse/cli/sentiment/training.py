"""`sentiment-train`: train a model on labelled texts, watch it, and bring home what it has made."""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final, NoReturn

import typer

from modelbourse.answers.builder.trainings import LogLevel, TextMeasured, TextTraining
from modelbourse.builder.errors import BuilderJobEndedError
from modelbourse.cli.errors import CommandError
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.sentiment.bar import training_bar
from modelbourse.cli.sentiment.data_root import bring, fetch, one_path
from modelbourse.cli.sentiment.folders import CHECKPOINT, newest_checkpoint
from modelbourse.cli.sentiment.given import ConfigOption, FormatOption, LocalOption, config_of, json_wanted, open_builder
from modelbourse.cli.sentiment.local import options, refuse_here, run_local
from modelbourse.cli.sentiment.places import MARK, Mark, leave_mark, mark_of, remote_of
from modelbourse.cli.showing import print_json, print_table, say, tell
from modelbourse.command import INTERRUPTED
from modelbourse.errors import NotFoundError
from modelbourse.modelbourse import Modelbourse

OUTPUTS: Final = Path("outputs")
SHOWN: Final = ("macro_f1", "accuracy", "mcc", "precision", "recall", "ece")


def train(
    *,
    data: Annotated[str, typer.Option("--data", "-d", metavar="PATH", help="Labelled texts: a file, or `dataset:<id>`.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PATH", help="Where its files are written; default: outputs/<its id>.")
    ] = None,
    experiment: Annotated[str, typer.Option("--experiment", "-e", metavar="TEXT", help="The experiment.")] = "sentiment-analysis",
    config: ConfigOption = None,
    log_level: Annotated[LogLevel, typer.Option("--log-level", "-l", help="The least level of the lines that are logged.")] = "INFO",
    resume_from: Annotated[
        str | None, typer.Option("--resume-from", metavar="PATH", help="Go on from a checkpoint, or from a run that has ended early.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start it and do not wait.")] = False,
    local: LocalOption = False,
    format_: FormatOption = "table",
) -> None:
    """Train a model on labelled texts, and wait until it has been: Ctrl-C leaves the training running, the same command goes on watching.

    sentiment-train --data data/news_dataset.json --output outputs/first --experiment crypto-sentiment-v1

    sentiment-train --config configs/training_config.yaml --data data/news_dataset.json --output outputs/second

    sentiment-train --data data/news_dataset.json --output outputs/resumed --resume-from outputs/first/checkpoint-2
    """
    settings = config_of(config)
    if local:
        refuse_here(detach=detach, format_json=json_wanted(format_))
        told = options(data=one_path(data), output=output, experiment=experiment, resume_from=resume_from, log_level=log_level)
        _train_here(settings, told)
    client = open_builder()
    asked = _digest(data, experiment, settings, resume_from)
    found = _under_way(client, output, asked=asked)
    if found is None:
        started = client.builder.trainings.start(
            bring(client, one_path(data), option="--data"),
            output_dir=None if output is None else remote_of(output),
            experiment_name=experiment,
            config=settings or None,
            resume_from=None if resume_from is None else _resumed(client, resume_from),
            log_level=log_level,
        )
        found = started.job_id, output or OUTPUTS / started.job_id
        leave_mark(found[1], Mark(started.job_id, started.output_dir, asked))
        tell(f"started {started.job_id}: version {started.version} of {started.experiment_name}, about {started.estimated_duration}")
    else:
        tell(f"{found[0]} is under way and writes to {found[1]}; watching it")
    job_id, into = found
    if detach:
        return print_json({"job_id": job_id}) if json_wanted(format_) else say(f"started {job_id}; the same command watches it")
    return _show(_watched(client, job_id, into, level=log_level), output=into, json_=json_wanted(format_))


def _train_here(settings: dict[str, Any], told: list[str]) -> NoReturn:
    """Train on this machine, by the settings as they were read, with the line of each mistake."""
    with TemporaryDirectory() as folder:
        read = Path(folder) / "config.json"
        read.write_text(json.dumps(settings))
        run_local("texts", "train", *told, *options(config=read))


def _digest(*asked: object) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _resumed(client: Modelbourse, given: str) -> str:
    """Return what a training goes on from as the platform knows it: a run's id, or a folder of the data root."""
    path = Path(one_path(given))
    if not path.exists() and given.startswith("job_"):
        return given
    if path.is_dir() and not CHECKPOINT.fullmatch(path.name):
        newest, mark = newest_checkpoint(path), mark_of(path)
        if newest is None and mark is not None:
            return mark.job_id  # Its checkpoint never came here: the platform has it.
        path = newest or path
    return bring(client, str(path), option="--resume-from")


def _under_way(client: Modelbourse, output: Path | None, *, asked: str) -> tuple[str, Path] | None:
    """Return the run that writes into a folder now, and the folder; None where none does.

    Without a folder it is the newest that was asked for in the same words. Raise CommandError for one that was asked for in others.
    """
    folders = [path.parent for path in sorted(OUTPUTS.glob(f"*/{MARK}"), key=lambda path: -path.stat().st_mtime)]
    found = [(folder, mark) for folder in ([output] if output else folders) if (mark := mark_of(folder))]
    folder, mark = next(((folder, mark) for folder, mark in found if output or mark.asked == asked), (None, None))
    if folder is None or mark is None:
        return None
    try:
        if client.builder.trainings.get(mark.job_id).ended:
            return None
    except NotFoundError:
        return None
    if mark.asked not in {"", asked}:
        msg = f"{mark.job_id} is under way and writes to {folder}, and was asked for something else: name another --output"
        raise CommandError(msg)
    return mark.job_id, folder


def _watched(client: Modelbourse, job_id: str, output: Path, *, level: LogLevel) -> TextTraining:
    """Return a training that has ended well, with its files here; one that failed brings its files home, too."""
    try:
        with heeding_ctrl_c() as look, training_bar(client, job_id, level=level) as bar:

            def watch(seen: TextTraining) -> None:
                look(seen)
                bar(seen)

            done = client.builder.trainings.wait(job_id, watch=watch)
    except KeyboardInterrupt:
        tell(f"{job_id} goes on\n→ watch it: the same command again")
        raise SystemExit(INTERRUPTED) from None
    except BuilderJobEndedError as error:
        seen = error.job
        assert isinstance(seen, TextTraining)
        left = [file.path for file in client.builder.files.all(f"{seen.output_dir}/") if file.made_by == seen.job_id]
        fetch(client, left, under=seen.output_dir, into=output)
        again = f"\n→ go on from there: --resume-from {seen.job_id}" if seen.resumable_from else ""
        message = f"{error}{again}"
        raise CommandError(message) from error
    tell(f"fetching what it has made into {output}")
    fetch(client, list(done.files), under=done.output_dir, into=output)
    return done


def _show(done: TextTraining, *, output: Path, json_: bool) -> None:
    if json_:
        return print_json(done)
    if done.result is not None:
        print_measured(done.result)
        for note in done.result.notes:
            tell(f"note: {note}")
    return say(f"\n{done.job_id} has made version {done.version} of {done.experiment_name}: {output / 'model'}, {output / 'report.html'}")


def print_measured(result: TextMeasured) -> None:
    """Print what was measured on the test part, beside the baselines."""
    rows = [("model", result.metrics), *result.baselines.items()]
    print_table(
        ["on the test part", *SHOWN],
        [[name, *(metrics.get(metric) for metric in SHOWN)] for name, metrics in rows],
        caption=", ".join(f"{part} {count}" for part, count in result.rows.items()),
    )
