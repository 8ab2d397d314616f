"""Stories of runs of recipes in ML Development: measured by the platform, or reported by an outside worker, and never mixed."""

import hashlib

import pytest

from libs.contracts.envelope import now
from libs.contracts.job_kinds import JobKind
from libs.contracts.recipe_runs import RecipeRunSpec
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.jobs.terms import Outcome
from services.gateway.usecases.jobs.make_recipe_version import MakeRecipeVersion
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.recipe_runs import (
    METRICS,
    REASON,
    RECIPE,
    VERSION,
    answered,
    call,
    complete,
    progress,
    registered,
    run_is,
    started,
)
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
REPORT = {"status": "succeeded", "metrics_json": {"revenue_lift": 0.045}}


async def test_a_training_is_accepted_followed_and_answers_what_it_measured_and_made(studio: World, ada: User, eve: User) -> None:
    model = await registered(ada)

    run = await started(ada, model_id=model)
    spec = RecipeRunSpec.model_validate((await heard(studio, run["job_id"])).spec)
    running = await progress(studio, ada, run)
    done = await complete(studio, ada, run)
    files = {path: await call(ada, "GET", link.removeprefix("/api/ml-development")) for path, link in done["artifacts_json"].items()}
    manifest = files["model_path"].json()

    assert (run["status"], run["started_at"], run["finished_at"], run["metrics_source"]) == ("queued", None, None, None)
    assert (spec.run_type.value, spec.model_id, spec.version, spec.manifest["seed"]) == ("train", model, "1.0", 7)
    assert (running["progress"], running["stage"]) == (50, "fitting")
    assert (done["metrics_json"], done["metrics_source"], done["model_version"]) == (METRICS, "measured", "1.0")
    assert done["reasons"]["metrics_json.margin_impact"] == REASON
    assert (done["baseline"]["constant_price"]["revenue_lift"], done["intervals"]["revenue_lift"]["low"]) == (0.0, 0.01)
    assert {path: answer.status_code for path, answer in files.items()} == dict.fromkeys(done["artifacts_json"], 200)
    assert hashlib.sha256(files["model/trees.txt"].content).hexdigest() == manifest["files"]["trees.txt"]["sha256"]
    assert files["report.html"].headers["content-security-policy"].endswith("sandbox")
    missing = [await call(eve, "GET", f"/runs/{run['id']}"), await call(eve, "PUT", f"/runs/{run['id']}", REPORT)]
    assert [(answer.status_code, answer.json()) for answer in missing] == [(404, {"detail": "Run not found"})] * 2


async def test_a_run_that_is_reported_before_its_end_is_its_workers_and_costs_nothing(studio: World, ada: User) -> None:
    model = await registered(ada)
    run = await started(ada, model_id=model)

    taken = await answered(ada, "PUT", f"/runs/{run['id']}", {"status": "running", "logs_text": "Epoch 1/10..."})
    done = await answered(ada, "PUT", f"/runs/{run['id']}", REPORT | {"artifacts_json": {"model_path": "/mnt/model"}})
    again = await answered(ada, "PUT", f"/runs/{run['id']}", REPORT)
    back = await call(ada, "PUT", f"/runs/{run['id']}", {"status": "running"})
    listed = await answered(ada, "GET", f"/runs?model_id={model}&status=succeeded")
    failed = await answered(ada, "GET", f"/runs?model_id={model}&status=failed")
    shown = await answered(ada, "GET", f"/models/{model}")

    async def is_wished() -> bool:
        return run["job_id"] in studio.training.wishes

    assert (listed["runs"][0]["logs_text"], listed["runs"][0]["artifacts_json"]) == (None, {})
    assert (taken["status"], taken["finished_at"], taken["logs_text"]) == ("running", None, "Epoch 1/10...")
    await until(is_wished, what="the wish that its job be cancelled")
    assert (done["status"], done["metrics_json"], done["metrics_source"]) == ("succeeded", REPORT["metrics_json"], "reported")
    assert (done["baseline"], done["logs_text"]) == ({}, "Epoch 1/10...")
    assert done["finished_at"] == again["finished_at"]
    assert (back.status_code, back.json()["detail"].split(":")[0]) == (400, "Invalid status value")
    assert [each["id"] for each in listed["runs"]] == [run["id"]]
    assert (listed["total"], failed["total"]) == (1, 0)
    assert (shown["metrics"], shown["metrics_source"]) == (REPORT["metrics_json"], "reported")
    assert (shown["versions"][0]["metrics"], shown["versions"][0]["artifact"]) == ({}, None)


