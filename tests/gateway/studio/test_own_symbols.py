"""Symbols of one's own, wherever a symbol is used: for their owner before the packaged ones, for others unknown."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.contracts.backtests import BacktestSpec
from services.gateway.domain.models.model import Model
from tests.gateway.studio.own_candles import give
from tests.gateway.studio.selling import a_reviewer, an_offer
from tests.gateway.studio.subscribers import predict, subscribed
from tests.gateway.studio.world import User, World, new_model
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
ACME: dict[str, Any] = {"symbols": ["ACME"], "timeframe": "1h", "cross_validation_folds": 0}
BACKTEST = {"strategy_name": "rsi", "symbol": "ACME", "timeframe": "4h", "start_date": "2021-01-01", "end_date": "2022-01-01"}


async def refused(user: User, body: dict[str, Any]) -> dict[str, list[str]]:
    answer = await user.call("POST", "/models/", body)
    assert answer.status_code == 400, answer.text
    details: dict[str, list[str]] = answer.json()["error"]["details"]
    return details


async def kept(studio: World, model_id: str) -> Model:
    return await studio.gateway.platform.models.get(model_id, account_id=None)


async def test_a_model_learns_from_an_own_symbol_and_its_version_names_the_datasets_version(studio: World, ada: User) -> None:
    dataset_id = await give(studio, ada, columns=("sentiment_score",))
    features = ["rsi_14", "sentiment_score", "sentiment_score_lag_3"]
    model_id = await ada.make_model(training_config=ACME | {"timeframe": "1d"}, features=features)

    job_id = await ada.train(model_id)
    request = await studio.training.heard(job_id)
    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")

    (own,) = request.spec.own
    # Its columns, which may be hundreds, are in the file and not in every message.
    assert (own.symbol, own.timeframe, own.dataset_id, own.version, own.columns) == ("ACME", "1h", dataset_id, 1, ())
    model = await kept(studio, model_id)
    assert (model.spec.own, model.serving.spec.own) == ((), (own,))
    used = await studio.gateway.platform.datasets.users.of([dataset_id], account_id=ada.account_id)
    assert used[dataset_id] == [model_id]


async def test_a_dataset_that_a_training_reads_cannot_be_deleted_until_that_has_ended(studio: World, ada: User) -> None:
    dataset_id = await give(studio, ada)
    job_id = await ada.train(await ada.make_model(training_config=ACME))
    path = f"/v1/ai/datasets/{dataset_id}"

    refused = await ada.http.delete(path)
    await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
    await ada.job_is(job_id, "CANCELLED")
    deleted = await ada.http.delete(path)

    assert (refused.status_code, refused.json()["error"]["details"]) == (409, {"job_id": [job_id]})
    assert deleted.status_code == 200, deleted.text


async def test_an_own_symbol_is_unknown_to_others_wherever_they_use_it(studio: World, ada: User, eve: User) -> None:
    await give(studio, ada)
    model_id = await studio.trained(eve)

    created = await refused(eve, new_model(training_config=ACME))
    batch = await eve.call("POST", f"/models/{model_id}/batch-predict/", {"symbols": ["ACME"]})
    listed = await eve.get("/symbols/")
    await eve.call("POST", f"/models/{model_id}/predict/", {"symbols": ["ACME"]})
    played = await eve.http.post("/api/backtests", json=BACKTEST)

    assert "There are no candles for 'ACME'" in created["training_config.symbols"][0]
    assert "There are no candles for 'ACME'" in batch.json()["error"]["details"]["symbols"][0]
    assert "ACME" not in [row["symbol"] for row in listed["results"]]
    assert studio.inference.asks[-1].own == ()
    assert played.status_code == 400
    assert "There are no candles for 'ACME'" in played.text


async def test_an_own_symbol_shadows_the_packaged_one_of_its_name_for_its_owner_alone(studio: World, ada: User, eve: User) -> None:
    dataset_id = await give(studio, ada, symbol="NVDA", timeframe="1d")
    config = {"symbols": ["NVDA"], "cross_validation_folds": 0}

    jobs = [await user.train(await user.make_model(training_config=config)) for user in (ada, eve)]

    specs = [(await studio.training.heard(job_id)).spec for job_id in jobs]
    assert [[own.dataset_id for own in spec.own] for spec in specs] == [[dataset_id], []]


async def test_symbols_are_listed_with_ones_own_first(studio: World, ada: User) -> None:
    dataset_id = await give(studio, ada, columns=("sentiment_score",))

    rows = (await ada.get("/symbols/"))["results"]

    mine, aapl = rows[0], next(row for row in rows if row["symbol"] == "AAPL")
    assert (mine["symbol"], mine["own"], mine["columns"]) == ("ACME", True, ["sentiment_score"])
    assert mine["timeframes"] == ["1h", "4h", "1d", "1w"]
    assert (mine["start_date"], mine["end_date"]) == ("2020-01-01", "2024-12-30")
    assert mine["source"].startswith(f"{dataset_id}, version 1")
    assert "1 kind of warning" in mine["source"]
    assert mine["default_costs"]["commission"] == 0.001
    assert (aapl["own"], aapl["columns"]) == (False, [])


@pytest.mark.parametrize(
    ("config", "features", "field", "words"),
    [
        ({"symbols": ["ACMEE"]}, ["rsi_14"], "training_config.symbols", "Did you mean 'ACME'?"),
        ({"timeframe": "15m"}, ["rsi_14"], "training_config.timeframe", "of them 1h and 4h and 1d and 1w can be made, not 15m."),
        ({"start_date": "2026-01-01"}, ["rsi_14"], "training_config.start_date", "ACME has 1h candles from 2020-01-01 to 2024-12-30"),
        ({}, ["sentiment_scor"], "features", "Did you mean 'sentiment_score'? Columns of your candles are sentiment_score."),
        ({}, ["sentiment_score_lag_501"], "features", "There is no feature 'sentiment_score_lag_501'."),
        (
            {"symbols": ["ACME", "BARE"]},
            ["sentiment_score"],
            "features",
            "'sentiment_score' is a column that every symbol of the training must have: BARE has no further columns.",
        ),
        ({}, ["sentiment_score", "sentiment_score"], "features", "is the same feature as"),
    ],
)
async def test_what_an_own_symbol_cannot_do_is_refused_with_what_it_can(
    studio: World, ada: User, *, config: dict[str, Any], features: list[str], field: str, words: str
) -> None:
    await give(studio, ada, columns=("sentiment_score",))
    await give(studio, ada, symbol="BARE")

    details = await refused(ada, new_model(training_config=ACME | config, features=features))

    assert list(details) == [field]
    assert words in details[field][0]


async def test_predictions_are_made_of_the_newest_version_soon_after_an_append(studio: World, ada: User) -> None:
    dataset_id = await give(studio, ada)
    model_id = await studio.trained(ada, training_config=ACME)
    body = {"symbols": ["ACME", "AAPL"]}

    async def version() -> int:
        answer = await ada.call("POST", f"/models/{model_id}/predict/", body)
        assert answer.status_code == 200, answer.text
        (own,) = studio.inference.asks[-1].own
        assert (own.symbol, own.dataset_id) == ("ACME", dataset_id)
        return own.version

    assert await version() == 1
    await give(studio, ada, dataset_id=dataset_id, version=2, end=datetime(2025, 1, 31, tzinfo=UTC))

    async def newer() -> bool:
        return await version() == 2

    await until(newer, what="the newer version is used")
    ranged = await ada.call("POST", f"/models/{model_id}/batch-predict/", {"symbols": ["ACME"], "start_date": "2025-01-01"})
    assert ranged.status_code == 200
    explained = await ada.get(f"/models/{model_id}/explain/?symbols=ACME&start_date=2024-12-01&end_date=2024-12-03")
    assert explained["count"] > 0
    assert [ask.own.version if ask.own else None for ask in studio.inference.ranges.asks[-2:]] == [2, 2]


async def test_a_training_whose_own_symbol_is_gone_since_is_refused_before_anything_is_charged(studio: World, ada: User) -> None:
    dataset_id = await give(studio, ada)
    model_id = await ada.make_model(training_config=ACME)
    datasets = studio.gateway.platform.datasets.datasets
    await datasets.delete(await datasets.get(dataset_id, account_id=ada.account_id))

    answer = await ada.call("POST", f"/models/{model_id}/train/")

    assert answer.status_code == 400
    assert "There are no candles for 'ACME'" in answer.json()["error"]["details"]["training_config.symbols"][0]


async def test_a_model_that_was_trained_on_own_symbols_cannot_be_published_and_is_told_why(studio: World, ada: User) -> None:
    await give(studio, ada)
    model_id = await studio.trained(ada, training_config=ACME)

    answer = await ada.call("POST", f"/models/{model_id}/publish/", an_offer())

    assert answer.status_code == 400
    (problem,) = answer.json()["error"]["details"]["symbols"]
    assert "was trained on your own ACME: nobody else has these candles, so subscribers could not be served." in problem


async def test_subscribers_are_never_served_by_a_version_that_was_trained_on_its_owners_own_candles(
    studio: World, ada: User, eve: User
) -> None:
    model_id = await studio.trained(ada, training_config={"symbols": ["AAPL"], "cross_validation_folds": 0})
    listing_id = (await ada.call("POST", f"/models/{model_id}/publish/", an_offer())).json()["listing_id"]
    await (await a_reviewer(studio)).call("POST", f"/marketplace/{listing_id}/approve/")
    await subscribed(eve, listing_id)
    await give(studio, ada, symbol="AAPL", timeframe="1d")

    on_sale = await ada.call("POST", f"/models/{model_id}/train/")
    await ada.call("POST", f"/models/{model_id}/unpublish/")
    job_id = await ada.train(model_id)
    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")
    answers = [(await predict(user, model_id)).status_code for user in (ada, eve)]
    subscription = (await eve.get("/subscriptions/"))["results"][0]
    pinned = await eve.call("PATCH", f"/subscriptions/{subscription['subscription_id']}/", {"version": "1.1"})

    assert (on_sale.status_code, on_sale.json()["error"]["details"]["symbols"]) == (409, [on_sale.json()["error"]["message"]])
    assert "The model is on sale, and would be trained on your own AAPL" in on_sale.json()["error"]["message"]
    assert (answers, [ask.version for ask in studio.inference.asks[-2:]]) == ([200, 200], ["1.1", "1.0"])
    assert pinned.status_code == 400
    assert "version" in pinned.json()["error"]["details"]


async def test_a_backtest_plays_an_own_symbol_and_is_refused_days_that_it_does_not_have(studio: World, ada: User) -> None:
    dataset_id = await give(studio, ada)
    await give(studio, ada, symbol="BTCUSDT", timeframe="1d")

    answers = [await ada.http.post("/api/backtests", json=BACKTEST | {"symbol": symbol}) for symbol in ("ACME", "BTCUSDT")]
    outside = await ada.http.post("/api/backtests", json=BACKTEST | {"timeframe": "1d", "end_date": "2025-06-01"})
    finer = await ada.http.post("/api/backtests", json=BACKTEST | {"timeframe": "5m"})

    assert answers[0].status_code == 202, answers[0].text
    assert "BTCUSDT is your own" in answers[1].text
    spec = BacktestSpec.model_validate((await studio.database["jobs"].find_one({"_id": answers[0].json()["task_id"]}) or {})["spec"])
    assert [own.dataset_id for own in spec.own] == [dataset_id]
    assert "ACME has 1d candles from 2020-01-01 to 2024-12-30. There are none on 2025-06-01." in outside.text
    assert "of them 1h and 4h and 1d and 1w can be made, not 5m" in finer.text


async def test_a_models_estimate_counts_the_candles_of_an_own_symbol(studio: World, ada: User) -> None:
    await give(studio, ada, timeframe="1m")
    minutes, weeks = [await ada.make_model(training_config=ACME | {"timeframe": each}) for each in ("5m", "1w")]

    longer, shorter = [(await ada.get(f"/models/{model_id}/estimate/"))["estimate"] for model_id in (minutes, weeks)]

    assert longer["hours"] > shorter["hours"]


async def test_a_models_details_say_how_old_its_own_candles_were_or_why_that_is_not_told(studio: World, ada: User) -> None:
    await give(studio, ada)
    await give(studio, ada, symbol="PLC", calendar="XLON")
    hourly, weekly, mixed = [
        await studio.trained(ada, training_config=ACME | {"timeframe": timeframe, "symbols": symbols})
        for timeframe, symbols in (("1h", ["ACME"]), ("1w", ["ACME"]), ("1h", ["ACME", "PLC"]))
    ]

    counted, weeks, not_here = [await ada.get(f"/models/{model_id}/") for model_id in (hourly, weekly, mixed)]

    assert [each["as_of"] for each in (counted, weeks, not_here)] == ["2012-12-31T21:00:00.000Z"] * 3  # As the training double says.
    assert counted["age_bars"] > 24 * 365 * 10
    assert counted["age_bars"] // (24 * 7) == pytest.approx(weeks["age_bars"], abs=1)
    assert (not_here["age_bars"], not_here["stale"]) == (None, None)
    assert "PLC are counted by the calendar XLON where predictions are made" in not_here["reasons"]["age_bars"]
    assert not_here["reasons"]["stale"] == not_here["reasons"]["age_bars"]
    assert "as_of" not in not_here["reasons"]
