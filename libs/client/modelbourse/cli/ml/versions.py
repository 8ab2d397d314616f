"""`modelbourse ml versions …`: list, show, add, diff: what a recipe says, and what has changed."""

from typing import Annotated, Any, Final

import typer

from modelbourse.answers.ml_development.recipes import MlRecipeVersion
from modelbourse.cli.errors import CommandError
from modelbourse.cli.given import read_json
from modelbourse.cli.ml.given import VERSION, RecipeId, newest_version
from modelbourse.cli.ml.shown import differences, part_of, print_changes, print_list
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, print_facts, print_json, say

cli = typer.Typer(help="Versions of recipes; none ever changes.", no_args_is_help=True)
COLUMNS: Final = ("version", "id", "changes", "note", "by", "made")
VersionArgument = Annotated[str | None, typer.Argument(metavar="[VERSION]", help="Its number or id; left out: the newest."), VERSION]


@cli.command("list")
def list_(recipe_id: RecipeId, *, page: PageOption = 1, page_size: SizeOption = 20, json_: JsonOption = False) -> None:
    """List a recipe's versions, the newest first."""
    found = open_client().ml.recipes.versions(recipe_id, **part_of(page, page_size))
    rows = [
        (
            row.version_number,
            row.version_id,
            [each.path for each in row.diff_from_prev or ()] or None,
            row.change_note,
            row.created_by,
            row.created_at,
        )
        for row in found.versions
    ]
    return print_list(found, COLUMNS, rows, noun="version", page=page, page_size=page_size, json_=json_, drop=("made", "by", "note"))


@cli.command()
def show(recipe_id: RecipeId, version_id: VersionArgument = None, *, json_: JsonOption = False) -> None:
    """Show a version: why it was made, and its manifest with all that it inherits, as JSON."""
    client = open_client()
    found = client.ml.recipes.version(recipe_id, newest_version(client, recipe_id, version_id))
    if json_:
        return print_json(found)
    print_facts(_facts(found))
    return print_json(found.resolved_manifest)


@cli.command()
def add(
    recipe_id: RecipeId,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The manifest as JSON, whole (`-`: stdin); with a parent what it changes.")],
    *,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    json_: JsonOption = False,
) -> None:
    """Add a version, with the next number; a mistake in the manifest is told by its place.

    modelbourse ml versions add "Shelf prices" manifest.json --note "Less is held out"
    """
    made = open_client().ml.recipes.add_version(recipe_id, read_json(file), change_note=note)
    if json_:
        return print_json(made)
    again = f"modelbourse ml runs start {recipe_id} --version {made.version_number}"
    say(f"version {made.version_number} is {made.version_id}; run it: {again}")
    return print_changes(made.diff_from_prev or (), title="what it does otherwise than the version before")


@cli.command()
def diff(
    recipe_id: RecipeId,
    version_id: VersionArgument = None,
    other: Annotated[
        str | None, typer.Argument(metavar="[OTHER]", help="What it is compared with; left out: the version before."), VERSION
    ] = None,
    *,
    json_: JsonOption = False,
) -> None:
    """Show how a version's resolved manifest differs from the one before, or from another one."""
    client = open_client()
    found = client.ml.recipes.version(recipe_id, newest_version(client, recipe_id, version_id))
    changes: list[dict[str, Any]] | None = None if found.diff_from_prev is None else [each.as_json() for each in found.diff_from_prev]
    before = "the version before"
    if other is not None:
        compared = client.ml.recipes.version(recipe_id, other)
        before, changes = f"version {compared.version_number}", differences(compared.resolved_manifest, found.resolved_manifest)
    if changes is None:
        message = f"version {found.version_number} is the first: there is none before it"
        raise CommandError(message)
    return print_json(changes) if json_ else print_changes(changes, title=f"version {found.version_number} beside {before}")


def _facts(version: MlRecipeVersion) -> list[tuple[str, Any]]:
    return [
        ("version", f"{version.version_number} of {version.recipe_id}"),
        ("id", version.version_id),
        ("note", version.change_note or None),
        ("by", version.created_by),
        ("made", version.created_at),
        ("inherits from", [f"{each.recipe_id} {each.version_number}" for each in version.inherits] or None),
    ]
