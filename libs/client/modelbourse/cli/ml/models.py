"""`modelbourse ml models …`: register, list, show, promote, delete."""

from typing import Annotated, Final, cast

import typer

from modelbourse.answers.ml_development.models import MlModelWhole, ModelStatus
from modelbourse.cli.ml.given import Family, FamilyOption, MlModelId, RecipeId, RecipeOption, VersionOption, version_to_make_of
from modelbourse.cli.ml.shown import MARKS, in_short, part_of, print_list
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, print_facts, print_json, print_table, say

cli = typer.Typer(help="Models that recipes make.", no_args_is_help=True)
COLUMNS: Final = ("id", "name", "family", "status", "serves", "metrics", "recipe", "owner", "changed")
VERSIONS: Final = ("version", "status", "metrics", "run", "recipe version", "aliases", "made")


@cli.command("list")
def list_(
    *,
    family: FamilyOption = None,
    status: Annotated[str | None, typer.Option(help="draft, staging, production or retired.")] = None,
    recipe: RecipeOption = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your models, the newest first."""
    found = open_client().ml.models.list(
        family=cast("Family", family), status=cast("ModelStatus | None", status), recipe_id=recipe, **part_of(page, page_size)
    )
    rows = [
        (
            row.id,
            row.name,
            row.model_family,
            row.status,
            row.version,
            in_short(row.metrics, row.metrics_source),
            row.recipe_id,
            row.owner,
            row.updated_at,
        )
        for row in found.models
    ]
    return print_list(found, COLUMNS, rows, noun="model", page=page, page_size=page_size, json_=json_, drop=COLUMNS[:3:-1])


@cli.command()
def show(model_id: MlModelId, *, json_: JsonOption = False) -> None:
    """Show a model: its versions with what they measured, and its place in the registry."""
    found = open_client().ml.models.get(model_id)
    return print_json(found) if json_ else _print(found)


@cli.command()
def register(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is to be called.")],
    recipe_id: RecipeId,
    *,
    version: VersionOption = None,
    owner: Annotated[str, typer.Option(help="Who is responsible for it.")] = "",
    json_: JsonOption = False,
) -> None:
    """Register a model of a recipe, a draft, of which runs make versions.

    modelbourse ml models register "Shelf prices" recipe_pricing_base --owner "pricing team"
    """
    client = open_client()
    made = client.ml.models.register(name, recipe_id, version_to_make_of(client, recipe_id, version), owner=owner)
    if json_:
        return print_json(made)
    return say(f"registered {made.id}; train it: modelbourse ml runs start {recipe_id} --model {made.id}")


@cli.command()
def promote(
    model_id: MlModelId,
    *,
    to: Annotated[str, typer.Option(help="production, staging, draft or retired.")] = "production",
    version: Annotated[str | None, typer.Option(help="Its version, or an alias; left out: the newest.")] = None,
    json_: JsonOption = False,
) -> None:
    """Give a model a status: what is in production goes through the gate of its name, and serves in every face."""
    moved = open_client().ml.models.update(model_id, status=cast("ModelStatus", to), version=version)
    if json_:
        return print_json(moved)
    waits = moved.registry is not None and moved.registry.approval == "pending_approval"
    say(f"{moved.id} ({moved.name}): {moved.status}" + ("; its promotion waits for an admin" if waits else ""))
    if moved.status == "production" and moved.metrics_source == "reported":
        say("its metrics are an outside worker's alone: nobody here has measured them")
    return None


@cli.command()
def delete(model_id: MlModelId, *, json_: JsonOption = False) -> None:
    """Delete a model with its versions, snapshots and labels; not while one is in production. Its runs stay."""
    open_client().ml.models.delete(model_id)
    return print_json({"deleted": model_id}) if json_ else say(f"deleted {model_id}")


def _print(model: MlModelWhole) -> None:
    place = model.registry
    print_facts(
        [
            ("id", model.id),
            ("name", model.name),
            ("family", model.model_family),
            ("status", model.status),
            ("owner", model.owner or None),
            ("recipe", f"{model.recipe_id}, version {model.recipe_version_id}"),
            ("serves", model.version),
            ("metrics", in_short(model.metrics, model.metrics_source) or model.reasons.get("metrics_source")),
            ("registry", place and f"{place.model_name}, version {place.version}; gate of {place.gate_rules} rules"),
            ("in production", place and place.production),
            ("approval", None if place is None or place.approval == "none" else place.approval),
            ("changed", model.updated_at),
        ]
    )
    rows = [
        (
            each.version,
            each.status,
            in_short(each.metrics or each.reported, each.metrics_source),
            each.run_id,
            each.recipe_version_id,
            each.aliases or None,
            each.made_at,
        )
        for each in model.versions
    ]
    if rows:
        print_table(VERSIONS, rows, drop=VERSIONS[:2:-1], marks=MARKS)
