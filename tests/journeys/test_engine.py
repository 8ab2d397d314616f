"""AI Engine on real processes: from a file over a tuning and a gate into production; searches and agents whose runner is killed (-9)."""

import random
import time
from typing import Any

import pytest

from tests.journeys.customer import Customer
from tests.journeys.messy import messy
from tests.journeys.platform import Platform
from tests.journeys.test_datasets import ACME, checked, send
from tests.waiting import until

pytestmark = [pytest.mark.journey, pytest.mark.soak]
EXPERIMENTS = "/v1/ai/experiments"
MODELS = "/v1/ai/models"
ENVIRONMENTS = "/v1/ai/rl-environments"
REGISTRY = "/v1/ai/registry"
STUDIO = "/api/ai-studio/models"
ENDED = {"completed", "failed", "stopped", "cancelled"}
STOPPED_WITHIN_S = 10.0
SEARCH = {
    "name": "Forest of our desk",
    "model_type": "random_forest",
    "features": ["rsi_14", "price_ma_50_ratio", "sentiment_score"],
    "target": "direction_next_hour",
    "parameters": {"n_estimators": 60},
    "hyperparameter_space": {
        "max_depth": {"type": "int", "min": 2, "max": 8},
        "min_samples_leaf": {"type": "int", "min": 1, "max": 20},
    },
    "optimization_metric": "val_accuracy",
    "validation": {"method": "purged_kfold", "folds": 3},
    "max_trials": 10,
    "seed": 7,
}
ENVIRONMENT = {
    "name": "Apple, day by day",
    "type": "stock_trading",
    "parameters": {"symbols": ["AAPL"], "reward_function": "profit", "window": 10},
    "data_source": {"type": "historical", "dataset_id": "packaged_AAPL_1d", "start_date": "2005-01-01", "end_date": "2012-12-31"},
}
AGENT = {"agent_type": "ppo", "hyperparameters": {"n_steps": 512}, "total_timesteps": 40_000, "eval_freq": 4000, "seed": 3}


