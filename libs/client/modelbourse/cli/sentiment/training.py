"""`sentiment-train`: train a model on labelled texts, watch it, and bring home what it has made."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.builder.trainings import LogLevel, TextMeasured, TextTraining
from modelbourse.builder.errors import BuilderJobEndedError
from modelbourse.cli.errors import CommandError
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.sentiment.bar import training_bar
from modelbourse.cli.sentiment.data_root import bring, fetch, one_path, remote_of
from modelbourse.cli.sentiment.given import ConfigOption, FormatOption, LocalOption, config_of, json_wanted, open_builder
from modelbourse.cli.sentiment.local import options, run_local
from modelbourse.cli.showing import print_json, print_table, say, tell
from modelbourse.command import INTERRUPTED
from modelbourse.errors import NotFoundError
from modelbourse.modelbourse import Modelbourse

# Which run writes into a folder: the same command again goes on watching it.
MARK: Final = ".sentiment-run.json"
SHOWN: Final = ("macro_f1", "accuracy", "mcc", "precision", "recall", "ece")


def train(
    *,
    data: Annotated[str, typer.Option("--data", "-d", metavar="PATH", help="Labelled texts: a file, or `dataset:<id>`.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PATH", help="Where its files are written.")] = Path("outputs"),
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
        told = options(data=one_path(data), output=output, experiment=experiment, config=config, resume_from=resume_from)
        run_local("texts", "train", *told, *options(log_level=log_level))
    client = open_builder()
    job_id = _under_way(client, output)
    if job_id is None:
        job_id = _start(client, data=data, output=output, experiment=experiment, config=settings, resume=resume_from, level=log_level)
    else:
        tell(f"{job_id} is under way and writes to {output}; watching it")
    if detach:
        return print_json({"job_id": job_id}) if json_wanted(format_) else say(f"started {job_id}; the same command watches it")
    done = _watched(client, job_id, output, level=log_level)
    return _show(done, output=output, json_=json_wanted(format_))


def _start(
    client: Modelbourse, *, data: str, output: Path, experiment: str, config: dict[str, Any], resume: str | None, level: LogLevel
) -> str:
    started = client.builder.trainings.start(
        bring(client, one_path(data), option="--data"),
        output_dir=remote_of(output),
        experiment_name=experiment,
        config=config or None,
        resume_from=None if resume is None else _resumed(client, resume),
        log_level=level,
    )
    output.mkdir(parents=True, exist_ok=True)
    (output / MARK).write_text(json.dumps({"job_id": started.job_id, "output_dir": started.output_dir}) + "\n")
    tell(f"started {started.job_id}: version {started.version} of {started.experiment_name}, about {started.estimated_duration}")
    return started.job_id


def _resumed(client: Modelbourse, given: str) -> str:
    """Return what a training goes on from as the platform knows it: a run's id, or a folder of the data root."""
    path = one_path(given)
    if path.startswith("job_") and not Path(path).exists():
        return path
    marked = _mark(Path(path)) or _mark(Path(path).parent)
    if marked is not None and not Path(path, "manifest.json").exists() and not any(Path(path).glob("checkpoint-*")):
        # Its checkpoint never came here: the platform has it.
        return marked["job_id"] if not Path(path).name.startswith("checkpoint-") else f"{marked['output_dir']}/{Path(path).name}"
    return bring(client, path, option="--resume-from")


def _mark(folder: Path) -> dict[str, str] | None:
    try:
        found = json.loads((folder / MARK).read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"job_id", "output_dir"} <= found.keys() else None


def _under_way(client: Modelbourse, output: Path) -> str | None:
    """Return the run that writes into a folder now; None where none does."""
    marked = _mark(output)
    if marked is None:
        return None
    try:
        return None if client.builder.trainings.get(marked["job_id"]).ended else marked["job_id"]
    except NotFoundError:
        return None


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
        fetch(client, list(seen.files), under=seen.output_dir, into=output)
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
