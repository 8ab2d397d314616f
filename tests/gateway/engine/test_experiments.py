"""Experiments and tunings: made, started, followed, stopped, resumed; their trials, evidence and the model of the best one."""

from datetime import timedelta

import pytest
import pytest_asyncio

from libs.contracts.envelope import now
from libs.contracts.tuning import TrialStatus
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.work import Work
from services.gateway.outbound.models.named_artifacts_mongo import NamedArtifactsMongo
from services.gateway.usecases.experiments.run_experiment import RunExperiment
from tests.faces.shapes import differences
from tests.gateway.engine.searching import AT, CREATED, EXPERIMENTS, FOREST, NO_METRIC, ROWS, SHOWN, TRIAL, Searcher, experiment, row
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def searcher(studio: World, ada: User) -> Searcher:
    return Searcher(studio, ada)


async def test_an_experiment_is_made_started_followed_and_tells_its_evidence(searcher: Searcher, eve: User) -> None:
    made = await searcher.call("POST", body=experiment(), key="made")
    again = await searcher.call("POST", body=experiment(), key="made")
    exp = made.json()["id"]
    begun = await searcher.call("POST", f"/{exp}/start", key="start")
    twice = await searcher.call("POST", f"/{exp}/start", key="start")
    job = begun.json()["job_id"]
    spec = await searcher.spec(job)
    await searcher.progress(job, row(0, loss=0.07), row(1, status=TrialStatus.RUNNING))
    running = await searcher.has_trials(1, f"/{exp}")
    await searcher.complete(job, *ROWS)
    done = await searcher.is_in("completed", f"/{exp}")

    assert (made.status_code, again.json()["id"], twice.json()["job_id"]) == (201, exp, job)
    assert list(differences(CREATED, made.json())) == []
    assert list(differences(SHOWN, running)) == []
    assert list(differences({"id": "e", "status": "running", "started_at": AT, "updated_at": AT}, begun.json())) == []
    assert set(spec.space) == {"hidden_size", "attention_head_size", "dropout", "learning_rate"}
    assert (spec.experiment_id, spec.base.symbols, spec.base.target_variable) == (exp, ("AAPL",), "price_close_next_day")
    assert (spec.sampler, spec.seed, spec.holdout, spec.objectives[0].metric) == ("tpe", 42, 0.2, "val_loss")
    assert running["reasons"]["pbo"] == "The search has not ended well, which is when it is computed."
    assert done["progress"]["best_trial"]["hyperparameters"] == {
        "hidden_size": 64, "num_heads": 2, "dropout_rate": 0.1, "learning_rate": 0.001,
    }  # fmt: skip
    assert (done["pbo"], done["deflated_sharpe"], done["trials_counted"], done["robustness"]["verdict"]) == (0.34, 0.61, 4, "plateau")
    assert (done["parameter_importance"], done["holdout_metrics"]) == ({"learning_rate": 0.6, "num_heads": 0.4}, {"val_loss": 0.07})
    assert done["reasons"]["seeds_noise"] == "One seed was asked for."
    for path in ("", "/trials", "/plots/history.png"):
        assert (await eve.http.get(f"{EXPERIMENTS}/{exp}{path}")).status_code == 404


async def test_trials_are_filtered_and_sorted_by_any_metric_those_without_it_last(searcher: Searcher) -> None:
    exp = await searcher.made()
    nothing = await searcher.get(f"/{exp}/trials")
    await searcher.complete(await searcher.started(exp), *ROWS)
    await searcher.is_in("completed", f"/{exp}")

    newest = await searcher.get(f"/{exp}/trials")
    by_loss = await searcher.get(f"/{exp}/trials", sort_by="val_loss")
    worst = await searcher.get(f"/{exp}/trials", sort_by="loss", sort_order="desc", limit=2)
    pruned = await searcher.get(f"/{exp}/trials", status="pruned")
    misspelt = await searcher.call("GET", f"/{exp}/trials", sort_by="val_los")
    picture = await searcher.call("GET", f"/{exp}/plots/history.png")
    missing = await searcher.call("GET", f"/{exp}/plots/histroy.png")

    assert (nothing["trials"], nothing["total"]) == ([], 0)
    assert list(differences(TRIAL, newest["trials"][0])) == []
    assert [each["number"] for each in newest["trials"]] == [3, 2, 1, 0]
    assert [each["number"] for each in by_loss["trials"]] == [1, 3, 0, 2]
    assert ([each["number"] for each in worst["trials"]], worst["total"]) == ([0, 3], 4)
    assert [each["reason"] for each in pruned["trials"]] == ["worse than the median"]
    assert (misspelt.status_code, "Did you mean 'val_loss'?" in misspelt.text) == (422, True)
    assert (picture.content, picture.headers["content-type"]) == (b"a picture", "image/png")
    assert (missing.status_code, "history.png" in missing.text) == (404, True)


