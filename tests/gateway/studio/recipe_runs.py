"""Runs of recipes, as stories start them and have them end, and the models that they make."""

from decimal import Decimal
from typing import Any

import httpx

from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted, JobProgressed, JobRequested
from libs.contracts.recipe_runs import RecipeInterval, RecipeModelManifest, RecipeRunResult, RecipeRunSpec, RunType
from libs.contracts.texts import TextFile
from libs.contracts.training import Artifact
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.world import User, World
from tests.waiting import until

FACE = "/api/ml-development"
RECIPE, VERSION = "recipe_pricing_base", "ver_pricing_base_v1"
METRICS = {"revenue_lift": 0.042, "margin_impact": None}
REASON = "No cost is known of any product."


async def call(user: User, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
    """Return what ML Development answers."""
    return await user.http.request(method, f"{FACE}{path}", json=body, **options)


async def answered(user: User, method: str, path: str, body: Any = None, **options: Any) -> Any:
    """Return the body of an answer that is none of an error."""
    answer = await call(user, method, path, body, **options)
    assert answer.status_code < 300, answer.text
    return answer.json()


async def registered(user: User, **body: Any) -> str:
    """Return a model that was just registered."""
    asked = {"name": "Shelf prices", "recipe_id": RECIPE, "recipe_version_id": VERSION, "owner": "team"} | body
    return str((await answered(user, "POST", "/models", asked))["id"])


async def started(user: User, run_type: str = "train", **body: Any) -> dict[str, Any]:
    """Return a run that was just accepted."""
    asked = {"recipe_id": RECIPE, "recipe_version_id": VERSION, "run_type": run_type} | body
    run: dict[str, Any] = await answered(user, "POST", "/runs", asked)
    return run


def result_of(studio: World, request: JobRequested) -> RecipeRunResult:
    """Return what a runner answers: of a training with a model of one file, and a report."""
    spec, put = RecipeRunSpec.model_validate(request.spec), studio.training.artifacts.put
    files: dict[str, Artifact] = {"report.html": put(b"<h1>report</h1>")}
    if spec.run_type is RunType.TRAIN:
        weights = put(f"trees of {request.job_id}".encode())
        trees = TextFile(sha256=weights.sha256, size=weights.size)
        manifest = RecipeModelManifest(family="pricing", learner="lightgbm", manifest=spec.manifest, files={"trees.txt": trees})
        files |= {"model/trees.txt": weights, "model/manifest.json": put(manifest.model_dump_json().encode())}
    return RecipeRunResult(
        metrics=METRICS,
        baseline={"constant_price": {"revenue_lift": 0.0, "margin_impact": None}},
        intervals={"revenue_lift": RecipeInterval(low=0.01, high=0.07, method="bootstrap by day")},
        reasons={"margin_impact": REASON},
        rows={"train": 900, "test": 300},
        synthetic=False,
        run_card={"seed": 7, "config_hash": "c" * 64, "data_sha256": "d" * 64},
        files=files,
        artifact=files.get("model/manifest.json"),
    )


async def complete(studio: World, user: User, run: dict[str, Any]) -> dict[str, Any]:
    """Have a runner end a run well; return it, once ML Development shows it."""
    request = await heard(studio, run["job_id"])
    end = JobCompleted(
        **studio.training.of_job(run["job_id"]),
        spec=request.spec,
        started_at=STARTED,
        ended_at=now(),
        compute_hours=Decimal("0.004"),
        result=result_of(studio, request).model_dump(mode="json"),
        logs=(),
    )
    await studio.training.bus.publish(end)
    return await run_is(user, run["id"], "succeeded")


async def progress(studio: World, user: User, run: dict[str, Any]) -> dict[str, Any]:
    """Have a runner tell that it is half-way; return the run as it stands then."""
    await heard(studio, run["job_id"])
    told = JobProgressed(
        **studio.training.of_job(run["job_id"]),
        attempt=1,
        started_at=STARTED,
        progress=50,
        stage="fitting",
        step=1,
        total_steps=2,
        metrics={},
        logs=(),
        estimated_completion=None,
    )
    await studio.training.bus.publish(told)
    return await run_is(user, run["id"], "running")


async def run_is(user: User, run_id: str, status: str) -> dict[str, Any]:
    """Wait until a run has this status, and return it."""
    run: dict[str, Any] = {}

    async def there() -> bool:
        run.update(await answered(user, "GET", f"/runs/{run_id}"))
        return bool(run["status"] == status)

    await until(there, what=f"{run_id} {status}")
    return run
