"""AI Engine's trainings: on a dataset, with callbacks, followed epoch by epoch, cancelled."""

from typing import Any

import pytest
import pytest_asyncio

from tests.faces.shapes import differences
from tests.gateway.datasets.desk import Clerk
from tests.gateway.engine.desk import DATASET, MODELS, Engineer
from tests.gateway.studio.doubles import TOO_FEW_ROWS
from tests.gateway.studio.own_candles import give
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
STOP = {"type": "early_stopping", "parameters": {"patience": 10, "monitor": "val_loss", "min_delta": 0.001}}
NETWORK: dict[str, Any] = {"type": "gru", "parameters": {"hidden_size": 16, "dropout_rate": 0.2}}
FORECASTER: dict[str, Any] = {
    "type": "temporal_fusion_transformer",
    "parameters": {"hidden_size": 128, "num_heads": 4, "dropout_rate": 0.1},
    "features": ["price_open", "price_high", "price_low", "price_close", "volume", "sentiment_score"],
    "target": "price_close_next_day",
}
DOCUMENTED: dict[str, Any] = {
    "hyperparameters": {"learning_rate": 0.001, "batch_size": 64, "epochs": 100},
    "validation_split": 0.2,
    "callbacks": [{"type": "early_stopping", "parameters": {"patience": 10, "monitor": "val_loss"}}],
}
QUEUED = {"job_id": "job_123456", "model_id": "model_123456", "status": "queued", "created_at": "2025-06-06T10:05:00Z"}
RUNNING = QUEUED | {"progress": {"current_epoch": 45, "total_epochs": 100, "metrics": {}}}


@pytest_asyncio.fixture(loop_scope="session")
async def engineer(studio: World, ada: User) -> Engineer:
    return Engineer(studio, ada)


async def test_a_training_asks_for_what_its_request_says(studio: World, engineer: Engineer) -> None:
    model_id = await engineer.made(**NETWORK)
    slower = {"type": "reduce_lr_on_plateau", "parameters": {"factor": 0.1, "patience": 3}}
    body = {
        "dataset_id": DATASET,
        "hyperparameters": {"learning_rate": 0.002, "batch_size": 128, "epochs": 30, "dropout_rate": 0.3},
        "validation_split": 0.25,
        "callbacks": [STOP, slower, {"type": "checkpoint"}],
    }

    answer = await engineer.call("POST", f"/{model_id}/train", body, key="train")
    again = await engineer.call("POST", f"/{model_id}/train", body, key="train")

    queued = answer.json()
    assert answer.status_code == 202
    assert list(differences(QUEUED, queued)) == []
    assert again.json()["job_id"] == queued["job_id"]
    await engineer.user.job_is(queued["job_id"], "PENDING")
    spec = (await studio.training.heard(queued["job_id"])).spec
    assert spec.hyperparameters == {
        "hidden_size": 16,
        "dropout": 0.3,
        "learning_rate": 0.002,
        "batch_size": 128,
        "max_epochs": 30,
        "early_stopping_patience": 10,
        "early_stopping_min_delta": 0.001,
        "lr_plateau_factor": 0.1,
        "lr_plateau_patience": 3,
    }
    assert (spec.symbols, spec.timeframe, spec.training_config["train_test_split"]) == (("AAPL",), "1d", 0.75)
    model = await engineer.get(f"/{model_id}")
    assert (model["status"], model["active_job_id"], model["symbols"]) == ("training", queued["job_id"], ["AAPL"])
    assert model["parameters"] == NETWORK["parameters"]

    # What was wished for one training is its own: the next is on the same candles, and as the model says.
    await studio.training.complete(queued["job_id"])
    await engineer.user.job_is(queued["job_id"], "COMPLETED")
    following = (await studio.training.heard(await engineer.queued(model_id, dataset_id=None))).spec
    assert (following.symbols, following.timeframe) == (("AAPL",), "1d")
    assert following.training_config.get("train_test_split") != 0.75


async def test_a_training_is_followed_epoch_by_epoch_to_its_end(studio: World, engineer: Engineer, eve: User) -> None:
    model_id = await engineer.made(**NETWORK)
    job_id = await engineer.queued(model_id)

    waiting = await engineer.get(f"/{model_id}/train/{job_id}")
    await studio.training.progress(job_id, 45)
    await engineer.user.job_is(job_id, "RUNNING")
    running = await engineer.get(f"/{model_id}/train/{job_id}")
    await studio.training.complete(job_id)
    await engineer.user.job_is(job_id, "COMPLETED")
    done = await engineer.get(f"/{model_id}/train/{job_id}")

    assert list(differences(RUNNING, running)) == []
    assert (waiting["status"], waiting["started_at"], waiting["reasons"]["started_at"]) == ("queued", None, "The job waits for a runner.")
    progress = running["progress"]
    assert (progress["current_epoch"], progress["total_epochs"]) == (12, 20)
    assert (progress["metrics"]["loss"], progress["percent"], progress["stage"]) == (1.1, 45, "fitting")
    assert "not measured" in running["reasons"]["progress.metrics.val_loss"]
    assert (done["status"], done["version"], done["error"]) == ("completed", "1.0", None)
    assert (await engineer.get(f"/{model_id}"))["status"] == "ready"
    other = await engineer.made()
    assert (await engineer.call("GET", f"/{other}/train/{job_id}")).status_code == 404
    assert (await eve.http.get(f"{MODELS}/{model_id}/train/{job_id}")).status_code == 404


