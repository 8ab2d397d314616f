"""Searches for the hyperparameters of a model that there is: results, cancelled, deleted, refused."""

from datetime import timedelta

import pytest
import pytest_asyncio

from libs.contracts.envelope import now
from services.gateway.domain.accounts.account import Tier
from tests.faces.shapes import differences
from tests.gateway.engine.desk import MODELS, Engineer
from tests.gateway.engine.searching import (
    AT,
    FOREST,
    FOUND,
    ROWS,
    SPACE,
    Searcher,
    experiment,
    row,
    search,
)
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def searcher(studio: World, ada: User) -> Searcher:
    return Searcher(studio, ada)


async def test_a_models_tuning_has_results_when_it_has_completed(studio: World, searcher: Searcher, eve: User) -> None:
    engineer = Engineer(studio, searcher.user)
    model = await engineer.made(type="temporal_fusion_transformer", parameters={"hidden_size": 64, "epochs": 7}, target="close")
    path = f"{MODELS}/{model}/hyperparameter-tuning"
    body = search(early_stopping={"patience": 5, "min_delta": 0.001}, hyperparameter_space={"learning_rate": SPACE["learning_rate"]})

    queued = await searcher.call("POST", path, body, key="tune")
    again = await searcher.call("POST", path, body, key="tune")
    job = queued.json()["job_id"]
    spec = await searcher.spec(job)
    waiting = await searcher.get(f"{path}/{job}")
    early = await searcher.call("GET", f"{path}/{job}/results")
    await searcher.progress(job, row(0, loss=0.07))
    running = await searcher.has_trials(1, f"{path}/{job}")
    await searcher.complete(job, *ROWS)
    await searcher.is_in("completed", f"{path}/{job}")
    done = await searcher.get(f"{path}/{job}/results")

    started = {"job_id": job, "model_id": model, "status": "running", "created_at": AT, "started_at": AT}
    trial = FOUND | {"hyperparameters": {"learning_rate": 0.001}}
    found = {"best_trial": trial, "all_trials": [trial], "parameter_importance": {"learning_rate": 0.6}}
    assert (queued.status_code, again.json()["job_id"], queued.json()["status"], waiting["status"]) == (202, job, "queued", "queued")
    assert (spec.base.hyperparameters, spec.early_stopping) == ({"hidden_size": 64, "max_epochs": 7}, spec.early_stopping)
    assert early.json()["error"]["details"] == {"status": ["The job is queued."]}
    assert early.status_code == 409
    assert list(differences(started | {"progress": {"completed_trials": 1, "total_trials": 4, "best_trial": trial}}, running)) == []
    assert list(differences(started | {"completed_at": AT, "results": found}, done)) == []
    assert [each["trial_id"] for each in done["results"]["all_trials"]] == ["trial_0", "trial_1", "trial_3"]
    assert (await searcher.get())["total"] == 0
    assert (await eve.http.get(f"{path}/{job}")).status_code == 404


async def test_a_tuning_is_cancelled_deleted_and_goes_with_its_model(studio: World, searcher: Searcher, eve: User) -> None:
    engineer = Engineer(studio, searcher.user)
    model = await engineer.made(type="temporal_fusion_transformer", parameters={}, target="close")
    path = f"{MODELS}/{model}/hyperparameter-tuning"
    first = (await searcher.call("POST", path, search())).json()["job_id"]
    await searcher.spec(first)
    theirs = [await eve.http.post(f"{path}/{first}/cancel"), await eve.http.delete(f"{path}/{first}")]
    runs = await searcher.call("DELETE", f"{path}/{first}")
    stopping = await searcher.call("POST", f"{path}/{first}/cancel")
    await searcher.cancel(first)
    await searcher.is_in("stopped", f"{path}/{first}")
    ended = await searcher.call("POST", f"{path}/{first}/cancel")
    gone = await searcher.call("DELETE", f"{path}/{first}")
    second = (await searcher.call("POST", path, search())).json()["job_id"]
    await searcher.spec(second)
    await engineer.call("DELETE", f"/{model}")

    async def stopped() -> bool:
        left = await studio.database["experiments"].count_documents({"account_id": searcher.user.account_id})
        job = await studio.database["jobs"].find_one({"_id": second})
        return left == 0 and job is not None and job["cancel_requested_at"] is not None

    await until(stopped, what="the search of a deleted model stopped")
    assert [each.status_code for each in theirs] == [404, 404]
    assert (runs.status_code, stopping.status_code, stopping.json()["status"]) == (409, 200, "stopping")
    assert (ended.status_code, gone.json()["success"]) == (409, True)
    assert (await searcher.call("GET", f"{path}/{first}")).status_code == 404


async def test_a_tuning_that_was_refused_or_cut_off_leaves_nothing_that_counts(studio: World) -> None:
    searcher = Searcher(studio, await studio.user(Tier.FREE))
    model = await Engineer(studio, searcher.user).made()
    path, kept = f"{MODELS}/{model}/hyperparameter-tuning", studio.database["experiments"]
    small = search(hyperparameter_space={"n_estimators": {"type": "int", "min": 10, "max": 20}}, max_trials=3)
    codes = [(await searcher.call("POST", path, small, key=f"tune{at}")).status_code for at in range(4)]
    whose = {"account_id": searcher.user.account_id}
    left = await kept.count_documents(whose)
    one = await kept.find_one(whose)
    assert one is not None
    long_ago = {"jobs": [], "status": "created", "created_at": now() - timedelta(hours=1)}
    await kept.insert_many([one | long_ago | {"_id": f"exp_cut_off_{at}"} for at in range(48)])
    made = await searcher.call("POST", body=experiment(**FOREST), key="made")
    there = await kept.count_documents(whose)
    await kept.insert_many([one | {"_id": f"exp_more_{at}", "model_id": None, "jobs": []} for at in range(47)])
    full = await searcher.call("POST", body=experiment(**FOREST))
    again = await searcher.call("POST", body=experiment(**FOREST), key="made")

    assert (codes, left) == ([202, 202, 403, 403], 2)
    assert (made.status_code, there, full.status_code) == (201, 3, 403)
    assert (again.status_code, again.json()["id"]) == (201, made.json()["id"])