async def test_what_is_reported_of_a_measured_run_stands_beside_it(studio: World, ada: User) -> None:
    model = await registered(ada)
    run = await complete(studio, ada, await started(ada, model_id=model))

    told = await answered(ada, "PUT", f"/runs/{run['id']}", {"metrics_json": {"revenue_lift": 9.0}})
    nothing = await answered(ada, "PUT", f"/runs/{run['id']}", {})
    refused = await call(ada, "PUT", f"/runs/{run['id']}", {"status": "failed"})
    shown = await answered(ada, "GET", f"/models/{model}")

    assert (told["metrics_json"], told["metrics_source"]) == (METRICS, "measured")
    assert told["reported"]["metrics_json"] == {"revenue_lift": 9.0}
    assert nothing["reported"] == told["reported"]
    assert refused.status_code == 400
    assert (shown["metrics"], shown["metrics_source"]) == (METRICS, "measured")
    assert shown["versions"][0]["reported"] == {"revenue_lift": 9.0}


async def test_a_report_that_is_slower_than_the_next_one_does_not_bring_its_older_figures_back(studio: World, ada: User) -> None:
    model = await registered(ada)
    run = await complete(studio, ada, await started(ada, model_id=model))
    parts = studio.gateway.platform.job_parts
    versions = parts.start.effects[Outcome.RECIPE_VERSION]
    assert isinstance(versions, MakeRecipeVersion)

    await answered(ada, "PUT", f"/runs/{run['id']}", {"metrics_json": {"revenue_lift": 9.0}})
    slower = await parts.jobs.get(run["job_id"], account_id=ada.account_id, kind=JobKind.RUN_RECIPE)
    await answered(ada, "PUT", f"/runs/{run['id']}", {"metrics_json": {"revenue_lift": 10.0}})
    await versions.reported(slower, at=now())

    assert (await answered(ada, "GET", f"/models/{model}"))["versions"][0]["reported"] == {"revenue_lift": 10.0}


async def test_an_evaluation_reads_the_files_of_the_version_that_serves(studio: World, ada: User) -> None:
    model = await registered(ada)
    fresh = RecipeRunSpec.model_validate((await heard(studio, (await started(ada, "eval", model_id=model))["job_id"])).spec)
    made = await complete(studio, ada, await started(ada, model_id=model))
    later = RecipeRunSpec.model_validate((await heard(studio, (await started(ada, "eval", model_id=model))["job_id"])).spec)

    assert (fresh.artifact, fresh.version) == (None, "")
    assert later.artifact is not None
    assert (later.version, made["model_version"]) == ("1.0", "1.0")
    artifact = (await answered(ada, "GET", f"/models/{model}"))["versions"][0]["artifact"]
    assert later.artifact.sha256 == artifact


async def test_a_report_comes_back_as_it_was_sent_whatever_its_worker_calls_things(ada: User) -> None:
    run = await started(ada)
    said = {"$ref": "a", "$id": 1, "$where": "1", "a.b": {"$ref": "b", "$id": "c"}, "": 0.5, "revenue_lift": 0.045}

    told = await answered(ada, "PUT", f"/runs/{run['id']}", {"status": "running", "metrics_json": said, "artifacts_json": said})
    listed = await answered(ada, "GET", "/runs")
    shown = await answered(ada, "GET", f"/runs/{run['id']}")

    assert (shown["metrics_json"], shown["artifacts_json"]) == (said, said)
    assert told["reported"] == shown["reported"]
    assert listed["runs"][0]["metrics_json"] == said


async def test_a_note_on_a_run_leaves_it_the_platforms_and_its_workers_own_can_be_ended(studio: World, ada: User) -> None:
    run = await started(ada)

    noted = await answered(ada, "PUT", f"/runs/{run['id']}", {"logs_text": "just a note"})
    wished_then = run["job_id"] in studio.training.wishes
    taken = await answered(ada, "PUT", f"/runs/{run['id']}", {"status": "running"})
    ended = await answered(ada, "DELETE", f"/runs/{run['id']}")
    again = await call(ada, "DELETE", f"/runs/{run['id']}")

    assert (noted["status"], noted["metrics_source"], noted["reported"]["logs_text"]) == ("queued", None, "just a note")
    assert not wished_then
    assert (taken["status"], taken["logs_text"]) == ("running", "just a note")
    assert (ended["status"], again.status_code) == ("failed", 409)


async def test_a_cancelled_run_has_failed_and_its_error_says_why(ada: User) -> None:
    run = await started(ada, "backtest")

    cancelled = await answered(ada, "DELETE", f"/runs/{run['id']}")
    again = await call(ada, "DELETE", f"/runs/{run['id']}")

    assert (cancelled["status"], cancelled["error"]["type"], cancelled["model_id"]) == ("failed", "CANCELLED", None)
    assert again.status_code == 409
    assert (await answered(ada, "GET", "/runs?status=failed&run_type=backtest"))["total"] == 1


