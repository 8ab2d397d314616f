"""`sentiment-register` and the commands about registered models: list, show, give a stage, delete."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer

from modelbourse.answers.builder.registry import BuilderHistory, BuilderModelInfo, BuilderRegisteredRow, Stage
from modelbourse.cli.errors import CommandError
from modelbourse.cli.nearest import did_you_mean
from modelbourse.cli.sentiment.data_root import bring, one_path
from modelbourse.cli.sentiment.given import FormatOption, json_wanted, open_builder
from modelbourse.cli.showing import print_facts, print_json, print_table, say

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
ModelName = Annotated[str, typer.Argument(metavar="NAME", help="What it is registered under.")]
Version = Annotated[int, typer.Argument(metavar="VERSION", min=1, help="Its number.")]
PAGE: Final = 100


def register(
    model_path: Annotated[str, typer.Argument(metavar="MODEL_PATH", help="A trained model's folder.")],
    *,
    run_id: Annotated[str, typer.Option("--run-id", metavar="TEXT", help="The training that made it: its id, or MLflow's of it.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="TEXT", help="What it is registered under; default: its experiment.")
    ] = None,
    description: Annotated[str | None, typer.Option("--description", metavar="TEXT", help="What you say of it.")] = None,
    stage: Annotated[str, typer.Option("--stage", metavar="TEXT", help=f"How far it is to come: {', '.join(STAGES)}.")] = "Staging",
    tags: Annotated[str | None, typer.Option("--tags", metavar="TEXT", help="Words for it, with commas; `key=value` has a value.")] = None,
    metadata: Annotated[str | None, typer.Option("--metadata", metavar="JSON", help="What stands beside what was measured.")] = None,
    format_: FormatOption = "table",
) -> None:
    """Register what a training has made as the next version of a name.

    sentiment-register outputs/first/model --run-id job_01kab8m7j3fm0rrc5q9y2w6n4t --stage Staging --description "Crypto news v1.0"
    """
    client = open_builder()
    path = one_path(model_path)
    registered = client.builder.registry.register(
        bring(client, path, option="MODEL_PATH"),
        run_id,
        name or _experiment(path) or client.builder.trainings.get(run_id).experiment_name,
        description=description,
        stage=_stage(stage),
        tags=None if tags is None else _tags(tags),
        metadata=None if metadata is None else _json(metadata),
    )
    if json_wanted(format_):
        return print_json(registered)
    return say(f"{registered.model_uri} is registered, in {registered.stage}")


def list_models(
    *,
    stage: Annotated[str | None, typer.Option("--stage", metavar="TEXT", help=f"Only those in: {', '.join(STAGES)}.")] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="Only versions of this name.")] = None,
    detailed: Annotated[bool, typer.Option("--detailed", help="With run, metrics, tags and description.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many; default: all.")] = None,
    format_: FormatOption = "table",
) -> None:
    """List registered models, by name, the newest version of each first.

    sentiment-list-models --stage Production

    sentiment-list-models --detailed --format json | jq '.[].metrics'
    """
    client, rows = open_builder(), list[BuilderRegisteredRow]()
    wanted = None if stage is None else _stage(stage)
    while True:
        size = min(PAGE, (limit or sys.maxsize) - len(rows))
        page = client.builder.registry.list(stage=wanted, name=name, limit=size, offset=len(rows))
        rows += page.items
        if not page.pagination.has_next or (limit is not None and len(rows) >= limit):
            break
    if json_wanted(format_):
        return print_json([row.as_json() for row in rows])
    columns = ["name", "version", "stage", "registered"]
    cells: list[list[Any]] = [[row.name, row.version, row.stage, row.registered_at] for row in rows]
    if detailed:
        columns += ["macro f1", "accuracy", "run", "aliases", "tags", "description"]
        for line, row in zip(cells, rows, strict=True):
            metrics = [row.metrics.get("macro_f1"), row.metrics.get("accuracy")]
            line += [*metrics, row.run_id, row.aliases, ", ".join(f"{key}={value}" if value else key for key, value in row.tags.items())]
            line.append(row.description)
    return print_table(columns, cells, caption=f"{len(rows)} version{'' if len(rows) == 1 else 's'}")


def transition_stage(
    name: ModelName,
    version: Version,
    stage: Annotated[str, typer.Argument(metavar="STAGE", help=f"{', '.join(STAGES)}.")],
    *,
    comment: Annotated[str | None, typer.Option("--comment", metavar="TEXT", help="Why; its history keeps it.")] = None,
    archive_existing: Annotated[bool, typer.Option("--archive-existing", help="Archive what is in that stage.")] = False,
    format_: FormatOption = "table",
) -> None:
    """Give a registered version a stage; what is in Production serves, in every face.

    sentiment-transition-stage crypto-sentiment-model 1 Production --comment "Better than 0.7 on last week's news"
    """
    moved = open_builder().builder.registry.set_stage(name, version, _stage(stage), comment=comment, archive_existing=archive_existing)
    if json_wanted(format_):
        return print_json(moved)
    waits = "; an admin has to agree first" if moved.approval == "pending_approval" else ""
    return say(f"{name} {version}: {moved.previous_stage} → {moved.stage}{waits}")


def delete_model(
    name: ModelName,
    version: Version,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    format_: FormatOption = "table",
) -> None:
    """Delete a registered version; one in Production, or with an alias, is kept.

    sentiment-delete-model crypto-sentiment-model 1 --yes
    """
    client = open_builder()
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Delete version {version} of {name}?", abort=True, err=True)
    deleted = client.builder.registry.delete(name, version)
    return print_json(deleted) if json_wanted(format_) else say(f"version {version} of {name} is deleted")


def model_info(
    name: ModelName,
    version: Version,
    *,
    history: Annotated[bool, typer.Option("--history", help="What has become of it, instead.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="The stages that its gate refused it, instead.")] = False,
    download: Annotated[Path | None, typer.Option("--download", metavar="PATH", help="Write its folder there, as a zip archive.")] = None,
    format_: FormatOption = "table",
) -> None:
    """Show a registered version: what it measured, where it comes from, what its folder has.

    sentiment-model-info crypto-sentiment-model 1 --download crypto.zip
    """
    registry = open_builder().builder.registry
    if history or refused:
        page = registry.history(name, version, limit=PAGE)
        if json_wanted(format_):
            # A list of one kind: who reads changes as JSON takes no refusal for one.
            return print_json([each.as_json() for each in (page.refused if refused else page.items)])
        return _show_history(page, changes=not refused)
    found = registry.get(name, version)
    if download is not None:
        place = registry.download(name, version, download)
        say(f"wrote {place} ({place.stat().st_size} bytes)")
    return print_json(found) if json_wanted(format_) else _show(found)


def _show_history(found: BuilderHistory, *, changes: bool) -> None:
    if changes:
        rows = [[each.at, each.by, each.from_stage, each.to_stage, each.comment] for each in found.items]
        print_table(["at", "by", "from", "to", "comment"], rows)
    if found.refused or not changes:
        refusals = [[each.at, each.by, each.to_stage, each.message] for each in found.refused]
        print_table(["at", "by", "to", "message"], refusals, title="refused")


def _show(found: BuilderModelInfo) -> None:
    print_facts(
        [
            ("model", found.model_uri),
            ("stage", found.stage),
            ("description", found.description or None),
            ("tags", found.tags or None),
            ("aliases", found.aliases or None),
            ("backbone", found.backbone),
            ("method", found.method),
            ("labels", found.labels),
            ("run", found.lineage.run_id),
            ("trained", found.lineage.trained_at),
            ("registered", found.registered_at),
            *((name.replace("_", " "), value) for name, value in found.metrics.items()),
            ("reported", found.metadata or None),
        ]
    )
    if found.files:
        print_table(["file", "bytes", "sha256"], [[file.name, file.size, file.sha256] for file in found.files])


def _stage(word: str) -> Stage:
    """Return the stage of a word, in whatever case. Raise CommandError with the nearest."""
    found = next((each for each in STAGES if each.casefold() == word.casefold()), None)
    if found is None:
        msg = f"there is no stage {word!r}; there are {', '.join(STAGES)}.{did_you_mean(word, STAGES)}"
        raise CommandError(msg, status=2)
    return found


def _tags(text: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in text.split(",") if each.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        msg = f"--metadata is no JSON: {error}"
        raise CommandError(msg, status=2) from error
    if not isinstance(found, dict):
        msg = """--metadata must be a JSON object, such as '{"accuracy": 0.89}'"""
        raise CommandError(msg, status=2)
    return found


def _experiment(path: str) -> str | None:
    """Return the experiment that a folder here says of itself; None where it says none, or is not here."""
    try:
        found = json.loads(Path(path, "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(found.get("experiment_name") or "") or None if isinstance(found, dict) else None
