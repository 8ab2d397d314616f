"""`modelbourse ml recipes …`: list, show, create, update, clone, approve, archive, delete; the schema of a family's manifests."""

from typing import Annotated, Any, cast

import typer

from modelbourse.answers.ml_development.recipes import LevelName, MlRecipe, MlRecipeWhole, RecipeStatusName
from modelbourse.cli.given import read_json
from modelbourse.cli.ml.given import RECIPE, Family, FamilyOption, RecipeId
from modelbourse.cli.ml.shown import part_of, print_list
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, print_facts, print_json, say

cli = typer.Typer(help="How models of a family are made: the platform's own, and yours.", no_args_is_help=True)
LevelOption = Annotated[str | None, typer.Option("--level", help="baseline, industry or client.")]
TagsOption = Annotated[list[str] | None, typer.Option("--tag", help="A word to find it by, repeatable.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What it is to be called.")]
COLUMNS = ("id", "name", "family", "level", "status", "version", "tags", "changed")


@cli.command("list")
def list_(
    *,
    family: FamilyOption = None,
    level: LevelOption = None,
    status: Annotated[str | None, typer.Option(help="draft, approved or archived.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this word.")] = None,
    search: Annotated[str | None, typer.Option(help="Only those with this in their name.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List recipes: the platform's own, then yours, the newest first."""
    found = open_client().ml.recipes.list(
        family=cast("Family", family),
        level=cast("LevelName | None", level),
        status=cast("RecipeStatusName | None", status),
        tag=tag,
        search=search,
        **part_of(page, page_size),
    )
    rows = [
        (row.id, row.name, row.model_family, row.level, row.status, row.version_number, row.tags, row.updated_at) for row in found.recipes
    ]
    drop = ("changed", "tags", "level")
    return print_list(found, COLUMNS, rows, noun="recipe", page=page, page_size=page_size, json_=json_, drop=drop)


@cli.command()
def show(
    recipe_id: RecipeId,
    *,
    resolved: Annotated[bool, typer.Option("--resolved", help="Also what a run of its newest version does, as JSON.")] = False,
    json_: JsonOption = False,
) -> None:
    """Show a recipe; with --resolved its newest manifest with all that it inherits."""
    found = open_client().ml.recipes.get(recipe_id, resolved=resolved)
    if json_:
        return print_json(found)
    print_facts(_facts(found))
    return print_json(found.resolved_manifest) if resolved else None


@cli.command()
def create(
    name: NameArgument,
    *,
    family: Annotated[str, typer.Option("--family", help="pricing, next_best_action, location_scoring or forecasting.")],
    level: Annotated[str, typer.Option("--level", help="baseline, industry or client.")] = "client",
    parent: Annotated[str | None, typer.Option(help="The recipe that it inherits from."), RECIPE] = None,
    tag: TagsOption = None,
    manifest: Annotated[str | None, typer.Option(help="Its version 1.0.0 as JSON (`-`: stdin); left out: the family's defaults.")] = None,
    json_: JsonOption = False,
) -> None:
    """Make a recipe, a draft.

    modelbourse ml recipes create "Shelf prices" --family pricing --parent recipe_pricing_base --manifest manifest.json
    """
    made = open_client().ml.recipes.create(
        name=name,
        family=cast("Any", family),
        level=cast("LevelName", level),
        parent_id=parent,
        tags=tag or (),
        manifest=read_json(manifest) if manifest else None,
    )
    return _made(made, json_=json_)


@cli.command()
def clone(recipe_id: RecipeId, name: NameArgument, *, json_: JsonOption = False) -> None:
    """Make a recipe of your own of another one, whole."""
    return _made(open_client().ml.recipes.clone(recipe_id, name), json_=json_)


@cli.command()
def update(
    recipe_id: RecipeId,
    *,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    tag: TagsOption = None,
    json_: JsonOption = False,
) -> None:
    """Give a recipe another name, or other words to find it by; its manifest changes by `modelbourse ml versions add`."""
    if name is None and not tag:
        message = "say what is to be changed: --name, --tag"
        raise typer.BadParameter(message)
    changed = open_client().ml.recipes.update(recipe_id, name=name, tags=tag or None)
    return print_json(changed) if json_ else print_facts(_facts(changed))


@cli.command()
def approve(recipe_id: RecipeId, *, json_: JsonOption = False) -> None:
    """Approve a recipe's newest version, of a draft or once more: from then on others can inherit from it for good."""
    return _move(recipe_id, "approved", json_=json_)


@cli.command()
def archive(recipe_id: RecipeId, *, json_: JsonOption = False) -> None:
    """Put a recipe away: it gets no more versions; a clone of it is a draft again."""
    return _move(recipe_id, "archived", json_=json_)


@cli.command()
def delete(recipe_id: RecipeId, *, json_: JsonOption = False) -> None:
    """Delete a recipe with its versions; not while models, runs or other recipes rest on it."""
    open_client().ml.recipes.delete(recipe_id)
    return print_json({"deleted": recipe_id}) if json_ else say(f"deleted {recipe_id}")


@cli.command()
def schema(family: Annotated[str, typer.Argument(metavar="FAMILY", help="Such as pricing.")]) -> None:
    """Print the JSON Schema of a family's manifests: every key with its meaning, what is allowed and its default."""
    return print_json(open_client().ml.recipes.schema(cast("Any", family)))


def _made(made: MlRecipe, *, json_: bool) -> None:
    return print_json(made) if json_ else say(f"created {made.id}, a draft; run it: modelbourse ml runs start {made.id}")


def _move(recipe_id: str, status: RecipeStatusName, *, json_: bool) -> None:
    moved = open_client().ml.recipes.update(recipe_id, status=status)
    which = f", version {moved.approved_version_number}" if status == "approved" else ""
    return print_json(moved) if json_ else say(f"{moved.id} ({moved.name}): {moved.status}{which}")


def _facts(recipe: MlRecipe | MlRecipeWhole) -> list[tuple[str, Any]]:
    inherits = getattr(recipe, "inherits", None) or ()
    return [
        ("id", recipe.id),
        ("name", recipe.name),
        ("family", recipe.model_family),
        ("level", recipe.level),
        ("status", recipe.status),
        ("whose", "the platform's own" if recipe.is_shipped else None),
        ("parent", recipe.parent_id),
        ("tags", recipe.tags or None),
        ("newest version", f"{recipe.version_number} of {recipe.versions}: {recipe.version_id}"),
        ("approved version", recipe.approved_version_number and f"{recipe.approved_version_number}: {recipe.approved_version_id}"),
        ("warning", " ".join(recipe.notes) or None),
        ("inherits from", [f"{each.recipe_id} {each.version_number}" for each in inherits] or None),
        ("changed", recipe.updated_at),
    ]
