"""`modelbourse ml runs …`: start, wait, list, show, logs, compare, artifacts, report, cancel."""

from pathlib import Path, PurePosixPath
from typing import Annotated, Final, cast

import typer

from modelbourse.answers.ml_development.runs import MlRunWhole, RunStatus, RunType
from modelbourse.cli.errors import CommandError
from modelbourse.cli.ml.given import (
    RUN,
    DetachOption,
    MlModelOption,
    RecipeId,
    RecipeOption,
    RunId,
    TimeoutOption,
    VersionOption,
    version_to_make_of,
    waited,
)
from modelbourse.cli.ml.run_shown import print_comparison, print_run
from modelbourse.cli.ml.shown import in_short, part_of, print_list
from modelbourse.cli.nearest import did_you_mean
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, print_json, print_table, save, say, tell
from modelbourse.cli.spending import Amounts
from modelbourse.modelbourse import Modelbourse

cli = typer.Typer(help="Trainings, evaluations and backtests of recipes.", no_args_is_help=True)
COLUMNS: Final = ("id", "type", "status", "metrics", "recipe", "model", "version", "asked")


@cli.command()
def start(
    recipe_id: RecipeId,
    *,
    type_: Annotated[str, typer.Option("--type", help="train, eval or backtest.")] = "train",
    version: VersionOption = None,
    model: MlModelOption = None,
    model_version: Annotated[
        str | None, typer.Option(help="Which version of the model an eval measures; left out: the one that serves.")
    ] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what it would take at most.")] = False,
    detach: DetachOption = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Run a recipe, wait for it, and show its metrics beside its baselines: Ctrl-C leaves it running.

    modelbourse ml runs start recipe_pricing_base --type backtest
    """
    client = open_client()
    version_id = version_to_make_of(client, recipe_id, version)
    asked = (recipe_id, version_id, cast("RunType", type_))
    if estimate:
        told = client.ml.runs.estimate(*asked, model_id=model, model_version=model_version)
        if json_:
            return print_json(told)
        return say(f"at most {told.hours:g} CPU hours, which cost {Amounts(client)(told.cost)}; it learns {told.fits} times")
    started = client.ml.runs.start(*asked, model_id=model, model_version=model_version)
    if detach:
        return print_json(started) if json_ else say(f"started {started.id}; wait for it: modelbourse ml runs wait {started.id}")
    tell(f"started {started.id}, at most {Amounts(client)(started.reserved_cost)}")
    return _wait(client, started.id, timeout=timeout, json_=json_)


@cli.command()
def wait(run_id: RunId, *, timeout: TimeoutOption = None, json_: JsonOption = False) -> None:
    """Wait for a run's end, and show its metrics: Ctrl-C leaves it running. Exit status 1 where it has failed."""
    return _wait(open_client(), run_id, timeout=timeout, json_=json_)


@cli.command("list")
def list_(
    *,
    model: MlModelOption = None,
    recipe: RecipeOption = None,
    status: Annotated[str | None, typer.Option(help="queued, running, succeeded or failed.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="train, eval or backtest.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your runs, the newest first."""
    found = open_client().ml.runs.list(
        model_id=model,
        recipe_id=recipe,
        status=cast("RunStatus | None", status),
        run_type=cast("RunType | None", type_),
        **part_of(page, page_size),
    )
    rows = [
        (
            row.id,
            row.run_type,
            row.status,
            in_short(row.metrics_json, row.metrics_source),
            row.recipe_id,
            row.model_id,
            row.model_version,
            row.created_at,
        )
        for row in found.runs
    ]
    return print_list(found, COLUMNS, rows, noun="run", page=page, page_size=page_size, json_=json_, drop=COLUMNS[:2:-1])


@cli.command()
def show(run_id: RunId, *, json_: JsonOption = False) -> None:
    """Show a run: how it stands, its metrics beside its baselines, with intervals, and what was noted."""
    client = open_client()
    found = client.ml.runs.get(run_id)
    return print_json(found) if json_ else print_run(found, Amounts(client))


@cli.command()
def logs(run_id: RunId, *, json_: JsonOption = False) -> None:
    """Print what a run has logged."""
    found = open_client().ml.runs.get(run_id)
    text = found.logs_text or ""
    if json_:
        return print_json(text.splitlines())
    return say(text) if text else tell(f"nothing yet: {found.reasons.get('logs_text', 'it has logged nothing')}")


@cli.command()
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…", help="Two runs or more: their ids, or the beginnings of them."), RUN],
    *,
    json_: JsonOption = False,
) -> None:
    """Show runs side by side: what was run, and their metrics, each beside its baselines."""
    if len(set(runs)) < 2:  # noqa: PLR2004 - one alone is shown by `runs show`
        message = "name at least two runs"
        raise typer.BadParameter(message)
    client = open_client()
    found = [client.ml.runs.get(each) for each in dict.fromkeys(runs)]
    return print_json([each.as_json() for each in found]) if json_ else print_comparison(found)


@cli.command()
def artifacts(
    run_id: RunId,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Only these; left out: all.")] = None,
    *,
    to: Annotated[Path | None, typer.Option("--to", help="Download them into this folder, which is made.")] = None,
    json_: JsonOption = False,
) -> None:
    """List what a run has made, or download it: the model's manifest and files, the report, pictures."""
    client = open_client()
    run = client.ml.runs.get(run_id)
    files = _files(run)
    if unknown := next((each for each in names or () if each not in files), None):
        message = f"{run_id} has no file {unknown!r}.{did_you_mean(unknown, files)}\n→ `modelbourse ml runs artifacts {run_id}` shows them"
        raise CommandError(message)
    wanted = list(names or files)
    if to is None:
        if json_:
            return print_json(run.artifacts_json)
        # What an outside worker says of its files is shown as it says it: they are not here.
        elsewhere = [(name, str(place)) for name, place in run.artifacts_json.items() if not files]
        return print_table(("file", "where it is"), elsewhere or [(name, str(run.artifacts_json.get(name))) for name in wanted])
    for name in wanted:
        place = to / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(client.ml.runs.file(run_id, name))
    return print_json({"folder": str(to), "files": wanted}) if json_ else say(f"wrote {', '.join(wanted) or 'nothing'} to {to}")


@cli.command()
def report(
    run_id: RunId,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")] = Path("report.html"),
    json_: JsonOption = False,
) -> None:
    """Save a run's report: one HTML page with figures and pictures, which stands alone."""
    return save(open_client().ml.runs.file(run_id), output, json_=json_)


@cli.command()
def cancel(run_id: RunId, *, json_: JsonOption = False) -> None:
    """End a run; hours that it has not used come back."""
    ended = open_client().ml.runs.cancel(run_id)
    return print_json(ended) if json_ else say(f"cancelled {ended.id}")


def _wait(client: Modelbourse, run_id: str, *, timeout: float | None, json_: bool) -> None:
    done = waited(client.ml.runs.wait, run_id, what=run_id, again=f"modelbourse ml runs wait {run_id}", timeout=timeout)
    if done.status == "failed":
        why = f"{done.error.message} ({done.error.type})" if done.error else "its outside worker says so"
        message = f"{run_id} has failed: {why}\n→ `modelbourse ml runs logs {run_id}` tells more"
        raise CommandError(message)
    return print_json(done) if json_ else print_run(done, Amounts(client))


def _files(run: MlRunWhole) -> list[str]:
    """Return the files of a run that can be fetched, by their paths; none that would lead out of a folder."""
    start = f"/runs/{run.id}/files/"
    paths = (str(place).partition(start)[2] for place in run.artifacts_json.values())
    return sorted({path for path in paths if path and ".." not in PurePosixPath(path).parts and not path.startswith("/")})