async def test_a_stopped_experiment_keeps_its_trials_and_goes_on_with_them(searcher: Searcher) -> None:
    exp = await searcher.made()
    early = await searcher.call("POST", f"/{exp}/stop")
    unbegun = await searcher.call("POST", f"/{exp}/resume", {"max_trials": 9})
    job = await searcher.started(exp)
    await searcher.progress(job, row(0, loss=0.07), row(1, loss=0.05), row(2, status=TrialStatus.RUNNING))
    await searcher.has_trials(2, f"/{exp}")
    stopping = await searcher.call("POST", f"/{exp}/stop")
    deleted = await searcher.call("DELETE", f"/{exp}")
    await searcher.cancel(job)
    stopped = await searcher.is_in("stopped", f"/{exp}")
    trials = await searcher.get(f"/{exp}/trials", sort_by="number", sort_order="asc")
    few = await searcher.refused("POST", f"/{exp}/resume", {"max_trials": 2})
    started = await searcher.call("POST", f"/{exp}/start")
    measured = await searcher.call("POST", f"/{exp}/resume", {}, key="measure")
    measuring = await searcher.spec(measured.json()["job_id"])
    await searcher.fail(measured.json()["job_id"])
    await searcher.is_in("failed", f"/{exp}")
    resumed = await searcher.call("POST", f"/{exp}/resume", {"max_trials": 8}, key="resume")
    spec = await searcher.spec(resumed.json()["job_id"])
    await searcher.fail(resumed.json()["job_id"])
    failed = await searcher.is_in("failed", f"/{exp}")
    gone = await searcher.call("DELETE", f"/{exp}")

    assert [each.status_code for each in (early, unbegun, deleted, started)] == [409, 409, 409, 409]
    assert (stopping.json()["status"], list(differences({"id": "e", "status": "s", "updated_at": AT}, stopping.json()))) == ("stopping", [])
    assert stopped["progress"]["completed_trials"] == 2
    assert "resume it" in stopped["reasons"]["pbo"]
    assert [each["status"] for each in trials["trials"]] == ["completed", "completed", "failed"]
    assert few == {"max_trials": ["Must be above 2, as so many trials have ended: max_trials counts them all, and 2 leaves none to make."]}
    assert (measuring.max_trials, measuring.earlier_trials, measuring.earlier == spec.earlier) == (2, 2, True)
    assert (spec.max_trials, spec.earlier_trials, spec.earlier is not None) == (8, 2, True)
    assert (failed["error"], failed["progress"]["completed_trials"]) == ("no trial could be trained", 2)
    assert (gone.status_code, (await searcher.call("GET", f"/{exp}")).status_code) == (200, 404)


