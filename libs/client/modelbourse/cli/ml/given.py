"""What commands of ML Development are given: recipes, versions, models and runs, by id, the beginning of it, or name."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Final, TypeVar

import typer

from modelbourse.answers.ml_development.recipes import FamilyName
from modelbourse.cli import completing
from modelbourse.cli.errors import CommandError
from modelbourse.cli.finding import MODEL, Kind, Named, all_rows
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.showing import tell
from modelbourse.command import INTERRUPTED
from modelbourse.errors_jobs import WaitTimeoutError
from modelbourse.modelbourse import Modelbourse

T = TypeVar("T")


def _recipes(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in all_rows(client.ml.recipes.list, "recipes"))


def _versions(client: Modelbourse, _: str, arguments: Mapping[str, Any]) -> Named:
    versions = all_rows(partial(client.ml.recipes.versions, arguments["recipe_id"]), "versions")
    return ((row.version_id, row.version_number) for row in versions)


def _models(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, row.name) for row in all_rows(client.ml.models.list, "models"))


def _runs(client: Modelbourse, _: str, __: Mapping[str, Any]) -> Named:
    return ((row.id, "") for row in all_rows(client.ml.runs.list, "runs"))


def _snapshots(client: Modelbourse, _: str, arguments: Mapping[str, Any]) -> Named:
    return ((row.id, "") for row in all_rows(partial(client.ml.monitoring.list, arguments["model_id"]), "snapshots"))


RECIPE: Final = Kind("recipe", "recipe", (_recipes,), shown="all", listed="modelbourse ml recipes list")
# A recipe's versions: the argument before says of which one, by its id when this is looked up.
VERSION: Final = Kind("version", "ver", (_versions,), listed="modelbourse ml versions list RECIPE")
ML_MODEL: Final = Kind("model", "model", (_models,), listed="modelbourse ml models list")
# Models of every kind are watched.
WATCHED: Final = Kind("model", "model", (_models, *MODEL.lookups), listed="modelbourse ml models list")
RUN: Final = Kind("run", "run", (_runs,), listed="modelbourse ml runs list")
SNAPSHOT: Final = Kind("snapshot", "snap", (_snapshots,), listed="modelbourse ml monitor list MODEL")

RecipeId = Annotated[
    str,
    typer.Argument(metavar="RECIPE", help="A recipe's id, its beginning, or its name.", autocompletion=completing.recipe_ids),
    RECIPE,
]
RecipeOption = Annotated[
    str | None,
    typer.Option("--recipe", help="The recipe: its id, its beginning, or its name.", autocompletion=completing.recipe_ids),
    RECIPE,
]
VersionOption = Annotated[
    str | None, typer.Option("--version", help="The recipe's version: its number or id; left out: the newest."), VERSION
]
MlModelId = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A model's id, its beginning, or its name.", autocompletion=completing.ml_model_ids),
    ML_MODEL,
]
MlModelOption = Annotated[
    str | None,
    typer.Option("--model", help="The model: its id, its beginning, or its name.", autocompletion=completing.ml_model_ids),
    ML_MODEL,
]
WatchedId = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A model's id, its beginning, or its name; of any kind.", autocompletion=completing.ml_model_ids),
    WATCHED,
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its beginning.", autocompletion=completing.run_ids), RUN]
SnapshotId = Annotated[
    str | None, typer.Argument(metavar="[SNAPSHOT]", help="A snapshot's id, or its beginning; left out: the newest."), SNAPSHOT
]
FamilyOption = Annotated[str | None, typer.Option("--family", help="pricing, next_best_action, location_scoring or forecasting.")]
DetachOption = Annotated[bool, typer.Option("--detach", "--no-wait", help="Start it and do not wait.")]
TimeoutOption = Annotated[float | None, typer.Option(help="Wait for so many seconds at most.")]
# What a gateway is sent: it refuses another word with the nearest right one.
Family = FamilyName | None


def newest_version(client: Modelbourse, recipe_id: str, version_id: str | None) -> str:
    """Return the version that was named, else the recipe's newest."""
    return version_id or client.ml.recipes.get(recipe_id).version_id


def version_to_make_of(client: Modelbourse, recipe_id: str, version_id: str | None) -> str:
    """Return the version that was named, else the recipe's newest; say so where that one has not been approved."""
    if version_id:
        return version_id
    recipe = client.ml.recipes.get(recipe_id)
    for note in recipe.notes:
        tell(f"warning: {note}")
    return recipe.version_id


def waited(wait: Callable[..., T], *things: str, what: str, again: str, timeout: float | None) -> T:
    """Wait for something with a bar on stderr; Ctrl-C, and the end of the time, leave it running and say how to wait on."""
    try:
        with heeding_ctrl_c() as look:
            return wait(*things, progress=True, watch=look, timeout=timeout)
    except KeyboardInterrupt:
        tell(f"{what} goes on\n→ wait for it: {again}")
        raise SystemExit(INTERRUPTED) from None
    except WaitTimeoutError as error:
        message = f"{error}\n→ wait on: {again}"
        raise CommandError(message) from error