async def test_a_training_that_is_cancelled_or_fails_says_so(studio: World, engineer: Engineer) -> None:
    model_id = await engineer.made()
    job_id = await engineer.queued(model_id)

    cancelled = await engineer.call("POST", f"/{model_id}/train/{job_id}/cancel")
    twice = await engineer.call("POST", f"/{model_id}/train/{job_id}/cancel")
    failing = await engineer.queued(model_id)
    await studio.training.fail(failing)
    await engineer.user.job_is(failing, "FAILED")
    failed = await engineer.get(f"/{model_id}/train/{failing}")

    assert (cancelled.status_code, cancelled.json()["status"], twice.status_code) == (200, "cancelled", 409)
    assert (failed["status"], failed["error"]) == ("failed", TOO_FEW_ROWS.message)
    assert (await engineer.get(f"/{model_id}"))["status"] == "failed"


async def test_what_cannot_be_trained_is_refused_with_what_can(engineer: Engineer) -> None:
    forest, network = await engineer.made(), await engineer.made(**NETWORK)

    unknown = await engineer.refused("POST", f"/{network}/train", {"dataset_id": DATASET, "callbacks": [{"type": "early_stop"}]})
    epochs = await engineer.refused("POST", f"/{forest}/train", {"dataset_id": DATASET, "callbacks": [STOP]})
    wrong = {"patience": 0, "monitor": "val_accuracy", "min_dleta": 1}
    values = await engineer.refused(
        "POST", f"/{network}/train", {"dataset_id": DATASET, "callbacks": [{"type": "early_stopping", "parameters": wrong}]}
    )
    renamed = await engineer.refused("POST", f"/{network}/train", {"dataset_id": DATASET, "hyperparameters": {"dropout_rate": 3}})
    split = await engineer.refused("POST", f"/{network}/train", {"dataset_id": DATASET, "validation_split": 0.9})
    missing = await engineer.refused("POST", f"/{network}/train", {})
    dataset = await engineer.call("POST", f"/{network}/train", {"dataset_id": "packaged_NONE_1d"})

    assert unknown["callbacks.0.type"] == ["Unknown callback 'early_stop'. Did you mean 'early_stopping'?"]
    assert "random_forest is not trained in epochs" in epochs["callbacks.0.type"][0]
    assert values["callbacks.0.parameters.patience"] == ["Must be a positive integer between 1 and 100."]
    assert "val_loss" in values["callbacks.0.parameters.monitor"][0]
    assert "Did you mean 'min_delta'?" in values["callbacks.0.parameters.min_dleta"][0]
    assert renamed == {"hyperparameters": ["Invalid parameter 'dropout_rate': must be a number between 0 and 0.8"]}
    assert list(split) == ["validation_split"]
    assert list(missing) == ["dataset_id"]
    assert dataset.status_code == 404


async def test_the_documented_training_looks_a_day_ahead_whatever_its_candles(studio: World, engineer: Engineer) -> None:
    columns = ("sentiment_score",)
    daily = await give(studio, engineer.user, symbol="DAYS", timeframe="1d", columns=columns)
    hourly = await give(studio, engineer.user, symbol="HOURS", columns=columns)
    weekly = await give(studio, engineer.user, symbol="WEEKS", timeframe="1w", columns=columns)
    model_id = await engineer.made(**FORECASTER)
    other_id = await engineer.made(**FORECASTER)

    first = await engineer.queued(model_id, dataset_id=daily, **DOCUMENTED)
    second = await engineer.queued(other_id, dataset_id=hourly, validation={"method": "walk_forward", "folds": 3}, refit=True)
    weeks = await engineer.refused("POST", f"/{other_id}/train", {"dataset_id": weekly})
    method = await engineer.refused("POST", f"/{other_id}/train", {"dataset_id": daily, "validation": {"method": "cpvc"}})

    specs = [(await studio.training.heard(job_id)).spec for job_id in (first, second)]
    assert [(spec.model_type, spec.target_variable) for spec in specs] == [("time_series", "price_close_next_day")] * 2
    assert [spec.training_config["horizon"] for spec in specs] == [1, 24]
    assert (specs[1].training_config["validation"]["folds"], specs[1].training_config["refit"]) == (3, True)
    assert "no whole number of 1w candles" in weeks["target"][0]
    assert "Did you mean 'cpcv'?" in method["validation.method"][0]


