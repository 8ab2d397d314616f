"""`modelbourse engine experiments …`: create, start, watch, stop, resume; trials, pictures, and a model of the best one."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.engine.experiments import Experiment, Trial
from modelbourse.cli.engine_models import FileOption, TimeoutOption
from modelbourse.cli.given import ExperimentId, read_json
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say, tell
from modelbourse.command import INTERRUPTED
from modelbourse.modelbourse import Modelbourse

cli = typer.Typer(help="Searches for the best hyperparameters.", no_args_is_help=True)
DetachOption = Annotated[bool, typer.Option("--detach", help="Start it and do not wait.")]
MARKS: Final = {"completed": "green", "running": "cyan", "stopping": "yellow", "stopped": "yellow", "pruned": "yellow", "failed": "red"}


@cli.command("list")
def list_(
    *,
    status: Annotated[str | None, typer.Option(help="created, running, stopping, stopped, completed or failed.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your experiments, the oldest first."""
    found = open_client().engine.experiments.list(status=status, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    rows = [(row.id, row.name, row.status, row.created_at, row.updated_at) for row in found.experiments]
    title = counted(found.total, "experiment", page=page, page_size=page_size)
    return print_table(("id", "name", "status", "created", "updated"), rows, title=title, drop=("updated",), marks=MARKS)


@cli.command()
def show(experiment_id: ExperimentId, *, json_: JsonOption = False) -> None:
    """Show an experiment: its best trial, and how far that is to be believed."""
    experiment = open_client().engine.experiments.get(experiment_id)
    return print_json(experiment) if json_ else print_facts(_facts(experiment))


@cli.command()
def create(*, file: FileOption = "-", json_: JsonOption = False) -> None:
    """Create an experiment from JSON, as the API takes it.

    modelbourse engine experiments create --file experiment.json
    """
    made = open_client().engine.experiments.create(**read_json(file or "-"))
    return print_json(made) if json_ else say(f"created {made.id}; start it: modelbourse engine experiments start {made.id}")


@cli.command()
def start(experiment_id: ExperimentId, *, detach: DetachOption = False, timeout: TimeoutOption = None, json_: JsonOption = False) -> None:
    """Start an experiment and watch its trials until it has ended: Ctrl-C leaves it running."""
    client = open_client()
    client.engine.experiments.start(experiment_id)
    return _begun(client, experiment_id, detach=detach, timeout=timeout, json_=json_)


@cli.command()
def resume(
    experiment_id: ExperimentId,
    *,
    max_trials: Annotated[
        int | None, typer.Option(help="Trials in all, those that have ended included; left out: no more, the best one is measured.")
    ] = None,
    detach: DetachOption = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Go on with an experiment that was stopped, failed or has completed."""
    client = open_client()
    client.engine.experiments.resume(experiment_id, max_trials=max_trials)
    return _begun(client, experiment_id, detach=detach, timeout=timeout, json_=json_)


@cli.command()
def watch(experiment_id: ExperimentId, *, timeout: TimeoutOption = None, json_: JsonOption = False) -> None:
    """Watch the trials of an experiment until it has ended: Ctrl-C leaves it running."""
    return _wait(open_client(), experiment_id, timeout=timeout, json_=json_)


@cli.command()
def stop(experiment_id: ExperimentId, *, json_: JsonOption = False) -> None:
    """Stop an experiment: trials that have ended are kept, and it can be resumed."""
    stopping = open_client().engine.experiments.stop(experiment_id)
    return print_json(stopping) if json_ else say(f"{stopping.id} is {stopping.status}")


@cli.command()
def trials(
    experiment_id: ExperimentId,
    *,
    status: Annotated[str | None, typer.Option(help="running, completed, pruned or failed.")] = None,
    sort_by: Annotated[str | None, typer.Option(help="created_at, number or a metric, such as val_loss.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List an experiment's trials, the newest first, or the best first by a metric."""
    from modelbourse.cli.trial_table import rows_of  # noqa: PLC0415  # what draws takes a while to import

    offset = (page - 1) * page_size
    found = open_client().engine.experiments.trials(experiment_id, status=status, sort_by=sort_by, limit=page_size, offset=offset)
    if json_:
        return print_json(found)
    title = counted(found.total, "trial", page=page, page_size=page_size)
    columns = ("#", "id", "status", "measured", "tried", "why")
    return print_table(columns, rows_of(found.trials), title=title, drop=("id", "why"), marks=MARKS)


@cli.command()
def plots(
    experiment_id: ExperimentId,
    into: Annotated[Path | None, typer.Argument(help="The folder; left out: one that goes by itself.")] = None,
    *,
    open_: Annotated[bool, typer.Option("--open", help="Also open the report in a browser.")] = False,
    json_: JsonOption = False,
) -> None:
    """Save an experiment's pictures and its report."""
    client, folder = open_client(), into or Path(tempfile.mkdtemp(prefix="modelbourse-"))
    folder.mkdir(parents=True, exist_ok=True)
    names = client.engine.experiments.get(experiment_id).plots
    for name in names:
        (folder / Path(name).name).write_bytes(client.engine.experiments.plot(experiment_id, name))
    if open_ and "report.html" in names:
        typer.launch((folder / "report.html").resolve().as_uri())
    return print_json({"folder": str(folder), "files": names}) if json_ else say(f"wrote {', '.join(names) or 'nothing'} to {folder}")


@cli.command("make-model")
def make_model(
    experiment_id: ExperimentId,
    *,
    name: Annotated[str | None, typer.Option(help="How it is called; left out: as the experiment.")] = None,
    trial: Annotated[str | None, typer.Option(help="Of this trial; left out: of the best one.")] = None,
    json_: JsonOption = False,
) -> None:
    """Make a model of the best trial."""
    made = open_client().engine.experiments.make_model(experiment_id, name=name, trial_id=trial)
    return print_json(made) if json_ else say(f"created {made.id} of {made.trial_id}; train it: modelbourse engine models train {made.id}")


@cli.command()
def delete(experiment_id: ExperimentId, *, json_: JsonOption = False) -> None:
    """Delete an experiment with its trials; models that were made of it stay."""
    gone = open_client().engine.experiments.delete(experiment_id)
    return print_json(gone) if json_ else say(f"deleted {experiment_id}")


def _begun(client: Modelbourse, experiment_id: str, *, detach: bool, timeout: float | None, json_: bool) -> None:
    if not detach:
        return _wait(client, experiment_id, timeout=timeout, json_=json_)
    if json_:
        return print_json(client.engine.experiments.get(experiment_id))
    return say(f"started {experiment_id}; watch it: modelbourse engine experiments watch {experiment_id}")


def _wait(client: Modelbourse, experiment_id: str, *, timeout: float | None, json_: bool) -> None:
    from modelbourse.cli.trial_table import trials_shown  # noqa: PLC0415  # as above

    def newest() -> Sequence[Trial]:
        return client.engine.experiments.trials(experiment_id).trials

    try:
        with heeding_ctrl_c() as look, trials_shown(newest) as show_trials:

            def seen(experiment: Experiment) -> None:
                look(experiment)
                show_trials(experiment)

            ended = client.engine.experiments.wait(experiment_id, watch=seen, timeout=timeout)
    except KeyboardInterrupt:
        again = f"modelbourse engine experiments watch {experiment_id}"
        tell(f"the experiment goes on\n→ watch it: {again}\n→ end it: {again.replace(' watch ', ' stop ')}")
        raise SystemExit(INTERRUPTED) from None
    return print_json(ended) if json_ else print_facts(_facts(ended))


def _facts(experiment: Experiment) -> list[tuple[str, Any]]:
    from modelbourse.cli.trial_table import trial_words  # noqa: PLC0415  # as above

    robust = experiment.robustness
    return [
        ("id", experiment.id),
        ("name", experiment.name),
        ("status", experiment.status),
        ("type", experiment.model_type),
        ("dataset", experiment.dataset_id),
        ("searched for", ", ".join(f"{each.direction} {each.metric}" for each in experiment.objectives)),
        ("trials", f"{experiment.progress.completed_trials} of {experiment.progress.total_trials}"),
        ("best trial", trial_words(experiment.progress.best_trial)),
        ("on the hold-out", experiment.holdout_metrics),
        ("deflated Sharpe", experiment.deflated_sharpe),
        ("overfit (PBO)", experiment.pbo),
        ("robustness", None if robust is None else robust.verdict),
        ("importance", experiment.parameter_importance),
        ("warnings", experiment.warnings or None),
        ("error", experiment.error),
        ("created", experiment.created_at),
    ]