async def test_the_same_request_twice_starts_one_run_and_an_estimate_none(ada: User) -> None:
    asked = {"recipe_id": RECIPE, "recipe_version_id": VERSION, "run_type": "backtest"}

    estimate = await answered(ada, "POST", "/runs/estimate", asked)
    runs = [await answered(ada, "POST", "/runs", asked, headers={"Idempotency-Key": "a-run"}) for _ in range(2)]

    assert estimate["fits"] == 5
    assert runs[0]["id"] == runs[1]["id"]
    assert runs[0]["reserved_cost"] == estimate["cost"]
    assert (await answered(ada, "GET", "/runs?limit=1"))["total"] == 1


async def test_words_outside_their_enum_are_400_and_what_is_missing_is_422(ada: User, eve: User) -> None:
    asked = {"recipe_id": RECIPE, "recipe_version_id": VERSION, "run_type": "trian"}
    theirs = await registered(eve)

    word = await call(ada, "POST", "/runs", asked)
    query = await call(ada, "GET", "/runs?status=done")
    missing = await call(ada, "POST", "/runs", {"recipe_id": RECIPE, "run_type": "train"})
    no_recipe = await call(ada, "POST", "/runs", asked | {"run_type": "train", "recipe_id": "recipe_of_nobody"})
    no_model = await call(ada, "POST", "/runs", asked | {"run_type": "train", "model_id": theirs})

    assert (word.status_code, word.json()["detail"].startswith("Invalid run_type value")) == (400, True)
    assert "Did you mean 'train'?" in word.json()["detail"]
    assert (query.status_code, query.json()["detail"].startswith("Invalid status value")) == (400, True)
    assert (missing.status_code, missing.json()["detail"][0]["loc"]) == (422, ["body", "recipe_version_id"])
    assert (no_recipe.status_code, no_recipe.json()) == (404, {"detail": "Recipe not found"})
    assert (no_model.status_code, no_model.json()) == (404, {"detail": "Model not found"})


async def test_a_tier_has_so_many_runs_at_once(studio: World) -> None:
    bob = await studio.user(Tier.FREE)
    for _ in range(2):
        await started(bob)

    refused = await call(bob, "POST", "/runs", {"recipe_id": RECIPE, "recipe_version_id": VERSION, "run_type": "train"})

    assert refused.status_code == 403
    assert "jobs" in refused.json()["detail"]


async def test_a_report_that_meets_the_runners_answer_leaves_what_was_measured(studio: World, ada: User) -> None:
    model = await registered(ada)
    run = await started(ada, model_id=model)
    studio.training.tells_cancellations = False
    try:
        await answered(ada, "PUT", f"/runs/{run['id']}", REPORT)
        await complete(studio, ada, run)

        async def measured() -> bool:
            return bool((await answered(ada, "GET", f"/models/{model}"))["metrics_source"] == "measured")

        await until(measured, what="the measured version")
    finally:
        studio.training.tells_cancellations = True

    shown = await run_is(ada, run["id"], "succeeded")
    assert (shown["metrics_json"], shown["reported"]["metrics_json"]) == (METRICS, REPORT["metrics_json"])


async def test_a_run_reads_a_file_of_its_account_as_it_was_when_it_was_started(studio: World, ada: User) -> None:
    sales = b"day,product,price,units\n2024-01-01,tea,2.0,10\n2024-01-02,tea,2.2,8\n"
    columns = {"time": "day", "product": "product", "price": "price", "quantity": "units"}
    manifest = {"data": {"source": "file:data/sales.csv", "columns": columns}}
    recipe = await answered(ada, "POST", "/recipes", {"name": "Mine", "model_family": "pricing", "level": "baseline", "manifest": manifest})
    version = (await answered(ada, "GET", f"/recipes/{recipe['id']}/versions"))["versions"][0]
    asked = {"recipe_id": recipe["id"], "recipe_version_id": version["version_id"], "run_type": "train"}
    assert (await ada.http.put("/api/v1/files/data/sale.csv", content=b"x")).status_code == 201

    missing = await call(ada, "POST", "/runs", asked)
    assert (await ada.http.put("/api/v1/files/data/sales.csv", content=sales)).status_code == 201
    run = await answered(ada, "POST", "/runs", asked)
    spec = RecipeRunSpec.model_validate((await heard(studio, run["job_id"])).spec)

    assert missing.status_code == 422
    assert missing.json()["detail"][0]["loc"] == ["body", "manifest_json", "data", "source"]
    assert "Did you mean 'data/sale.csv'?" in missing.json()["detail"][0]["msg"]
    assert spec.data is not None
    assert (spec.data.path, spec.data.artifact.sha256) == ("data/sales.csv", hashlib.sha256(sales).hexdigest())
