"""Predictions of recipes' models, as stories ask for them and have them answered: the job's own functions train and answer."""

import asyncio
import hashlib
from decimal import Decimal
from typing import Any, Final

from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted, JobFailed, JobRequested
from libs.contracts.recipe_predictions import CSV, JSONL, PredictRecipeResult, PredictRecipeSpec
from libs.contracts.recipe_runs import RecipeRunResult, RecipeRunSpec
from libs.contracts.training import JobError
from services.training.recipes.predicting import run as predict
from services.training.recipes.run import run as train
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.recipe_runs import answered, registered, run_is, started
from tests.gateway.studio.recipes import made
from tests.gateway.studio.world import User, World
from tests.training.recipes.shops import Shop
from tests.waiting import until

FILE: Final = "data/shop.csv"
ROWS: Final = [{"product_id": "4710011401128", "date": "2001-03-01", "price": 35.0}]


async def priced(studio: World, user: User) -> str:
    """Return a model of prices of a shop of the account's own, trained as a runner trains it."""
    await user.http.put(f"/api/v1/files/{FILE}", content=Shop(products=6, days=30).rows.to_csv(index=False).encode())
    manifest = {"data": {"source": f"file:{FILE}", "columns": Shop.COLUMNS}, "evaluation": {"resamples": 20}}
    recipe = await made(user, manifest=manifest)
    own = {"recipe_id": recipe["id"], "recipe_version_id": recipe["version_id"]}
    model = await registered(user, **own)
    begun = await started(user, model_id=model, **own)
    request = await heard(studio, begun["job_id"])
    spec = RecipeRunSpec.model_validate(request.spec)
    found = await asyncio.to_thread(
        train, spec, job_id=request.job_id, artifacts=studio.training.artifacts, report=lambda _: None, pictures=False
    )
    await _publish(studio, request, found)
    await run_is(user, begun["id"], "succeeded")
    return model


async def asked(user: User, model: str, body: Any, **options: Any) -> dict[str, Any]:
    """Return a prediction that was just asked for."""
    found: dict[str, Any] = await answered(user, "POST", f"/models/{model}/predict", body, **options)
    return found


async def newest(user: User, model: str, *, total: int = 1) -> dict[str, Any]:
    """Return what a model was asked last, once it was asked so often."""
    found: dict[str, Any] = {}

    async def there() -> bool:
        found.update(await answered(user, "GET", f"/models/{model}/predictions"))
        return bool(found["total"] == total)

    await until(there, what=f"{total} predictions of {model}")
    newest: dict[str, Any] = found["predictions"][0]
    return newest


async def done(studio: World, user: User, prediction: dict[str, Any]) -> dict[str, Any]:
    """Answer as a runner does, tell it twice, and return the prediction as it stands then."""
    request = await heard(studio, prediction["job_id"])
    spec = PredictRecipeSpec.model_validate(request.spec)
    found = await asyncio.to_thread(predict, spec, artifacts=studio.training.artifacts, report=lambda _: None)
    return await answered_as(studio, user, prediction, found)


async def answered_as(studio: World, user: User, prediction: dict[str, Any], result: PredictRecipeResult) -> dict[str, Any]:
    """Tell twice that a prediction has ended so, and return it."""
    request = await heard(studio, prediction["job_id"])
    for _ in range(2):
        await _publish(studio, request, result)
    return await _is(user, prediction, "succeeded")


async def failed(
    studio: World, user: User, prediction: dict[str, Any], message: str, *, kind: str = "TrainingRefusedError"
) -> dict[str, Any]:
    """Tell that a prediction has failed, and return it."""
    request = await heard(studio, prediction["job_id"])
    about: dict[str, Any] = {"started_at": STARTED, "ended_at": now(), "compute_hours": Decimal("0.001"), "logs": (), "attempts": 1}
    error = JobError(type=kind, message=message)
    await studio.training.bus.publish(JobFailed(**studio.training.of_job(request.job_id), **about, error=error))
    return await _is(user, prediction, "failed")


def an_answer(studio: World) -> PredictRecipeResult:
    """Return what a runner might answer to ROWS, with files that differ from those of any other."""
    mark = hashlib.sha256(str(now()).encode()).hexdigest()
    put = studio.training.artifacts.put
    row = {"row": 0, "product": "4710011401128", "price": 35.0, "expected_demand": 4.5, "reasons": {}, "notes": []}
    return PredictRecipeResult(
        columns=tuple(row),
        rows=(row,),
        total=1,
        unanswered=0,
        synthetic=False,
        files={CSV: put(f"row,mark\n0,{mark}\n".encode()), JSONL: put(f'{{"row": 0, "mark": "{mark}"}}\n'.encode())},
    )


async def _publish(studio: World, request: JobRequested, result: RecipeRunResult | PredictRecipeResult) -> None:
    about: dict[str, Any] = {"started_at": STARTED, "ended_at": now(), "compute_hours": Decimal("0.001"), "logs": ()}
    told = result.model_dump(mode="json")
    await studio.training.bus.publish(JobCompleted(**studio.training.of_job(request.job_id), **about, spec=request.spec, result=told))


async def _is(user: User, prediction: dict[str, Any], status: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def there() -> bool:
        found.update(await answered(user, "GET", f"/models/{prediction['model_id']}/predictions/{prediction['id']}"))
        return bool(found["status"] == status)

    await until(there, what=f"{prediction['id']} {status}")
    return found
