"""`modelbourse engine tune …`: search for a model's best hyperparameters, and see what was found."""

from typing import Annotated, Any

import typer

from modelbourse.answers.engine.experiments import Tuning, TuningResults
from modelbourse.cli.engine_experiments import DetachOption
from modelbourse.cli.engine_models import TimeoutOption
from modelbourse.cli.given import EngineModelId, read_json
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_facts, print_json, say, tell
from modelbourse.command import INTERRUPTED
from modelbourse.modelbourse import Modelbourse

cli = typer.Typer(help="Searches for a model's best hyperparameters.", no_args_is_help=True)
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="The tuning job's id.")]


@cli.command()
def start(
    model_id: EngineModelId,
    *,
    file: Annotated[str, typer.Option("--file", help="The search as JSON (`-`: stdin), as the API takes it.")] = "-",
    detach: DetachOption = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Tune a model on a dataset, and wait for what is found: Ctrl-C leaves it running.

    modelbourse engine tune start MODEL --file search.json
    """
    client = open_client()
    queued = client.engine.tuning.start(model_id, **read_json(file))
    if detach:
        return print_json(queued) if json_ else say(f"started {queued.job_id}; watch it: {_again(model_id, queued.job_id)}")
    tell(f"started {queued.job_id}")
    return _wait(client, model_id, queued.job_id, timeout=timeout, json_=json_)


@cli.command()
def watch(model_id: EngineModelId, job_id: JobArgument, *, timeout: TimeoutOption = None, json_: JsonOption = False) -> None:
    """Watch a tuning until it has ended: Ctrl-C leaves it running."""
    return _wait(open_client(), model_id, job_id, timeout=timeout, json_=json_)


@cli.command()
def results(model_id: EngineModelId, job_id: JobArgument, *, json_: JsonOption = False) -> None:
    """Show what a completed tuning has found."""
    found = open_client().engine.tuning.results(model_id, job_id)
    return print_json(found) if json_ else print_facts(_facts(found))


@cli.command()
def stop(model_id: EngineModelId, job_id: JobArgument, *, json_: JsonOption = False) -> None:
    """Stop a tuning: unused credits come back."""
    stopping = open_client().engine.tuning.cancel(model_id, job_id)
    return print_json(stopping) if json_ else say(f"{job_id} is {stopping.status}")


@cli.command()
def delete(model_id: EngineModelId, job_id: JobArgument, *, json_: JsonOption = False) -> None:
    """Delete a tuning that has ended, with its trials; the model stays as it is."""
    gone = open_client().engine.tuning.delete(model_id, job_id)
    return print_json(gone) if json_ else say(f"deleted {job_id}")


def _again(model_id: str, job_id: str) -> str:
    return f"modelbourse engine tune watch {model_id} {job_id}"


def _wait(client: Modelbourse, model_id: str, job_id: str, *, timeout: float | None, json_: bool) -> None:
    from modelbourse.cli.trial_table import progress_line  # noqa: PLC0415  # what draws takes a while to import

    said: list[str] = []
    try:
        with heeding_ctrl_c() as look:

            def seen(tuning: Tuning) -> None:
                look(tuning)
                line = progress_line(job_id, tuning.status, tuning.progress)
                if line not in said:
                    said[:] = [line]
                    tell(line)

            found = client.engine.tuning.wait(model_id, job_id, watch=seen, timeout=timeout)
    except KeyboardInterrupt:
        tell(f"the tuning goes on\n→ watch it: {_again(model_id, job_id)}")
        raise SystemExit(INTERRUPTED) from None
    return print_json(found) if json_ else print_facts(_facts(found))


def _facts(found: TuningResults) -> list[tuple[str, Any]]:
    from modelbourse.cli.trial_table import trial_words  # noqa: PLC0415  # as above

    what = found.results
    return [
        ("job", found.job_id),
        ("model", found.model_id),
        ("status", found.status),
        ("trials", len(what.all_trials)),
        ("best trial", trial_words(what.best_trial)),
        ("on the hold-out", what.holdout_metrics),
        ("deflated Sharpe", what.deflated_sharpe),
        ("overfit (PBO)", what.pbo),
        ("robustness", None if what.robustness is None else what.robustness.verdict),
        ("importance", what.parameter_importance),
    ]
