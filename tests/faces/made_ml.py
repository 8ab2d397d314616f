"""Things that paths of ML Development name, each made when it is first asked for: its part of the table in `made.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from libs.contracts.envelope import now
from tests.faces.endpoints_ml import ML
from tests.gateway.studio import predicting, recipe_runs, recipes, watching

if TYPE_CHECKING:
    from tests.faces.made import Things

RECIPE, ML_MODEL, ML_RUN = f"{ML}/recipes/{{recipe_id}}", f"{ML}/models/{{model_id}}", f"{ML}/runs/{{run_id}}"
RECIPE_VERSION: Final = f"{RECIPE}/versions/{{version_id}}"
SNAPSHOT: Final = f"{ML_MODEL}/monitoring/{{snapshot_id}}"
PREDICTION: Final = f"{ML_MODEL}/predictions/{{prediction_id}}"
PREDICTION_FILE: Final = f"{PREDICTION}/files/{{path}}"
RUN_FILE: Final = f"{ML_RUN}/files/{{path}}"
FAMILY: Final = f"{ML}/schemas/{{model_family}}"


async def recipe(things: Things) -> str:
    """Make a recipe with a synthetic example."""
    made = await recipes.made(things.user)
    things.made[RECIPE_VERSION] = made["version_id"]
    example = {"sample_rows_json": [{"price": 9.5, "units": 3}]}
    await recipe_runs.answered(things.user, "POST", f"/recipes/{made['id']}/synthetic-example", example)
    return str(made["id"])


async def version(things: Things) -> str:
    await things.one(RECIPE)
    return things.made[RECIPE_VERSION]


async def model(things: Things) -> str:
    """Make a model of one's own recipe, with a version that a run has made."""
    own = {"recipe_id": await things.one(RECIPE), "recipe_version_id": await things.one(RECIPE_VERSION)}
    model_id = await recipe_runs.registered(things.user, **own)
    run = await recipe_runs.started(things.user, model_id=model_id, **own)
    things.made[ML_RUN] = (await recipe_runs.complete(things.world, things.user, run))["id"]
    return model_id


async def run(things: Things) -> str:
    await things.one(ML_MODEL)
    return things.made[ML_RUN]


async def file(things: Things) -> str:
    await things.one(ML_RUN)
    return "report.html"


async def prediction(things: Things) -> str:
    """Make a prediction of a product at a price, which has been answered."""
    asked = await predicting.asked(things.user, await things.one(ML_MODEL), {"rows": predicting.ROWS})
    return str((await predicting.answered_as(things.world, things.user, asked, predicting.an_answer(things.world)))["id"])


async def prediction_file(things: Things) -> str:
    await things.one(PREDICTION)
    return "predictions.csv"


async def snapshot(things: Things) -> str:
    """Make a snapshot that was computed and has a page."""
    page = things.world.training.artifacts.put(b"<!doctype html><h1>snapshot</h1>")
    taken = await watching.taken(things.world, things.user, await things.one(ML_MODEL), watching.found(page=page), at=now())
    return str(taken["id"])


async def family(_: Things) -> str:
    return "pricing"


ML_MAKERS: Final[Mapping[str, Callable[[Things], Awaitable[str]]]] = {
    RECIPE: recipe,
    RECIPE_VERSION: version,
    ML_MODEL: model,
    ML_RUN: run,
    RUN_FILE: file,
    SNAPSHOT: snapshot,
    PREDICTION: prediction,
    PREDICTION_FILE: prediction_file,
    FAMILY: family,
}