async def test_a_column_of_the_dataset_is_a_feature_and_one_that_it_lacks_is_refused(studio: World, engineer: Engineer, eve: User) -> None:
    dataset_id = await give(studio, engineer.user, symbol="ACME", columns=("sentiment_score",))
    good = await engineer.made(features=["price_close", "sentiment_score"])
    unknown = await engineer.made(features=["price_close", "sentiment_score"])
    bad = await engineer.made(features=["price_close", "weather"])

    job_id = await engineer.queued(good, dataset_id=dataset_id)
    lacking = await engineer.refused("POST", f"/{bad}/train", {"dataset_id": dataset_id})
    bare = await engineer.refused("POST", f"/{unknown}/train", {"dataset_id": "packaged_AAPL_1d"})
    others = await eve.http.post(f"{MODELS}/{good}/train", json={"dataset_id": dataset_id})

    request = await studio.training.heard(job_id)
    assert [each.dataset_id for each in request.spec.own] == [dataset_id]
    assert (request.spec.features, request.spec.timeframe) == (("price_close", "sentiment_score"), "1h")
    assert "sentiment_score" in lacking["features"][0]
    assert bare["features"][0].endswith("It is no column either: the candles of AAPL have no further ones.")
    assert others.status_code == 404


async def test_a_dataset_that_gives_no_candles_or_not_these_is_refused(studio: World, engineer: Engineer) -> None:
    clerk, model_id = Clerk(studio, engineer.user), await engineer.made()
    unchecked = await clerk.sent()
    text = (await clerk.send("text,label\nUp,1\n", kind="text", name="News")).json()
    own = await give(studio, engineer.user, symbol="AAPL", timeframe="1d")

    checking = await engineer.call("POST", f"/{model_id}/train", {"dataset_id": unchecked["dataset_id"]})
    words = await engineer.refused("POST", f"/{model_id}/train", {"dataset_id": text["dataset_id"]})
    shadowed = await engineer.refused("POST", f"/{model_id}/train", {"dataset_id": DATASET})

    assert (checking.status_code, checking.json()["error"]["code"]) == (409, "CONFLICT")
    assert "Must be a dataset of candles" in words["dataset_id"][0]
    assert f"{own} goes before it for AAPL 1d" in shadowed["dataset_id"][0]


async def test_a_day_on_hourly_candles_is_counted_in_sessions_of_the_datasets_calendar(studio: World, engineer: Engineer) -> None:
    hours = await give(studio, engineer.user, symbol="SHARE", timeframe="1h", calendar="XNYS")
    minutes = await give(studio, engineer.user, symbol="QUICK", timeframe="1m", calendar="XNYS")
    day, week = [await engineer.made(target=f"price_close_next_{unit}") for unit in ("day", "week")]

    jobs = [await engineer.queued(each, dataset_id=hours) for each in (day, week)]
    far = await engineer.refused("POST", f"/{day}/train", {"dataset_id": minutes})

    configs = [(await studio.training.heard(job_id)).spec.training_config for job_id in jobs]
    assert [(config["horizon"], config["horizon_in"]) for config in configs] == [(7, "sessions"), (35, "sessions")]
    assert "looks 390 candles of 1m ahead, and may look 100" in far["target"][0]


async def test_a_column_of_the_dataset_is_a_target_and_one_that_it_lacks_is_refused(studio: World, engineer: Engineer) -> None:
    dataset_id = await give(studio, engineer.user, symbol="MOOD", columns=("sentiment_score",))
    good = await engineer.made(target="sentiment_score_next_day")
    bad = await engineer.made(target="sentiment_scor_next_day")

    job_id = await engineer.queued(good, dataset_id=dataset_id)
    lacking = await engineer.refused("POST", f"/{bad}/train", {"dataset_id": dataset_id})
    bare = await engineer.refused("POST", f"/{good}/train", {"dataset_id": "packaged_AAPL_1d"})

    spec = (await studio.training.heard(job_id)).spec
    assert (spec.model_type, spec.target_variable, spec.training_config["horizon"]) == ("regression", "sentiment_score_next_day", 24)
    assert "Did you mean 'sentiment_score_next_day'?" in lacking["target"][0]
    assert "AAPL has no further columns" in bare["target"][0]


async def test_a_classifiers_probabilities_are_calibrated_where_it_is_asked_and_nothing_elses(studio: World, engineer: Engineer) -> None:
    classes = await engineer.made(type="random_forest", target="direction_next_day")
    numbers = await engineer.made(type="random_forest", target="return_next_day")

    job_id = await engineer.queued(classes, dataset_id=DATASET, calibration="platt")
    misspelt = await engineer.refused("POST", f"/{classes}/train", {"dataset_id": DATASET, "calibration": "plat"})
    refused = await engineer.refused("POST", f"/{numbers}/train", {"dataset_id": DATASET, "calibration": "isotonic"})

    assert (await studio.training.heard(job_id)).spec.training_config["calibration"] == "platt"
    assert "platt" in misspelt["calibration"][0]
    assert "A regression model answers no probabilities" in refused["calibration"][0]