@pytest.mark.parametrize("goes_on", [False, True], ids=["start", "resume"])
async def test_a_start_that_was_cut_off_before_its_job_was_there_comes_again_and_starts_it(searcher: Searcher, *, goes_on: bool) -> None:
    exp, use = await searcher.made(), searcher.world.gateway.platform.job_parts
    run = RunExperiment(use.experiments, use.jobs, use.start, now)
    work = Work(seed=f"{exp}|again", began_ms=int(now().timestamp() * 1000))
    caller = Caller(searcher.user.account_id, "eve", Role.USER, Tier.ELITE, scopes_of(Role.USER), credential="session")
    if goes_on:
        await searcher.fail(await searcher.started(exp))
        await searcher.is_in("failed", f"/{exp}")
    kept = await use.experiments.get(exp, account_id=caller.account_id)
    spec = kept.resumed(max_trials=9) if goes_on else kept.spec
    await use.experiments.begin(exp, account_id=caller.account_id, job_id=work.new_id("job"), spec=spec, at=now())

    other = await searcher.call("POST", f"/{exp}/resume" if goes_on else f"/{exp}/start", {"max_trials": 9} if goes_on else None)
    again = await (run.resume(exp, max_trials=9, caller=caller, work=work) if goes_on else run.start(exp, caller=caller, work=work))

    assert other.status_code == 409
    assert (again.status, again.job_id) == ("running", work.new_id("job"))
    assert (await searcher.spec(work.new_id("job"))).max_trials == spec.max_trials


async def test_what_cannot_be_searched_is_told_at_once_by_field_with_the_nearest_names(searcher: Searcher) -> None:
    space = {
        "hiden_size": {"type": "int", "min": 1, "max": 2},
        "batch_size": {"type": "float", "min": 1, "max": 2},
        "dropout_rate": {"type": "float", "min": 0, "max": 7},
        "learning_rate": {"type": "float", "minn": 0.1, "max": 1},
        "random_state": {"type": "int", "min": 1, "max": 9},
    }
    wrong = await searcher.refused("POST", body=experiment(hyperparameter_space=space, optimization_metric="val_los"))
    classes = await searcher.refused("POST", body=experiment(optimization_metric="f1_score"))
    way = await searcher.refused("POST", body=experiment(optimization_direction="maximize"))
    grid = await searcher.refused("POST", body=experiment(sampler="grid"))
    word = await searcher.refused("POST", body=experiment(sampler="tpee"))
    values = await searcher.refused("POST", body=experiment(**FOREST, optimization_metric="mae"))
    error = await searcher.refused("POST", body=experiment(**FOREST, optimization_metric="mse"))
    twice = await searcher.refused("POST", body=experiment(**FOREST, parameters={"max_depth": 3}))
    both = await searcher.refused("POST", body=experiment(objectives=[{"metric": "sharpe"}]))
    learner = await searcher.refused("POST", body=experiment(model_type="tft", target="clos"))
    dataset = await searcher.call("POST", body=experiment(dataset_id="packaged_AAPL_1w"))
    key = await searcher.refused("POST", body=experiment(max_trial=3))
    method = await searcher.refused("POST", body=experiment(validation={"method": "purged_kfld"}))
    folds = await searcher.call("POST", body=experiment(validation={"method": "purged_kfold", "folds": 3}))

    at = "hyperparameter_space."
    assert "Did you mean 'hidden_size'?" in wrong[f"{at}hiden_size"][0]
    assert "Must be searched as int" in wrong[f"{at}batch_size"][0]
    assert wrong[f"{at}dropout_rate"][0].startswith("7")
    assert "Did you mean 'min'?" in wrong[f"{at}learning_rate"][0]
    assert "a lucky seed is no better model" in wrong[f"{at}random_state"][0]
    assert "Did you mean 'val_loss'?" in wrong["optimization_metric"][0]
    assert "A time_series model has no 'f1_score'" in classes["optimization_metric"][0]
    assert "mse" not in values["optimization_metric"][0].removeprefix("A classification model has no 'mae'.")
    assert "A classification model has no 'mse'." in error["optimization_metric"][0]
    assert "Is in parameters too" in twice["hyperparameter_space.max_depth"][0]
    assert way == {"optimization_direction": ["val_loss is better the other way: minimize."]}
    assert "A grid needs step or values of each float: learning_rate" in grid["sampler"][0]
    assert "Did you mean 'tpe'?" in word["sampler"][0]
    assert "not both" in str(both)
    assert {"model_type", "target"} == set(learner)
    assert dataset.status_code == 404
    assert "Did you mean 'max_trials'?" in key["max_trial"][0]
    assert "purged_kfold" in str(method)
    assert all(field.startswith("validation") for field in method)
    assert (folds.status_code, folds.json()["validation"]) == (201, {"method": "purged_kfold", "folds": 3})


