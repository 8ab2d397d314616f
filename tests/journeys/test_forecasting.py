"""Networks from the draft to their answers: a forecaster trained by two workers, and a classifier of windows that tells every epoch."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.client.command import Command
from tests.client.people import Person
from tests.journeys.customer import Customer
from tests.journeys.platform import Platform

pytestmark = pytest.mark.journey
STUDIO = "/api/ai-studio"
DRAFT = {
    "name": "A week ahead",
    "model_type": "TIME_SERIES",
    "algorithm": "NHITS",
    "features": ["rsi_14", "volatility_20"],
    "hyperparameters": {"encoder_length": 15, "hidden_size": 8, "max_epochs": 3},
    "training_config": {"symbols": ["AAPL", "MSFT"], "start_date": "2010-01-01", "cross_validation_folds": 0, "num_workers": 2},
}

WINDOWS = {
    "name": "Ten bars back",
    "model_type": "CLASSIFICATION",
    "algorithm": "LSTM",
    "features": ["rsi_14", "volatility_20"],
    "hyperparameters": {"sequence_length": 10, "hidden_size": 8, "max_epochs": 4, "early_stopping_patience": None},
    "training_config": {"symbols": ["AAPL", "MSFT"], "start_date": "2010-01-01", "cross_validation_folds": 0},
}


async def trained(customer: Customer, draft: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Train a model to its end; return its id and the job."""
    model_id = await customer.make_model(draft)
    job = await customer.ended(await customer.train(model_id), within=600)
    assert job["status"] == "COMPLETED", job
    return model_id, job


async def answer(customer: Customer, method: str, path: str, body: Any = None) -> Any:
    return (await customer.persist(method, f"{STUDIO}{path}", body=body, accept={200})).json()


@pytest.mark.timeout(900)
async def test_a_forecaster_is_trained_by_two_workers_and_says_the_close_to_come(platform: Platform, tmp_path: Path) -> None:
    customer = await Customer(platform.gateway).sign_up()
    model_id, job = await trained(customer, DRAFT)
    ask = partial(answer, customer)
    assert (job["current_epoch"], job["total_epochs"]) == (3, 3)

    (told,) = (await ask("POST", f"/models/{model_id}/predict/", {"symbols": ["AAPL"]}))["predictions"]
    interval = told["interval"]
    assert interval["low"] < told["prediction"] < interval["high"]
    assert (interval["level"], told["confidence"], told["horizon"]) == (0.9, 0.9, 5)
    assert told["base_value"] + sum(told["feature_contributions"].values()) == pytest.approx(told["prediction"])

    types = Command(platform.gateway, tmp_path).log_in(Person(platform.gateway, customer.username, customer.password))
    table = (await asyncio.to_thread(types, "predict", model_id, "AAPL")).out
    assert "90% interval" in table
    assert f"{interval['low']:.6g} to {interval['high']:.6g}" in table

    days = "start_date=2012-12-03&end_date=2012-12-07"
    explained = await ask("GET", f"/models/{model_id}/explain/?symbols=AAPL,MSFT&{days}")
    batch = {"symbols": ["AAPL", "MSFT"], "start_date": "2012-12-03", "end_date": "2012-12-07"}
    predicted = await ask("POST", f"/models/{model_id}/batch-predict/", batch)
    assert explained["count"] == predicted["count"] == 10
    assert sum(explained["feature_importance_global"].values()) == pytest.approx(1)
    for row, same in zip(explained["explanations"], predicted["predictions"], strict=True):
        assert row["base_value"] + sum(row["shap_values"].values()) == pytest.approx(row["prediction_value"])
        assert row["prediction_value"] == pytest.approx(same["prediction"])
        assert same["interval"]["low"] < same["prediction"] < same["interval"]["high"]

    ranked = (await ask("GET", f"/models/{model_id}/feature-importance/"))["feature_importance"]
    assert set(ranked) == {"rsi_14", "volatility_20", "log_return_1", "day_of_week"}
    metrics = (await ask("GET", f"/models/{model_id}/"))["performance_metrics"]
    assert 0.5 < metrics["interval_coverage"] <= 1
    await customer.close()


@pytest.mark.timeout(900)
async def test_a_classifier_of_windows_tells_its_epochs_and_why_it_thinks_so(platform: Platform) -> None:
    customer = await Customer(platform.gateway).sign_up()
    model_id, job = await trained(customer, WINDOWS)
    ask = partial(answer, customer)
    assert (job["current_epoch"], job["total_epochs"]) == (4, 4)
    assert 1 <= job["best_epoch"] <= 4
    assert job["current_metrics"]["loss"] > 0

    (told,) = (await ask("POST", f"/models/{model_id}/predict/", {"symbols": ["AAPL"]}))["predictions"]
    assert told["prediction"] in {"BUY", "HOLD", "SELL"}
    assert set(told["feature_contributions"]) == {"rsi_14", "volatility_20"}
    explained = await ask("GET", f"/models/{model_id}/explain/?symbols=AAPL,MSFT&start_date=2012-12-03&end_date=2012-12-07")
    assert explained["count"] == 10
    for row in explained["explanations"]:
        assert row["base_value"] + sum(row["shap_values"].values()) == pytest.approx(row["prediction_value"])
    ranked = (await ask("GET", f"/models/{model_id}/feature-importance/"))["feature_importance"]
    assert set(ranked) == {"rsi_14", "volatility_20"}
    await customer.close()
