"""A recipe on real processes: trained by a runner that is killed (-9), evaluated, backtested, in production, its files read back."""

import asyncio
import hashlib
import random
import time
from typing import Any, Final

import pytest

from tests.journeys.customer import Customer
from tests.journeys.platform import Platform
from tests.waiting import until

pytestmark = [pytest.mark.journey, pytest.mark.soak]
FACE: Final = "/api/ml-development"
RECIPE: Final = {"recipe_id": "recipe_pricing_base", "recipe_version_id": "ver_pricing_base_v1"}


async def said(customer: Customer, method: str, path: str, *, body: Any = None) -> dict[str, Any]:
    """Return an answer."""
    answer = await customer.call(method, f"{FACE}{path}", body=body)
    assert answer.status_code in {200, 201}, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def begun(customer: Customer, run_type: str, **body: Any) -> dict[str, Any]:
    """Start a run of the platform's own recipe of prices."""
    return await said(customer, "POST", "/runs", body=RECIPE | {"run_type": run_type} | body)


async def finished(customer: Customer, run: dict[str, Any], *, within: float = 300.0) -> dict[str, Any]:
    """Wait until a run has ended well, and return it."""
    deadline = time.monotonic() + within
    while (told := await said(customer, "GET", f"/runs/{run['id']}"))["status"] not in {"succeeded", "failed"}:
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.3)
    assert told["status"] == "succeeded", told
    return told


async def killed_on_its_way(customer: Customer, run: dict[str, Any], platform: Platform) -> None:
    """kill -9 the runner of a run that is at work."""

    async def works() -> bool:
        return (await said(customer, "GET", f"/runs/{run['id']}"))["status"] == "running"

    async def killed() -> bool:
        return platform.kill_an_actor(random.Random(0)) is not None

    await until(works, what="a run at work")
    await until(killed, what="a runner at work")


async def read(customer: Customer, run: dict[str, Any]) -> dict[str, bytes]:
    """Return the files of a run's model, and its report, by their names."""
    found = {}
    for name, link in run["artifacts_json"].items():
        answer = await customer.http.get(link)
        assert answer.status_code == 200, answer.text
        found[name] = answer.content
    return found


@pytest.mark.timeout(900)
async def test_a_training_whose_runner_is_killed_makes_the_same_model_which_goes_into_production(platform: Platform) -> None:
    # Given two models of the same recipe, of whose trainings one loses its runner on the way
    ada = await Customer(platform.gateway).sign_up()
    models = [(await said(ada, "POST", "/models", body=RECIPE | {"name": name}))["id"] for name in ("Disturbed", "Calm")]
    disturbed = await begun(ada, "train", model_id=models[0])
    await killed_on_its_way(ada, disturbed, platform)
    disturbed = await finished(ada, disturbed)
    calm = await finished(ada, await begun(ada, "train", model_id=models[1]))

    # When it goes into production, and is evaluated, and the recipe is played back through time
    production = await said(ada, "PUT", f"/models/{models[0]}", body={"status": "production"})
    evaluated = await finished(ada, await begun(ada, "eval", model_id=models[0]))
    played = await finished(ada, await begun(ada, "backtest"))

    # Then the killed training has made what the other one has, to the byte, which measures the same when it is opened again
    one, other = await read(ada, disturbed), await read(ada, calm)
    assert disturbed["attempts"] > 1
    made = [name for name in one if name.startswith("model/") and name != "model/manifest.json"]
    assert made
    assert [name for name in made if hashlib.sha256(one[name]).digest() != hashlib.sha256(other[name]).digest()] == []
    assert disturbed["metrics_json"] == calm["metrics_json"] == evaluated["metrics_json"]
    assert (production["status"], production["metrics_source"]) == ("production", "measured")
    assert (evaluated["model_version"], len(played["folds"])) == ("1.0", 5)
    assert one["report.html"].startswith(b"<!DOCTYPE html>")
    await ada.close()