async def test_a_tier_has_so_many_trials_and_experiments_are_listed_the_oldest_first(studio: World) -> None:
    searcher = Searcher(studio, await studio.user(Tier.FREE))
    many = await searcher.call("POST", body=experiment(max_trials=51))
    first, second = (
        await searcher.made(**FOREST),
        await searcher.made(objectives=[{"metric": "sharpe"}, {"metric": "turnover"}], **NO_METRIC),
    )
    await searcher.started(first)
    listed = await searcher.get()
    running = await searcher.get(status="running")
    several = await searcher.get(f"/{second}")

    assert (many.status_code, "max_trials" in many.json()["error"]["details"]) == (403, True)
    assert [each["id"] for each in listed["experiments"]] == [first, second]
    assert [each["id"] for each in running["experiments"]] == [first]
    assert [(each["metric"], each["direction"]) for each in several["objectives"]] == [("sharpe", "maximize"), ("turnover", "minimize")]
    assert several["reasons"]["optimization_metric"] == "There are several: see objectives."


async def test_the_best_trial_becomes_a_model_that_every_face_shows(searcher: Searcher) -> None:
    exp = await searcher.made()
    none = await searcher.call("POST", f"/{exp}/model", {})
    await searcher.complete(await searcher.started(exp), *ROWS)
    await searcher.is_in("completed", f"/{exp}")

    made = await searcher.call("POST", f"/{exp}/model", {"name": "Tuned"}, key="model")
    again = await searcher.call("POST", f"/{exp}/model", {"name": "Tuned"}, key="model")
    other = await searcher.call("POST", f"/{exp}/model", {"trial_id": "trial_3"})
    pruned = await searcher.call("POST", f"/{exp}/model", {"trial_id": "trial_2"})
    unknown = await searcher.call("POST", f"/{exp}/model", {"trial_id": "trial_4"})
    shown = await searcher.user.get(f"/models/{made.json()['id']}/")

    assert (none.status_code, made.status_code, again.json()["id"]) == (409, 201, made.json()["id"])
    assert (made.json()["trial_id"], made.json()["name"], made.json()["parameters"]["hidden_size"]) == ("trial_1", "Tuned", 64)
    assert (other.json()["trial_id"], pruned.status_code, unknown.status_code) == ("trial_3", 409, 404)
    assert (shown["hyperparameters"]["attention_head_size"], shown["training_config"]["symbols"]) == (2, ["AAPL"])


async def test_an_experiment_that_was_cut_off_before_its_job_was_there_can_be_started_again(studio: World, searcher: Searcher) -> None:
    exp = await searcher.made()
    job = await searcher.started(exp)
    await studio.database["jobs"].delete_one({"_id": job})
    fresh = await searcher.get(f"/{exp}")
    await studio.database["experiments"].update_one({"_id": exp}, {"$set": {"updated_at": now() - timedelta(minutes=2)}})

    lost = await searcher.get(f"/{exp}")
    again = await searcher.call("POST", f"/{exp}/start")

    assert (fresh["status"], lost["status"], lost["started_at"]) == ("running", "created", None)
    assert (again.status_code, again.json()["job_id"] != job) == (200, True)


async def test_what_an_experiment_has_left_is_kept_as_long_as_it_is(studio: World, searcher: Searcher) -> None:
    exp = await searcher.made()
    await searcher.complete(await searcher.started(exp), *ROWS)
    await searcher.is_in("completed", f"/{exp}")
    files = {searcher.kept(*ROWS).sha256, searcher.drawn(b"a picture").sha256, "candles"}
    # It can be resumed on the candles that it was begun on, whatever has become of their dataset.
    await studio.database["experiments"].update_one({"_id": exp}, {"$set": {"own": ["candles"]}})

    named = [set(others) async for _, others in NamedArtifactsMongo(studio.database).all()]
    await studio.gateway.platform.job_parts.experiments.forget(searcher.user.account_id)

    assert files in named
    assert (await searcher.call("GET", f"/{exp}")).status_code == 404
