"""AI Studio says of every null why it is one, and of a job how it ended, in each of a job's states."""

from typing import Any, Final

import pytest
import pytest_asyncio

from tests.gateway.document import Document
from tests.gateway.studio.doubles import measured
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

SILENT: Final = {"active_job_id", "error", "cancel_requested_at"}
REGRESSION: Final = {"model_type": "REGRESSION", "algorithm": "RIDGE", "target_variable": "forward_return", "hyperparameters": {}}
LITTLE: Final = {
    "training_metrics": {"final_loss": 0.1, "epochs": None},
    "validation_metrics": {},
    "metrics": {"rmse": 0.1, "sharpe_ratio": None},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def user(studio: World) -> User:
    return await studio.user()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def jobs(studio: World, user: User) -> dict[str, str]:
    """A job in each of its states; the one that is COMPLETED measured all there is, and LITTLE next to nothing."""
    made = {name: await user.train(await user.make_model()) for name in ("PENDING", "RUNNING", "FAILED", "CANCELLED", "COMPLETED")}
    made["LITTLE"] = await user.train(await user.make_model(**REGRESSION))
    for name in ("RUNNING", "COMPLETED", "LITTLE"):
        await studio.training.progress(made[name], 60)
        await user.job_is(made[name], "RUNNING")  # An end that overtakes its progress leaves none.
    await studio.training.fail(made["FAILED"])
    await studio.training.complete(made["COMPLETED"])
    await studio.training.complete(made["LITTLE"], result=measured().model_copy(update=LITTLE))
    await user.call("POST", f"/training-jobs/{made['CANCELLED']}/cancel/")
    for name, job_id in made.items():
        await user.job_is(job_id, "COMPLETED" if name == "LITTLE" else name)
    return made


def unexplained(body: dict[str, Any]) -> set[str]:
    """Return what is null without a reason, of its own or of the part that it stands in."""
    # Of a part's value alone it is told as `part.name`.
    explained = {each for name in body["reasons"] for each in (name, name.rpartition(".")[2])}
    parts = [part for name, part in body.items() if isinstance(part, dict) and name not in explained | {"reasons"}]
    return {name for part in (body, *parts) for name, value in part.items() if value is None} - explained - SILENT


async def test_what_is_null_has_its_reason(studio: World, user: User, jobs: dict[str, str]) -> None:
    draft, trained = await user.make_model(), await studio.trained(user)
    models = [f"/models/{model_id}/{part}" for model_id in (draft, trained) for part in ("", "feature-importance/")]
    paths = [*models, *(f"/training-jobs/{job_id}/" for job_id in jobs.values())]

    bodies = {path: await user.get(path) for path in paths}

    assert {path: unexplained(body) for path, body in bodies.items()} == {path: set() for path in paths}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("PENDING", "The job is PENDING and has not measured it yet."),
        ("FAILED", "The job is FAILED and did not measure it."),
        ("CANCELLED", "The job is CANCELLED and did not measure it."),
        ("LITTLE", "This kind of model does not have it."),
    ],
)
async def test_a_job_without_metrics_says_why(user: User, jobs: dict[str, str], name: str, why: str) -> None:
    job = await user.get(f"/training-jobs/{jobs[name]}/")

    assert (job["current_metrics"]["accuracy"], job["current_metrics"]["loss"]) == (None, None)
    assert (job["reasons"]["accuracy"], job["reasons"]["loss"]) == (why, why)


async def test_a_job_that_ended_well_has_all_its_epochs_behind_it(user: User, jobs: dict[str, str]) -> None:
    running, completed, little = [await user.get(f"/training-jobs/{jobs[name]}/") for name in ("RUNNING", "COMPLETED", "LITTLE")]

    assert (running["current_epoch"], running["total_epochs"]) == (12, 20)
    assert completed["current_epoch"] == completed["total_epochs"] == completed["training_metrics"]["epochs"]
    assert (running["best_epoch"], completed["best_epoch"]) == (9, completed["training_metrics"]["best_epoch"])
    assert (little["best_epoch"], little["reasons"]["best_epoch"]) == (None, "This kind of model does not have it.")
    assert little["current_epoch"] == little["total_epochs"] == 100  # it has no epochs: the steps of the whole job


async def test_a_failed_job_has_the_documented_code_and_the_more_exact_kind(user: User, jobs: dict[str, str], document: Document) -> None:
    answer = await user.call("GET", f"/training-jobs/{jobs['FAILED']}/")

    assert answer.json()["error"]["code"] == "MODEL_TRAINING_ERROR"
    assert answer.json()["error"]["type"] == "NotEnoughDataError"
    assert document.misfits(answer) == []
