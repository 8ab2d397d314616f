"""A sentiment model's whole way: trained on headlines, registered, served, explained, scored, and its score learned from by a market model."""

import asyncio
import json

import pytest

from tests.journeys.customer import Customer
from tests.journeys.platform import Platform
from tests.journeys.text_customer import finished, said, send, trained
from tests.training.texts.headlines import headlines

NEWS = "published_at,ticker,headline\n" + "".join(
    f"2012-{month:02}-{day:02}T15:00:00Z,AAPL,Acme {what}\n"
    for month in range(1, 13)
    for day, what in ((3, "beats estimates"), (10, "misses estimates"), (17, "raises its outlook"), (24, "cuts its outlook"))
)


@pytest.mark.soak
async def test_a_sentiment_model_is_trained_served_and_its_score_is_a_feature(platform: Platform) -> None:
    # Given a model that was trained on headlines and registered in Production
    customer = await Customer(platform.gateway).sign_up()
    run = await trained(customer, json.dumps(headlines(240)).encode())
    registered = await said(
        customer,
        "POST",
        "/registry/register",
        body={"model_path": f"{run['output_dir']}/model", "run_id": run["job_id"], "name": "desk-news", "stage": "Production"},
    )
    assert registered

    # When it is asked by name, with reasons, in three faces
    body = {"model": "models:/desk-news/Production", "texts": ["Borealis Energy surges after approval", "Acme plunges after a probe"]}
    told = await said(customer, "POST", "/predict", body=body | {"explain": True})
    engine = await customer.call("POST", "/v1/ai/predictions", body={"model_id": "desk-news", "data": {"texts": body["texts"]}})
    studio = await customer.call("POST", f"/api/ai-studio/models/{told['model_id']}/predict/", body={"texts": body["texts"]})

    # Then it answers alike, and the words that made it are named
    labels = [each["label"] for each in told["predictions"]]
    assert labels == ["positive", "negative"]
    assert [each["value"] for each in engine.json()["predictions"]] == labels
    assert [each["label"] for each in studio.json()["predictions"]] == labels
    for text, prediction in zip(body["texts"], told["predictions"], strict=True):
        why = prediction["attribution"]
        assert why["base_value"] + sum(span["contribution"] for span in why["spans"]) == pytest.approx(prediction["probability"], abs=1e-6)
        assert all(text[span["start"] : span["end"]] == span["text"] for span in why["spans"])

    # And its score of texts is a feature of a model of markets
    await send(customer, "data/news.csv", NEWS.encode())
    scores = await said(customer, "POST", "/score", body={"model": "desk-news", "data_path": "data/news.csv", "dataset_name": "News"})
    scored = await finished(customer, f"/score/{scores['job_id']}")
    (dataset,) = scored["datasets"]
    assert (dataset["texts"], scored["left_out"]) == (48, {})
    model = {
        "name": "AAPL with news",
        "model_type": "CLASSIFICATION",
        "algorithm": "RANDOM_FOREST",
        "target_variable": "signal_type",
        "features": ["rsi_14", "sentiment_score", "sentiment_texts"],
        "hyperparameters": {"n_estimators": 20, "max_depth": 4, "random_state": 42},
        "training_config": {"symbols": [dataset["dataset_symbol"]], "cross_validation_folds": 0},
    }
    job = await customer.ended(await customer.train(await customer.make_model(model)))
    assert job["status"] == "COMPLETED", job
    await asyncio.gather(customer.close())
