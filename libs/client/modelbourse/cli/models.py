"""`modelbourse models …`: list, show, create, change, stage, delete, archive; what a model rests on."""

import json
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from modelbourse.answers.models import ModelStatus, ModelType, StageName
from modelbourse.cli import completing, results, training
from modelbourse.cli.ages import aged, generated, marked
from modelbourse.cli.given import ModelId, read_json
from modelbourse.cli.measured import print_curve, print_results, print_versions
from modelbourse.cli.opening import open_client
from modelbourse.cli.retraining import (
    ExpireAfter,
    GateMetricOption,
    GateTolerance,
    NoRetrain,
    RetrainEvery,
    RetrainWindow,
    RetrainWindowDays,
    retrain_of,
    retraining_facts,
)
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, save, say, tell
from modelbourse.models import ModelChanges, PlotFormat, PlotName

cli = typer.Typer(help="Models of yours.", no_args_is_help=True)
VersionName = Annotated[str, typer.Argument(metavar="VERSION", help="A version's name, or one of its aliases.")]
FileOption = Annotated[str | None, typer.Option("--file", help="The whole configuration as JSON (`-`: stdin), as the API takes it.")]


@cli.command("list")
def list_(
    *,
    status: Annotated[str | None, typer.Option(help="Only models in this status.")] = None,
    model_type: Annotated[str | None, typer.Option("--type", help="Only models of this type.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your models, the newest first."""
    # The gateway knows which words there are, and names the nearest one.
    kind, word = cast("ModelType | None", model_type), cast("ModelStatus | None", status)
    found = open_client().models.page(status=word, model_type=kind, page=page, page_size=page_size)
    if json_:
        return print_json(found)
    rows = [
        (row.id, row.name, row.algorithm, row.status, row.version, row.performance_metrics.accuracy, row.performance_metrics.sharpe_ratio)
        for row in found.results
    ]
    title = counted(found.count, "model", page=page, page_size=page_size)
    return print_table(
        ("id", "name", "algorithm", "status", "version", "accuracy", "sharpe"), rows, title=title, drop=("algorithm", "version", "accuracy")
    )


@cli.command()
def show(
    model_id: ModelId,
    *,
    plot: Annotated[Path | None, typer.Option(help="Also save equity and drawdown beside buy and hold, as PNG in this file.")] = None,
    json_: JsonOption = False,
) -> None:
    """Show a model: configuration, and results beside their baselines."""
    client = open_client()
    model = client.models.get(model_id)
    if plot:
        picture = client.models.plot(model_id, "equity")
        plot.write_bytes(picture)
        tell(f"wrote {plot} ({len(picture)} bytes)")
    if json_:
        return print_json(model)
    print_facts(
        [
            ("id", model.id),
            ("name", model.name),
            ("description", model.description or None),
            ("status", model.status),
            ("version", model.version),
            ("algorithm", f"{model.algorithm} ({model.model_type}, {model.target_variable})"),
            ("features", model.features),
            ("hyperparameters", model.hyperparameters),
            ("training", model.training_config.as_json()),
            ("trained now by", model.active_job_id),
            *retraining_facts(model),
            ("candles", marked(model.data_source, generated((), synthetic=model.synthetic)) if model.data_source else None),
            ("newest candle", aged(model.as_of, model.age_bars, model.stale) if model.as_of else None),
            ("learned until", model.learned_until),
            ("created", model.created_at),
        ]
    )
    print_versions(model)
    print_results(model, job_id=None)
    for warning in (model.run_card or {}).get("warnings", ()):
        say(f"note: {warning}")
    return print_curve(model)


@cli.command()
def create(
    *,
    file: FileOption = None,
    name: Annotated[str | None, typer.Option(help="How it is called.")] = None,
    algorithm: Annotated[str | None, typer.Option(help="See `modelbourse catalogue algorithms`.")] = None,
    model_type: Annotated[str | None, typer.Option("--type", help="CLASSIFICATION, REGRESSION or TIME_SERIES.")] = None,
    target: Annotated[str | None, typer.Option(help="The target variable.")] = None,
    feature: Annotated[list[str] | None, typer.Option(help="A feature, repeatable; see `modelbourse catalogue features`.")] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="A symbol to train on, repeatable.", autocompletion=completing.symbols)] = None,
    start: Annotated[str | None, typer.Option(help="First day to train on.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day.")] = None,
    param: Annotated[list[str] | None, typer.Option(help="A hyperparameter, `n_estimators=100`, repeatable.")] = None,
    config: Annotated[list[str] | None, typer.Option(help="More of the training, `cross_validation_folds=3`, repeatable.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    json_: JsonOption = False,
) -> None:
    """Create a model from a file, from options, or from a file and options that change it."""
    told = {"name": name, "description": description, "model_type": model_type, "algorithm": algorithm, "target_variable": target}
    training = {"symbols": symbol or None, "start_date": start, "end_date": end} | _pairs(config)
    body = read_json(file) if file else {}
    body |= {key: value for key, value in (told | {"features": feature or None}).items() if value is not None}
    for key, more in (("hyperparameters", _pairs(param)), ("training_config", training)):
        if given := {inner: value for inner, value in more.items() if value is not None}:
            body[key] = {**(body.get(key) or {}), **given}
    made = open_client().models.create_of(body)
    if json_:
        return print_json(made)
    return say(f"created {made.id} ({made.name}); train it: modelbourse train {made.id}")


@cli.command()
def update(
    model_id: ModelId,
    *,
    file: Annotated[str | None, typer.Option("--file", help="What changes, as JSON (`-`: stdin).")] = None,
    name: Annotated[str | None, typer.Option(help="How it is called from now on.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    retrain_every: RetrainEvery = None,
    retrain_window: RetrainWindow = None,
    retrain_window_days: RetrainWindowDays = None,
    expire_after: ExpireAfter = None,
    gate_metric: GateMetricOption = None,
    gate_tolerance: GateTolerance = None,
    no_retrain: NoRetrain = False,
    json_: JsonOption = False,
) -> None:
    """Change name, description and how it is retrained, and of a draft anything: what is named is replaced, the rest stays."""
    told = {key: value for key, value in (("name", name), ("description", description)) if value is not None}
    told |= retrain_of(
        every=retrain_every,
        window=retrain_window,
        window_days=retrain_window_days,
        expire_after=expire_after,
        metric=gate_metric,
        tolerance=gate_tolerance,
        never=no_retrain,
    )
    if file is None and not told:
        message = "give --name, --description, --retrain-every, --no-retrain or --file"
        raise typer.BadParameter(message)
    changed = open_client().models.update(model_id, **cast("ModelChanges", (read_json(file) if file else {}) | told))
    return print_json(changed) if json_ else say(f"changed {changed.id} ({changed.name})")


@cli.command()
def stage(
    model_id: ModelId,
    version: VersionName,
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="none, staging, production or archived.")],
    *,
    json_: JsonOption = False,
) -> None:
    """Give a version a stage: the one in production serves, else the newest that is not archived."""
    model = open_client().models.stage(model_id, version, cast("StageName", stage))
    return print_json(model) if json_ else print_versions(model)


@cli.command()
def alias(
    model_id: ModelId,
    version: VersionName,
    aliases: Annotated[
        list[str] | None, typer.Argument(metavar="[ALIAS]...", help="All that it is to have; without any it has none.")
    ] = None,
    *,
    json_: JsonOption = False,
) -> None:
    """Give a version aliases, such as champion, which move here from whichever version had them."""
    model = open_client().models.alias(model_id, version, aliases or [])
    return print_json(model) if json_ else print_versions(model)


@cli.command()
def delete(model_id: ModelId, *, json_: JsonOption = False) -> None:
    """Delete a draft."""
    open_client().models.delete(model_id)
    return print_json({"id": model_id, "deleted": True}) if json_ else say(f"deleted {model_id}")


@cli.command()
def archive(model_id: ModelId, *, json_: JsonOption = False) -> None:
    """Put a model away: it keeps all that it has, and makes room for another."""
    model = open_client().models.archive(model_id)
    return print_json(model) if json_ else say(f"archived {model.id} ({model.name}); back: modelbourse models restore {model.id}")


@cli.command()
def restore(model_id: ModelId, *, json_: JsonOption = False) -> None:
    """Take an archived model back into use."""
    model = open_client().models.restore(model_id)
    return print_json(model) if json_ else say(f"restored {model.id} ({model.name}): {model.status}")


@cli.command()
def importance(model_id: ModelId, *, json_: JsonOption = False) -> None:
    """Show what a trained model rests on, the most important feature first."""
    found = open_client().models.feature_importance(model_id)
    if json_:
        return print_json(found)
    if found.feature_importance is None:
        return say(found.reasons.get("feature_importance", "There is none."))
    rows = [(each.rank, name, each.importance, each.description) for name, each in found.feature_importance.items()]
    caption = f"version {found.model_version}; {found.measured.method}, {found.measured.rows} rows" if found.measured else None
    return print_table(("rank", "feature", "importance", "what it is"), rows, caption=caption)


@cli.command()
def plot(
    model_id: ModelId,
    *,
    which: Annotated[
        str, typer.Option(help="feature-importance, shap-summary, reliability, equity, drawdown, monthly-returns or trades.")
    ] = "feature-importance",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write it: PNG, or SVG where its name ends so; default: WHICH.png here.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Save a plot of what a model rests on, or of its trading on its test (PNG; SVG too of the latter)."""
    file = output or Path(f"{which}.png")
    kind: PlotFormat = "svg" if file.suffix.lower() == ".svg" else "png"
    save(open_client().models.plot(model_id, cast("PlotName", which), format=kind), file, json_=json_)


@cli.command()
def report(
    model_id: ModelId,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")] = Path("report.html"),
    json_: JsonOption = False,
) -> None:
    """Save the report of a model's test: one HTML page with its pictures and numbers, which stands alone."""
    save(open_client().models.report(model_id), output, json_=json_)


def _pairs(given: list[str] | None) -> dict[str, Any]:
    """Read `name=value`; a value is JSON where it can be, else text."""
    pairs: dict[str, Any] = {}
    for each in given or ():
        name, sign, value = each.partition("=")
        if not sign or not name:
            msg = f"'{each}' is not like name=value"
            raise typer.BadParameter(msg)
        try:
            pairs[name] = json.loads(value)
        except ValueError:
            pairs[name] = value
    return pairs


for command in (training.estimate, results.trades, results.curve, results.compare):
    cli.command()(command)