async def asked(customer: Customer, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """Return what is answered to a request that is accepted."""
    return dict((await customer.persist(method, path, body=body, accept={200, 201, 202})).json())


async def in_time(customer: Customer, path: str, *, within: float = 240.0) -> dict[str, Any]:
    """Wait until what is shown there has ended, and return it."""
    found: dict[str, Any] = {}

    async def ended() -> bool:
        found.update(await asked(customer, "GET", path))
        return found["status"] in ENDED

    await until(ended, what=f"the end of {path}", within=within)
    return found


async def a_dataset(customer: Customer) -> str:
    """Return the id of a file of the desk's own, checked."""
    dataset_id = str((await send(customer, messy(), **ACME))["dataset_id"])
    dataset = await checked(customer, dataset_id)
    assert dataset["status"] == "ready", dataset
    return dataset_id


async def begun(customer: Customer, dataset_id: str, **changes: Any) -> str:
    """Make an experiment and start it; return its path."""
    made = await asked(customer, "POST", EXPERIMENTS, SEARCH | {"dataset_id": dataset_id} | changes)
    path = f"{EXPERIMENTS}/{made['id']}"
    assert (await asked(customer, "POST", f"{path}/start"))["status"] == "running"
    return path


async def tried(customer: Customer, path: str, *, least: int) -> None:
    """Wait until so many trials of an experiment have ended."""

    async def enough() -> bool:
        return bool((await asked(customer, "GET", path))["progress"]["completed_trials"] >= least)

    await until(enough, what=f"{least} trials of {path}")


async def trials_of(customer: Customer, path: str) -> list[tuple[int, dict[str, Any], dict[str, float]]]:
    """Return what an experiment has tried, in order."""
    rows = (await asked(customer, "GET", f"{path}/trials?sort_by=number&sort_order=asc"))["trials"]
    return [(row["number"], row["hyperparameters"], row["metrics"]) for row in rows]


async def the_runner_killed(platform: Platform) -> None:
    """kill -9 the runner that has a job."""

    async def killed() -> bool:
        return platform.kill_an_actor(random.Random(0)) is not None

    await until(killed, what="a runner at work")


async def trained(customer: Customer, model_id: str, dataset_id: str) -> None:
    """Train a model on a dataset."""
    job = await asked(customer, "POST", f"{MODELS}/{model_id}/train", {"dataset_id": dataset_id})
    done = await in_time(customer, f"{MODELS}/{model_id}/train/{job['job_id']}")
    assert done["status"] == "completed", done


async def learnt(customer: Customer, path: str, platform: Platform | None = None) -> dict[str, Any]:
    """Train an agent, its runner killed on the way where there is a platform to kill it on; return it."""
    accepted = await asked(customer, "POST", f"{path}/train", AGENT)
    job = f"{path}/train/{accepted['job_id']}"
    if platform is not None:

        async def half_way() -> bool:
            return bool((await asked(customer, "GET", job))["progress"]["timesteps"] >= AGENT["eval_freq"])

        await until(half_way, what="an agent half-way")
        await the_runner_killed(platform)
    done = await in_time(customer, job)
    assert done["status"] == "completed", done
    shown = f"{path}/agents/{accepted['agent_id']}"
    found: dict[str, Any] = {}

    async def ready() -> bool:
        found.update(await asked(customer, "GET", shown))
        return bool(found["status"] == "ready")

    await until(ready, what="an agent that is ready")
    return found


@pytest.mark.timeout(600)
async def test_a_file_is_tuned_on_registered_kept_out_by_a_gate_and_a_better_model_serves_in_every_face(platform: Platform) -> None:
    ada = await Customer(platform.gateway).sign_up()
    dataset_id = await a_dataset(ada)
    path = await begun(ada, dataset_id, features=["volume"], max_trials=3, parameters={"n_estimators": 20})
    search = await in_time(ada, path)
    assert search["status"] == "completed", search
    tuned = await asked(ada, "POST", f"{path}/model", {"name": "Tuned on volumes"})
    better = SEARCH | {"name": "Knows the mood", "type": "random_forest", "parameters": {"n_estimators": 20, "random_state": 1}}
    better = {name: better[name] for name in ("name", "type", "features", "target", "parameters")}
    models = [tuned["id"], (await asked(ada, "POST", MODELS, better))["id"]]
    for model_id in models:
        await trained(ada, model_id, dataset_id)
    versions = [await asked(ada, "POST", f"{REGISTRY}/desk/versions", {"model_id": model_id}) for model_id in models]
    weak, strong = (version["metrics"]["accuracy"] for version in versions)
    needed = (weak + strong) / 2
    await asked(ada, "PUT", f"{REGISTRY}/desk/gate", {"rules": [{"metric": "accuracy", "op": ">=", "value": needed}]})
    refused = await ada.call("PATCH", f"{REGISTRY}/desk/versions/1", body={"status": "production"})
    kept_out = await asked(ada, "GET", f"{REGISTRY}/desk/versions/1")
    promoted = await asked(ada, "PATCH", f"{REGISTRY}/desk/versions/2", {"status": "production"})
    name = await asked(ada, "GET", f"{REGISTRY}/desk")
    studio = await asked(ada, "GET", f"{STUDIO}/{models[1]}/")
    predicted = await asked(ada, "POST", f"{STUDIO}/{models[1]}/predict/", {"symbols": ["ACME"]})
    undeletable = await ada.call("DELETE", f"{MODELS}/{models[1]}")

    assert search["progress"]["best_trial"]["hyperparameters"].items() <= tuned["parameters"].items()
    assert search["trials_counted"] == 3
    assert strong > weak
    assert refused.status_code == 409
    (finding,) = kept_out["gate"]
    assert refused.json()["error"]["details"] == {"failing": [finding["sentence"]]}
    assert (finding["metric"], finding["needed"], finding["actual"]) == ("accuracy", pytest.approx(needed), pytest.approx(weak))
    assert (promoted["status"], name["production"], name["model_id"]) == ("production", 2, models[1])
    assert [version["stage"] for version in studio["versions"]] == ["production"]
    assert [row["symbol"] for row in predicted["predictions"]] == ["ACME"]
    assert undeletable.status_code == 409
    await ada.close()


@pytest.mark.timeout(600)
async def test_an_experiment_whose_runner_is_killed_ends_with_the_same_trials(platform: Platform) -> None:
    ada = await Customer(platform.gateway).sign_up()
    dataset_id = await a_dataset(ada)
    disturbed = await begun(ada, dataset_id)
    await tried(ada, disturbed, least=2)
    await the_runner_killed(platform)
    before = (await asked(ada, "GET", disturbed))["status"]
    ended = await in_time(ada, disturbed)
    calm = await begun(ada, dataset_id)
    other = await in_time(ada, calm)

    assert before == "running"
    assert [each["status"] for each in (ended, other)] == ["completed", "completed"], (ended["error"], other["error"])
    assert await trials_of(ada, disturbed) == await trials_of(ada, calm)
    assert ended["holdout_metrics"] == other["holdout_metrics"]
    await ada.close()


@pytest.mark.timeout(600)
async def test_a_running_experiment_stops_within_ten_seconds_keeps_its_trials_and_can_be_resumed(platform: Platform) -> None:
    ada = await Customer(platform.gateway).sign_up()
    dataset_id = await a_dataset(ada)
    path = await begun(ada, dataset_id, max_trials=50, parallel_trials=2, parameters={"n_estimators": 200})
    await tried(ada, path, least=2)
    began = time.monotonic()
    stopping = await asked(ada, "POST", f"{path}/stop")
    stopped = await in_time(ada, path)
    took = time.monotonic() - began
    kept = [row for row in await trials_of(ada, path) if row[2]]
    await asked(ada, "POST", f"{path}/resume", {"max_trials": stopped["progress"]["completed_trials"] + 1})
    resumed = await in_time(ada, path)
    trials = await trials_of(ada, path)

    assert (stopping["status"], stopped["status"]) == ("stopping", "stopped")
    assert took < STOPPED_WITHIN_S, took
    assert len(kept) >= 2
    assert resumed["status"] == "completed", resumed["error"]
    assert [row for row in kept if row not in trials] == []
    await ada.close()


@pytest.mark.timeout(600)
async def test_an_agent_whose_runner_is_killed_learns_on_and_is_the_same_agent(platform: Platform) -> None:
    ada = await Customer(platform.gateway).sign_up()
    path = f"{ENVIRONMENTS}/{(await asked(ada, 'POST', ENVIRONMENTS, ENVIRONMENT))['id']}"
    disturbed = await learnt(ada, path, platform)
    calm = await learnt(ada, path)
    listed = await asked(ada, "GET", f"{MODELS}?type=reinforcement_learning")

    assert disturbed["results"]["metrics"] == calm["results"]["metrics"]
    assert disturbed["results"]["baselines"] == calm["results"]["baselines"]
    assert [row["id"] for row in listed["models"]] == [disturbed["id"], calm["id"]]
    await ada.close()
